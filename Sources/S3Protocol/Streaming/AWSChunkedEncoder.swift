import Cryptography

/// Writes the framing of an aws-chunked body; the client's side of `AWSChunkedDecoder`.
package struct AWSChunkedEncoder: Sendable {
    private var signer: ChunkSigner?

    /// `signer` comes from the signed request; nil for an unsigned body.
    package init(_ signer: ChunkSigner?) {
        self.signer = signer
    }

    /// The line in front of this chunk's data; CRLF (`lineEnd`) belongs behind it.
    package mutating func header(of chunk: UnsafeRawBufferPointer) -> [UInt8] {
        header(size: chunk.count, hash: signer == nil ? [] : Digest.hash(.sha256, chunk))
    }

    package static let lineEnd: [UInt8] = [0x0d, 0x0a]

    /// The final chunk, the trailers (lower-case names) with their signature if the body is signed, and the last CRLF.
    package mutating func end(trailers: [(name: String, value: String)] = []) -> [UInt8] {
        var bytes = header(size: 0, hash: PayloadVerification.emptySHA256)
        for trailer in trailers { bytes.append(contentsOf: "\(trailer.name):\(trailer.value)\r\n".utf8) }
        if !trailers.isEmpty, signer != nil {
            let hash = Digest.hash(.sha256, AWSChunkedDecoder.canonicalTrailers(trailers))
            let signature = signer?.sign(trailerHash: hash) ?? []
            bytes.append(contentsOf: "x-amz-trailer-signature:\(Hex.encode(signature))\r\n".utf8)
        }
        return bytes + Self.lineEnd
    }

    /// A whole body framed at once, in chunks of `chunkSize` bytes.
    package mutating func encode(
        _ body: [UInt8], chunkSize: Int, trailers: [(name: String, value: String)] = []
    ) -> [UInt8] {
        var encoded: [UInt8] = []
        body.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let chunk = UnsafeRawBufferPointer(rebasing: rest.prefix(chunkSize))
                encoded.append(contentsOf: header(of: chunk))
                encoded.append(contentsOf: chunk)
                encoded.append(contentsOf: Self.lineEnd)
                rest = rest.dropFirst(chunkSize)
            }
        }
        return encoded + end(trailers: trailers)
    }

    /// Size of the framed body in bytes, which is its `Content-Length`; trailers come on top.
    package static func encodedLength(of length: Int, chunkSize: Int, isSigned: Bool) -> Int {
        func chunk(_ size: Int) -> Int {
            String(size, radix: 16).utf8.count + (isSigned ? ";chunk-signature=".utf8.count + 64 : 0) + 2
        }
        let whole = length / chunkSize
        let last = length % chunkSize
        return whole * (chunk(chunkSize) + chunkSize + 2) + (last > 0 ? chunk(last) + last + 2 : 0) + chunk(0) + 2
    }

    private mutating func header(size: Int, hash: [UInt8]) -> [UInt8] {
        let digits = String(size, radix: 16)
        guard signer != nil else { return Array("\(digits)\r\n".utf8) }
        let signature = signer?.sign(chunkHash: hash) ?? []
        return Array("\(digits);chunk-signature=\(Hex.encode(signature))\r\n".utf8)
    }
}
