import Cryptography

/// The chain of signatures over the chunks of one aws-chunked body.
///
/// Each covers the one before, so that no chunk can be dropped, repeated or moved; the first covers the signature of the
/// request's head.
package struct ChunkSigner: Sendable {
    private let key: SecretKey
    /// `yyyymmddThhmmssZ ⏎ scope ⏎`.
    private let context: [UInt8]
    /// 64 hex digits of the signature before the next one.
    private(set) var previous: [UInt8]

    /// `seed` is the signature of the request's head, 32 bytes.
    init(key: SecretKey, timestamp: String, scope: String, seed: [UInt8]) {
        self.key = key
        context = Array("\(timestamp)\n\(scope)\n".utf8)
        previous = Array(Hex.encode(seed).utf8)
    }

    /// The signature of the chunk with this SHA-256; the next one builds upon it.
    mutating func sign(chunkHash: [UInt8]) -> [UInt8] {
        var text = begin("AWS4-HMAC-SHA256-PAYLOAD\n")
        text.append(contentsOf: Self.emptyHash.utf8)
        text.append(newline)
        return finish(&text, hash: chunkHash)
    }

    /// The signature of the trailers with this SHA-256 over `name:value⏎` lines, after the final chunk's.
    mutating func sign(trailerHash: [UInt8]) -> [UInt8] {
        var text = begin("AWS4-HMAC-SHA256-TRAILER\n")
        return finish(&text, hash: trailerHash)
    }

    private func begin(_ kind: String) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(320)
        text.append(contentsOf: kind.utf8)
        text.append(contentsOf: context)
        text.append(contentsOf: previous)
        text.append(newline)
        return text
    }

    private mutating func finish(_ text: inout [UInt8], hash: [UInt8]) -> [UInt8] {
        text.append(contentsOf: Hex.encode(hash).utf8)
        let signature = HMACSHA256.code(text, key: key)
        previous = Array(Hex.encode(signature).utf8)
        return signature
    }

    static let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
}
