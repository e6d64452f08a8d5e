import Accounts
import Notation
import S3Protocol

/// The service's answers.
enum STSDocument {
    /// The names of an action's elements.
    struct Names {
        let response: StaticString
        let result: StaticString

        static let assumeRole = Names(response: "AssumeRoleResponse", result: "AssumeRoleResult")
        static let assumeRoleWithCertificate = Names(
            response: "AssumeRoleWithCertificateResponse", result: "AssumeRoleWithCertificateResult")
        static let assumeRoleWithWebIdentity = Names(
            response: "AssumeRoleWithWebIdentityResponse", result: "AssumeRoleWithWebIdentityResult")
        static let assumeRoleWithClientGrants = Names(
            response: "AssumeRoleWithClientGrantsResponse", result: "AssumeRoleWithClientGrantsResult")
    }

    /// - Parameter details: children of the result beside the credentials.
    static func credentials(
        _ session: NewSession, _ names: Names, details: [(name: String, value: String)] = [], requestID: String
    ) -> [UInt8] {
        var xml = XMLWriter(capacity: 1024 + session.token.utf8.count)
        xml.openSTS(names.response)
        xml.open(names.result)
        xml.open("AssumedRoleUser")
        xml.element("Arn", "")
        xml.element("AssumeRoleId", "")
        xml.close("AssumedRoleUser")
        xml.open("Credentials")
        xml.element("AccessKeyId", session.accessKey)
        xml.element("SecretAccessKey", session.secret)
        xml.element("SessionToken", session.token)
        xml.element("Expiration", wholeSeconds(session.expiration))
        xml.close("Credentials")
        for (name, value) in details { xml.element(named: name, value) }
        xml.close(names.result)
        xml.open("ResponseMetadata")
        xml.element("RequestId", requestID)
        xml.close("ResponseMetadata")
        xml.close(names.response)
        return xml.bytes
    }

    static func error(_ error: STSError, requestID: String) -> [UInt8] {
        var xml = XMLWriter()
        xml.openSTS("ErrorResponse")
        xml.open("Error")
        xml.element("Type", error.status < 500 ? "Sender" : "Receiver")
        xml.element("Code", error.code.rawValue)
        xml.element("Message", error.message)
        xml.close("Error")
        xml.element("RequestId", requestID)
        xml.close("ErrorResponse")
        return xml.bytes
    }

    /// As `2026-11-29T17:14:09Z`.
    private static func wholeSeconds(_ milliseconds: Int64) -> String {
        let text = HTTPDate.iso8601(milliseconds)
        return text.prefix { $0 != "." && $0 != "Z" } + "Z"
    }
}

extension XMLWriter {
    fileprivate mutating func openSTS(_ name: StaticString) {
        markup("<")
        markup(name)
        markup(#" xmlns="https://sts.amazonaws.com/doc/2011-06-15/">"#)
    }
}
