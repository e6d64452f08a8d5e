import RequestSigning

/// The credential of a SigV4 signature: `<access key>/<yyyymmdd>/<region>/<service>/aws4_request`.
package struct Credential: Sendable {
    package let accessKey: String
    /// `yyyymmdd`.
    package let date: String
    /// May be empty: administration requests are signed for no region.
    package let region: String
    package let service: String
    /// Everything behind the access key, as the string to sign has it.
    package let scope: String

    package init(accessKey: String, date: String, region: String, service: String) {
        self.accessKey = accessKey
        self.date = date
        self.region = region
        self.service = service
        scope = CanonicalText.scope(date: date, region: region, service: service)
    }

    /// Reads the text from its end, because an access key may contain slashes; nil if it is malformed.
    init?(_ text: ArraySlice<UInt8>) {
        let slash = UInt8(ascii: "/")
        guard let fourth = text.lastIndex(of: slash), let third = text[..<fourth].lastIndex(of: slash),
            let second = text[..<third].lastIndex(of: slash), let first = text[..<second].lastIndex(of: slash),
            first > text.startIndex
        else { return nil }
        let date = text[(first + 1)..<second]
        guard text[(fourth + 1)...].elementsEqual("aws4_request".utf8), date.count == 8,
            date.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        accessKey = String(decoding: text[..<first], as: UTF8.self)
        self.date = String(decoding: date, as: UTF8.self)
        region = String(decoding: text[(second + 1)..<third], as: UTF8.self)
        service = String(decoding: text[(third + 1)..<fourth], as: UTF8.self)
        scope = String(decoding: text[(first + 1)...], as: UTF8.self)
    }

    static let malformed =
        "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
}

extension Credential: Hashable {
    /// Access key and scope say it all; a signature covers their bytes.
    package static func == (one: Credential, other: Credential) -> Bool {
        one.scope.hasSameBytes(as: other.scope) && one.accessKey.hasSameBytes(as: other.accessKey)
    }

    package func hash(into hasher: inout Hasher) {
        var (scope, accessKey) = (scope, accessKey)
        scope.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        accessKey.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}
