import Cryptography
import Notation

/// Builds the two texts a SigV4 signature is made of, in one buffer each.
enum CanonicalRequest {
    /// `METHOD ⏎ path ⏎ query ⏎ headers ⏎ signed names ⏎ payload hash`.
    ///
    /// Who gets it wipes it when the request has secret headers. Throws `AccessDenied` (400) when one of the signed headers
    /// is not in the request.
    static func bytes(
        _ request: SigningRequest, signedHeaders: SignedHeaders, payloadHash: String
    ) throws(S3Error) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(request.secrets.isEmpty ? 1024 : request.signedTextBytes)
        text.append(contentsOf: request.method.utf8)
        text.append(newline)
        PercentEncoding.appendCanonicalPath(request.target.rawPath.utf8, to: &text)
        text.append(newline)
        appendQuery(request.target.query, to: &text)
        text.append(newline)
        var start = 0
        while let name = signedHeaders.range(from: start) {
            guard appendHeader(name, of: signedHeaders, request, to: &text) else {
                wipe(&text)
                throw headersNotSigned([])
            }
            start = name.upperBound + 1
        }
        text.append(newline)
        text.append(contentsOf: signedHeaders.text)
        text.append(newline)
        text.append(contentsOf: payloadHash.utf8)
        return text
    }

    /// `AWS4-HMAC-SHA256 ⏎ date ⏎ scope ⏎ hex(SHA-256(canonical request))`.
    static func stringToSign(_ canonicalRequest: [UInt8], timestamp: String, scope: String) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(160)
        text.append(contentsOf: algorithm.utf8)
        text.append(newline)
        text.append(contentsOf: timestamp.utf8)
        text.append(newline)
        text.append(contentsOf: scope.utf8)
        text.append(newline)
        Hex.append(Digest.hash(.sha256, canonicalRequest), to: &text)
        return text
    }

    /// The refusal of a request with headers its signature does not cover but should.
    static func headersNotSigned(_ names: [String], status: Int = 400) -> S3Error {
        S3Error(
            .accessDenied, "There were headers present in the request which were not signed", status: status,
            details: names.isEmpty ? [] : [(name: "HeadersNotSigned", value: names.joined(separator: ", "))])
    }

    /// Pairs encoded anew and sorted by name, then value.
    ///
    /// The signature itself is the one thing it cannot cover.
    private static func appendQuery(_ query: [(name: String, value: String)], to text: inout [UInt8]) {
        guard !query.isEmpty else { return }
        let pairs = query.filter { $0.name != "X-Amz-Signature" }
        if let pair = pairs.first, pairs.count == 1 {
            PercentEncoding.append(pair.name.utf8, to: &text)
            text.append(UInt8(ascii: "="))
            PercentEncoding.append(pair.value.utf8, to: &text)
            return
        }
        var encoded = pairs.map { pair in
            var name: [UInt8] = []
            var value: [UInt8] = []
            PercentEncoding.append(pair.name.utf8, to: &name)
            PercentEncoding.append(pair.value.utf8, to: &value)
            return (name: name, value: value)
        }
        encoded.sort { one, other in
            one.name == other.name
                ? one.value.lexicographicallyPrecedes(other.value) : one.name.lexicographicallyPrecedes(other.name)
        }
        for (index, pair) in encoded.enumerated() {
            if index > 0 { text.append(UInt8(ascii: "&")) }
            text.append(contentsOf: pair.name)
            text.append(UInt8(ascii: "="))
            text.append(contentsOf: pair.value)
        }
    }

    /// `name:value,value ⏎` with runs of spaces made one; false when there is no such header.
    private static func appendHeader(
        _ name: Range<Int>, of signedHeaders: SignedHeaders, _ request: SigningRequest, to text: inout [UInt8]
    ) -> Bool {
        text.append(contentsOf: signedHeaders.text[name])
        text.append(UInt8(ascii: ":"))
        var isFound = false
        var occurrence = 0
        for index in request.headers.indices where signedHeaders.spells(name, request.headers[index].name) {
            if isFound { text.append(UInt8(ascii: ",")) }
            isFound = true
            appendValue(request.headers[index].value, to: &text)
            guard !request.secrets.isEmpty else { continue }
            request.appendSecret(request.headers[index].name, occurrence: occurrence, to: &text)
            occurrence += 1
        }
        if !isFound, let value = hopByHop[String(decoding: signedHeaders.text[name], as: UTF8.self)] {
            // A proxy or the HTTP layer has consumed it; it can have had no other value.
            text.append(contentsOf: value.utf8)
            isFound = true
        }
        text.append(newline)
        return isFound
    }

    private static func appendValue(_ value: String, to text: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        var isAfterSpace = true
        // Nearly always there is nothing to leave out.
        let hasSpare = value.utf8.contains { byte in
            defer { isAfterSpace = byte == space }
            return byte == space && isAfterSpace
        }
        guard hasSpare || isAfterSpace else { return text.append(contentsOf: value.utf8) }
        isAfterSpace = true
        for byte in value.utf8 {
            if byte == space && isAfterSpace { continue }
            isAfterSpace = byte == space
            text.append(byte)
        }
        if isAfterSpace && text.last == space { text.removeLast() }
    }

    private static let hopByHop = ["expect": "100-continue", "transfer-encoding": "chunked"]
}

let newline = UInt8(ascii: "\n")
