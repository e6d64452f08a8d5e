import Cryptography
import JSON
import Notation
import RequestSigning

/// What signs calls to AWS.
struct AWSCredentials: Sendable {
    let accessKey: String
    let secretKey: SecretText
    /// Of credentials that end.
    let sessionToken: SecretText?

    init(accessKey: String, secretKey: SecretText, sessionToken: SecretText?) {
        self.accessKey = accessKey
        self.secretKey = secretKey
        self.sessionToken = sessionToken
    }

    /// Those of the configuration, which have to be complete.
    init(_ given: AWSConfiguration.Credentials) throws(KeyStoreError) {
        guard !given.accessKey.isEmpty, let secretKey = given.secretKey else {
            throw .unavailable("aws: the credentials need both an accesskey and a secretkey")
        }
        self.init(accessKey: given.accessKey, secretKey: secretKey, sessionToken: given.sessionToken)
    }

    /// See ``ServiceSigner``.
    func sign(
        _ signer: ServiceSigner, host: String, path: String, headers: [(name: String, value: String)], body: [UInt8],
        now: Int64
    ) -> [(name: String, value: String)] {
        var secret = secretKey.bytes
        defer { wipe(&secret) }
        return signer.sign(
            method: "POST", host: host, path: path, headers: headers, body: body, accessKey: accessKey, secret: secret,
            sessionToken: sessionToken?.text, now: now)
    }
}

extension TokenSource<AWSCredentials>.Fresh {
    /// What role credentials of a machine or container look like:
    /// `{"AccessKeyId","SecretAccessKey","Token","Expiration":"2026-01-02T03:04:05Z"}`.
    ///
    /// `nil` when something is missing.
    init?(_ document: JSONValue, now: Int64) {
        guard let accessKey = document["AccessKeyId"]?.string, let secretKey = document["SecretAccessKey"]?.string
        else { return nil }
        let token = document["Token"]?.string
        self.init(
            token: AWSCredentials(
                accessKey: accessKey, secretKey: SecretText(secretKey), sessionToken: token.map { SecretText($0) }),
            lifetime: document["Expiration"]?.string.flatMap { Self.lifetime(until: $0, now: now) })
    }

    /// Credentials that have ended already are tried for a few seconds: it may be the clock that is wrong.
    static func lifetime(until expiration: String, now: Int64) -> Duration? {
        HTTPDate.parse(expiration).map { .seconds(max(5, $0 - now)) }
    }
}
