import Cryptography
import Glibc
import Notation

/// The parts of a canonical request that are the same for every service, and the string to sign that is made of it.
package enum CanonicalText {
    /// How the signature's version is called in the string to sign and in the `Authorization` header.
    package static let algorithm = "AWS4-HMAC-SHA256"

    /// Appends pairs encoded anew and sorted by name.
    ///
    /// - Parameter sortsValues: whether those of one name are sorted by value, as AWS does, or stay in their order.
    package static func appendQuery(
        _ pairs: [(name: String, value: String)], sortsValues: Bool = true, to text: inout [UInt8]
    ) {
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
        // The sort of the standard library is stable.
        encoded.sort { one, other in
            one.name == other.name
                ? sortsValues && one.value.lexicographicallyPrecedes(other.value)
                : one.name.lexicographicallyPrecedes(other.name)
        }
        for (index, pair) in encoded.enumerated() {
            if index > 0 { text.append(UInt8(ascii: "&")) }
            text.append(contentsOf: pair.name)
            text.append(UInt8(ascii: "="))
            text.append(contentsOf: pair.value)
        }
    }

    /// Appends a header's value without spaces at its ends, and with runs of spaces made one.
    package static func appendHeaderValue(_ value: String, to text: inout [UInt8]) {
        let space = UInt8(ascii: " ")
        // Most values have no space at all, which the C library sees many bytes at a time.
        let hasNone = value.utf8.withContiguousStorageIfAvailable { bytes in
            guard let first = bytes.baseAddress, memchr(first, Int32(space), bytes.count) == nil else { return false }
            text.append(contentsOf: bytes)
            return true
        }
        if hasNone == true { return }
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

    /// `AWS4-HMAC-SHA256 ⏎ date ⏎ scope ⏎ hex(SHA-256(canonical request))`.
    package static func stringToSign(_ canonicalRequest: [UInt8], timestamp: String, scope: String) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
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

    /// What a signature's credential is good for: `yyyymmdd/region/service/aws4_request`.
    package static func scope(date: String, region: String, service: String) -> String {
        "\(date)/\(region)/\(service)/aws4_request"
    }

    /// The value of the `Authorization` header.
    ///
    /// - Parameter signedHeaders: Names in lower case, sorted.
    package static func authorization(
        accessKey: String, scope: String, signedHeaders: [String], signature: [UInt8]
    ) -> String {
        "\(algorithm) Credential=\(accessKey)/\(scope),SignedHeaders=\(signedHeaders.joined(separator: ";")),"
            + "Signature=\(Hex.encode(signature))"
    }
}
