import S3Protocol
import Testing

@Suite struct AWSChunkedDecoderTests {
    static let now: Int64 = 1_790_000_000
    static let trailer = (name: "x-amz-checksum-crc32", value: "t7OKJg==")

    private func headers(_ length: Int, trailer: String? = nil) -> [(name: String, value: String)] {
        [(name: "host", value: "h"), (name: "x-amz-decoded-content-length", value: "\(length)")]
            + (trailer.map { [(name: "x-amz-trailer", value: $0)] } ?? [])
    }

    private func unsigned(_ length: Int, trailer: String? = nil) throws -> AWSChunkedDecoder {
        try #require(try AWSChunkedDecoder(.streamingUnsignedTrailer, headers: headers(length, trailer: trailer)))
    }

    private func failure(_ body: String, length: Int, trailer: String? = nil, step: Int = 3) -> S3ErrorCode? {
        do {
            var decoder = try unsigned(length, trailer: trailer)
            _ = try decode(Array(body.utf8), step: step, &decoder)
            return nil
        } catch let error as S3Error {
            return error.code
        } catch {
            return .internalError
        }
    }

    @Test(arguments: [0, 1, 8191, 8192, 65_535, 65_536, 65_537, 200_000], [true, false])
    func `what is encoded decodes`(size: Int, hasTrailer: Bool) throws {
        let signer = SigV4Signer(accessKey: "key", secretKey: "secretsecret")
        let sent = try signer.sign(
            method: "PUT", target: "/bucket/key",
            headers: headers(size, trailer: hasTrailer ? Self.trailer.name : nil),
            payload: hasTrailer ? .streamingSignedTrailer : .streamingSigned, now: Self.now)
        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var encoder = AWSChunkedEncoder(sent.chunkSigner)
        let encoded = encoder.encode(body, chunkSize: 65_536, trailers: hasTrailer ? [Self.trailer] : [])
        if !hasTrailer {
            #expect(encoded.count == AWSChunkedEncoder.encodedLength(of: size, chunkSize: 65_536, isSigned: true))
        }

        let request = SigningRequest(
            method: "PUT", target: try RequestTarget("/bucket/key"), headers: sent.headers, isTLS: false)
        let verified = try SigV4Verifier(region: nil) { _ in SecretString("secretsecret") }
            .verify(request, now: Self.now)
        for step in [1000, 65_536, 1 << 20] {
            var decoder = try #require(try AWSChunkedDecoder(verified.payload, headers: sent.headers))
            let (data, trailers) = try decode(encoded, step: step, &decoder)
            #expect(data == body)
            #expect(trailers.map(\.value) == (hasTrailer ? [Self.trailer.value] : []))
        }

        // Any single byte changed is noticed: in data, framing, signatures or trailers.
        for position in stride(from: 0, to: encoded.count - 2, by: max(1, encoded.count / 97)) {
            var tampered = encoded
            tampered[position] ^= 1
            var decoder = try #require(try AWSChunkedDecoder(verified.payload, headers: sent.headers))
            #expect(throws: S3Error.self, "byte \(position)") { try decode(tampered, step: 4096, &decoder) }
        }
        // So is any end before the last CRLF.
        for end in stride(from: 0, to: encoded.count - 2, by: max(1, encoded.count / 97)) {
            var decoder = try #require(try AWSChunkedDecoder(verified.payload, headers: sent.headers))
            #expect(throws: S3Error.self, "end \(end)") {
                try decode(Array(encoded[..<end]), step: 4096, &decoder)
            }
        }
    }

    @Test func `the last CRLF of a signed body may be missing`() throws {
        let signer = SigV4Signer(accessKey: "key", secretKey: "secretsecret")
        let sent = try signer.sign(
            method: "PUT", target: "/b/k", headers: headers(1), payload: .streamingSigned, now: Self.now)
        var encoder = AWSChunkedEncoder(sent.chunkSigner)
        let encoded = encoder.encode([1], chunkSize: 8)
        var decoder = try #require(try AWSChunkedDecoder(.streamingSigned(sent.chunkSigner), headers: sent.headers))
        #expect(try decode(Array(encoded.dropLast(2)), step: 5, &decoder).data == [1])
    }

    @Test(arguments: [
        "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:t7OKJg==\r\n\r\n",
        "05\r\nhello\r\n000\r\nX-Amz-Checksum-CRC32: t7OKJg== \r\n\r\n",
        "2\r\nhe\r\n3\r\nllo\r\n0\r\nx-amz-checksum-crc32:t7OKJg==\n\r\n\r\n",
    ])
    func `unsigned bodies as clients send them`(body: String) throws {
        for step in 1...body.utf8.count {
            var decoder = try unsigned(5, trailer: Self.trailer.name)
            let (data, trailers) = try decode(Array(body.utf8), step: step, &decoder)
            #expect(data == Array("hello".utf8))
            #expect(trailers.map(\.name) == [Self.trailer.name])
            #expect(trailers.map(\.value) == [Self.trailer.value])
        }
    }

    @Test(arguments: [
        ("hello", 5, S3ErrorCode.incompleteBody), ("5\nhello\r\n0\r\n\r\n", 5, .incompleteBody),
        ("5\r\nhelloX\r\n0\r\n\r\n", 5, .incompleteBody), ("5\r\nhello\r\n", 5, .incompleteBody),
        ("0x5\r\nhello\r\n0\r\n\r\n", 5, .incompleteBody), ("\r\n", 0, .incompleteBody), ("", 0, .incompleteBody),
        ("5;a=b\r\nhello\r\n0\r\n\r\n", 5, .incompleteBody), ("-5\r\nhello\r\n0\r\n\r\n", 5, .incompleteBody),
        ("fffffffffffffffff\r\n", 5, .incompleteBody), ("fffffffffffffff\r\n", 5, .excessData),
        ("5\r\nhello\r\n0\r\n\r\n", 4, .excessData), ("5\r\nhello\r\n0\r\n\r\n", 6, .incompleteBody),
        ("0\r\n\r\nx", 0, .incompleteBody), ("0\r\n", 0, .incompleteBody),
        ("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", 0, .malformedTrailerError),
        ("0\r\ngarbage\r\n\r\n", 0, .malformedTrailerError),
    ])
    func `bad framing is refused`(body: String, length: Int, code: S3ErrorCode) {
        #expect(failure(body, length: length) == code)
    }

    @Test func `an announced trailer must come, once`() {
        let name = Self.trailer.name
        #expect(failure("0\r\n\r\n", length: 0, trailer: name) == .malformedTrailerError)
        #expect(failure("0\r\n\(name):a\r\n\(name):a\r\n\r\n", length: 0, trailer: name) == .malformedTrailerError)
        #expect(failure("0\r\n\(name):a\r\n", length: 0, trailer: name) == .incompleteBody)
    }

    @Test func `framing lines are bounded`() {
        #expect(failure(String(repeating: "0", count: 2000), length: 5, step: 2000) == .incompleteBody)
        let long = "0\r\n\(Self.trailer.name):\(String(repeating: "a", count: 17_000))"
        #expect(failure(long, length: 0, trailer: Self.trailer.name, step: 20_000) == .malformedTrailerError)
    }

    @Test func `signed chunks are bounded`() throws {
        let signer = SigV4Signer(accessKey: "key", secretKey: "secretsecret")
        let sent = try signer.sign(
            method: "PUT", target: "/b/k", headers: headers(17 << 20), payload: .streamingSigned, now: Self.now)
        var decoder = try #require(try AWSChunkedDecoder(.streamingSigned(sent.chunkSigner), headers: sent.headers))
        let line = "1000001;chunk-signature=\(String(repeating: "0", count: 64))\r\n"
        #expect(throws: S3Error(.badRequest)) { try decode(Array(line.utf8), step: 100, &decoder) }
    }

    @Test func `the decoded length must be said`() {
        #expect(throws: S3Error(.missingContentLength)) {
            try AWSChunkedDecoder(.streamingUnsignedTrailer, headers: [])
        }
        for text in ["", "-1", "x", "1 ", "0x10", "1.0"] {
            #expect(throws: S3Error(.missingContentLength)) {
                try AWSChunkedDecoder(
                    .streamingUnsignedTrailer, headers: [(name: "x-amz-decoded-content-length", value: text)])
            }
        }
    }

    @Test func `a decoded length beyond all numbers is the largest`() throws {
        let headers = [(name: "x-amz-decoded-content-length", value: "99999999999999999999")]
        #expect(try AWSChunkedDecoder.decodedLength(headers) == .max)
    }

    @Test(arguments: [
        "0\r\n\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
    ])
    func `an empty body may end twice`(body: String) throws {
        for step in 1...body.utf8.count {
            var decoder = try unsigned(0, trailer: Self.trailer.name)
            let (data, trailers) = try decode(Array(body.utf8), step: step, &decoder)
            #expect(data.isEmpty)
            #expect(trailers.map(\.value) == ["AAAAAA=="])
        }
        #expect(failure("0\r\n\r\n0\r\n\r\n", length: 0) == nil)
    }

    @Test func `nothing else may end twice`() {
        let name = Self.trailer.name
        #expect(failure("0\r\n\r\n0\r\n\r\n0\r\n\r\n", length: 0) == .incompleteBody)
        #expect(failure("0\r\n\r\n0\r\n\r\n", length: 0, trailer: name) == .malformedTrailerError)
        #expect(failure("0\r\n\r\n1\r\na\r\n0\r\n\r\n", length: 0) == .excessData)
        #expect(failure("1\r\na\r\n0\r\n\r\n0\r\n\r\n", length: 1) == .incompleteBody)
        let twice = "0\r\n\(name):AAAAAA==\r\n\r\n0\r\n\(name):AAAAAA==\r\n\r\n"
        #expect(failure(twice, length: 0, trailer: name) == .incompleteBody)
    }

    @Test(arguments: [true, false])
    func `a signed empty body may end twice`(hasTrailer: Bool) throws {
        let signer = SigV4Signer(accessKey: "key", secretKey: "secretsecret")
        let sent = try signer.sign(
            method: "PUT", target: "/b/k", headers: headers(0, trailer: hasTrailer ? Self.trailer.name : nil),
            payload: hasTrailer ? .streamingSignedTrailer : .streamingSigned, now: Self.now)
        var encoder = AWSChunkedEncoder(sent.chunkSigner)
        let first = encoder.header(of: UnsafeRawBufferPointer(start: nil, count: 0)) + AWSChunkedEncoder.lineEnd
        let second = encoder.end(trailers: hasTrailer ? [Self.trailer] : [])
        let payload: PayloadVerification =
            hasTrailer ? .streamingSignedTrailer(sent.chunkSigner) : .streamingSigned(sent.chunkSigner)
        var decoder = try #require(try AWSChunkedDecoder(payload, headers: sent.headers))
        #expect(try decode(first + second, step: 7, &decoder).trailers.count == (hasTrailer ? 1 : 0))

        // Each signature covers the one before: the first cannot simply be repeated.
        var other = try #require(try AWSChunkedDecoder(payload, headers: sent.headers))
        #expect(throws: S3Error(.signatureDoesNotMatch)) { try decode(first + first, step: 7, &other) }
    }

    @Test(
        arguments: [
            ("aws-chunked", nil), ("gzip,aws-chunked", "gzip"), ("AWS-Chunked, gzip", "gzip"), ("gzip", "gzip"),
            ("", nil), ("deflate, gzip", "deflate, gzip"), ("deflate, gzip,aws-chunked", "deflate, gzip"),
        ] as [(String, String?)])
    func `aws-chunked is no encoding of the object`(value: String, kept: String?) {
        #expect(ContentEncoding.withoutAWSChunked(value) == kept)
    }
}
