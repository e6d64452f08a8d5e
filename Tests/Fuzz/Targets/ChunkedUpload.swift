import S3Protocol

extension FuzzTarget {
    /// A body in aws-chunked framing, unsigned; the first byte says how it is cut into pieces, the second how long it claims
    /// to be.
    static let chunkedUpload = FuzzTarget("aws-chunked") { (bytes) throws(BrokenPromise) in
        guard bytes.count > 2 else { return }
        let (step, length) = (1 + Int(bytes[0]), Int(bytes[1]))
        let body = Array(bytes[2...])
        let whole = decode(body, step: body.count, length: length)
        let pieces = decode(body, step: step, length: length)
        switch (whole, pieces) {
        case (.success(let one), .success(let other)):
            try require(one.data == other.data && one.trailers == other.trailers, "cut, it is another body")
            try require(one.data.count == length, "\(one.data.count) bytes of \(length)")
        // Which of several faults is met first may hang on how the body comes.
        case (.failure, .failure): break
        default: throw BrokenPromise("at once \(whole), in pieces \(pieces)")
        }
    }

    private struct Decoded {
        var data: [UInt8] = []
        var trailers: [String] = []
    }

    private static func decode(_ body: [UInt8], step: Int, length: Int) -> Result<Decoded, S3Error> {
        Result { () throws(S3Error) in
            var decoded = Decoded()
            let headers = [("x-amz-decoded-content-length", "\(length)"), ("x-amz-trailer", "x-amz-checksum-crc32")]
            guard let made = try AWSChunkedDecoder(.streamingUnsignedTrailer, headers: headers) else { return decoded }
            var decoder = made
            for start in stride(from: 0, to: body.count, by: max(1, step)) {
                let piece = Array(body[start..<min(start + max(1, step), body.count)])
                var fault: S3Error?
                piece.withUnsafeBytes { piece in
                    do throws(S3Error) {
                        try decoder.decode(piece) { decoded.data += Array($0) }
                    } catch { fault = error }
                }
                if let fault { throw fault }
            }
            decoded.trailers = try decoder.finish().map { "\($0.name):\($0.value)" }
            return decoded
        }
    }
}
