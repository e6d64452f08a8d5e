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
        scope = "\(date)/\(region)/\(service)/aws4_request"
    }

    /// Reads the text from its end, because an access key may contain slashes; nil if it is malformed.
    init?(_ text: some StringProtocol) {
        let text = Substring(text)
        let bytes = text.utf8
        var slashes: [String.Index] = []
        var index = bytes.endIndex
        while index > bytes.startIndex, slashes.count < 4 {
            index = bytes.index(before: index)
            if bytes[index] == UInt8(ascii: "/") { slashes.append(index) }
        }
        guard slashes.count == 4, slashes[3] > bytes.startIndex else { return nil }
        func element(_ from: String.Index, _ to: String.Index) -> Substring {
            text[bytes.index(after: from)..<to]
        }
        let date = element(slashes[3], slashes[2])
        guard element(slashes[0], bytes.endIndex) == "aws4_request", date.utf8.count == 8,
            date.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        accessKey = String(text[..<slashes[3]])
        self.date = String(date)
        region = String(element(slashes[2], slashes[1]))
        service = String(element(slashes[1], slashes[0]))
        scope = String(text[bytes.index(after: slashes[3])...])
    }

    static let malformed =
        "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\"."
}

extension Credential: Hashable {
    /// Access key and scope say it all.
    package static func == (one: Credential, other: Credential) -> Bool {
        one.scope == other.scope && one.accessKey == other.accessKey
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(scope)
        hasher.combine(accessKey)
    }
}
