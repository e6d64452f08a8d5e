import Cryptography
import Notation

/// Signs requests to an AWS service other than S3 (signature version 4).
///
/// Those services differ from S3 in two things: the path is normalised and encoded twice, and no header tells the hash
/// of the body.
package struct ServiceSigner: Sendable {
    private let region: String
    private let service: String

    /// - Parameter service: As credential scopes call it: `secretsmanager`, `kms`, `sts`.
    package init(region: String, service: String) {
        self.region = region
        self.service = service
    }

    /// The headers to send: those given, `host`, `x-amz-date`, the session token's if there is one, and `authorization`.
    ///
    /// - Parameters:
    ///   - headers: Lower-case names, each once; all of them are signed.
    ///   - path: As it will be sent, percent-encoded; `/` at least.
    ///   - query: Names and values as they are before they are encoded.
    ///   - secret: The secret access key, which the caller wipes.
    ///   - now: In seconds since 1970.
    package func sign(
        method: String, host: String, path: String = "/", query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)], body: [UInt8], accessKey: String, secret: [UInt8],
        sessionToken: String?, now: Int64
    ) -> [(name: String, value: String)] {
        let timestamp = HTTPDate.amzDate(now * 1000)
        var sent = headers + [("host", host), ("x-amz-date", timestamp)]
        if let sessionToken { sent.append(("x-amz-security-token", sessionToken)) }
        sent.sort { $0.name < $1.name }

        var canonical = Self.canonicalRequest(method: method, path: path, query: query, headers: sent, body: body)
        defer { wipe(&canonical) }
        let date = String(timestamp.prefix(8))
        let scope = CanonicalText.scope(date: date, region: region, service: service)
        var prefixed = Array(SigningKey.secretPrefix.utf8)
        prefixed.reserveCapacity(prefixed.count + secret.count)
        prefixed.append(contentsOf: secret)
        defer { wipe(&prefixed) }
        let key = SigningKey.derive(prefixedSecret: prefixed, date: date, region: region, service: service)
        let signature = HMACSHA256.code(
            CanonicalText.stringToSign(canonical, timestamp: timestamp, scope: scope), key: key)
        let authorization = CanonicalText.authorization(
            accessKey: accessKey, scope: scope, signedHeaders: sent.map(\.name), signature: signature)
        return sent + [("authorization", authorization)]
    }

    /// `METHOD ⏎ path ⏎ query ⏎ headers ⏎ signed names ⏎ payload hash`; `headers` are sorted.
    static func canonicalRequest(
        method: String, path: String, query: [(name: String, value: String)],
        headers: [(name: String, value: String)], body: [UInt8]
    ) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        var text = Array(method.utf8)
        text.append(newline)
        appendNormalised(path, to: &text)
        text.append(newline)
        CanonicalText.appendQuery(query, to: &text)
        text.append(newline)
        for header in headers {
            text.append(contentsOf: header.name.utf8)
            text.append(UInt8(ascii: ":"))
            CanonicalText.appendHeaderValue(header.value, to: &text)
            text.append(newline)
        }
        text.append(newline)
        text.append(contentsOf: headers.map(\.name).joined(separator: ";").utf8)
        text.append(newline)
        Hex.append(Digest.hash(.sha256, body), to: &text)
        return text
    }

    /// Appends the path without `.`, `..` and empty segments, its bytes encoded once more.
    private static func appendNormalised(_ path: String, to text: inout [UInt8]) {
        let slash = UInt8(ascii: "/")
        var segments: [Substring.UTF8View] = []
        for segment in path.utf8.split(separator: slash) {
            switch String(segment) {
            case ".": continue
            case "..": _ = segments.popLast()
            default: segments.append(segment)
            }
        }
        for segment in segments {
            text.append(slash)
            for byte in segment { PercentEncoding.append(byte, to: &text) }
        }
        if segments.isEmpty || path.utf8.last == slash { text.append(slash) }
    }
}
