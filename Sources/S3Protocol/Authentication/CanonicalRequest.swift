import Cryptography
import Notation
import RequestSigning

/// Builds the text that a SigV4 signature covers, in one buffer.
enum CanonicalRequest {
    /// `METHOD ⏎ path ⏎ query ⏎ headers ⏎ signed names ⏎ payload hash`.
    ///
    /// Who gets it wipes it when the request has secret headers. Throws `AccessDenied` (400) when one of the signed headers
    /// is not in the request.
    ///
    /// - Parameter sortsValues: whether the values of a query key that comes more than once are sorted.
    static func bytes(
        _ request: SigningRequest, signedHeaders: SignedHeaders, payloadHash: String, sortsValues: Bool = true
    ) throws(S3Error) -> [UInt8] {
        var text: [UInt8] = []
        // With an array's own 32 bytes no more than the 1032 that the C library has at hand: a longer piece takes it ten
        // times as long to find.
        text.reserveCapacity(request.secrets.isEmpty ? 992 : request.signedTextBytes)
        text.append(contentsOf: request.method.utf8)
        text.append(newline)
        PercentEncoding.appendCanonicalPath(request.target.rawPath.utf8, to: &text)
        text.append(newline)
        appendQuery(request.target.query, sortsValues: sortsValues, to: &text)
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

    /// The refusal of a request with headers its signature does not cover but should.
    static func headersNotSigned(_ names: [String], status: Int = 400) -> S3Error {
        S3Error(
            .accessDenied, "There were headers present in the request which were not signed", status: status,
            details: names.isEmpty ? [] : [(name: "HeadersNotSigned", value: names.joined(separator: ", "))])
    }

    /// Pairs encoded anew and sorted.
    ///
    /// The signature itself is the one thing it cannot cover.
    private static func appendQuery(
        _ query: [(name: String, value: String)], sortsValues: Bool, to text: inout [UInt8]
    ) {
        guard !query.isEmpty else { return }
        CanonicalText.appendQuery(query.filter { $0.name != "X-Amz-Signature" }, sortsValues: sortsValues, to: &text)
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
            CanonicalText.appendHeaderValue(request.headers[index].value, to: &text)
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

    private static let hopByHop = ["expect": "100-continue", "transfer-encoding": "chunked"]
}

let newline = UInt8(ascii: "\n")
