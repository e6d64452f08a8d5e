import S3Protocol
import Testing

@Suite struct SignatureVectorTests {
    @Test func `the vectors are there`() throws {
        let vectors = try #require(SignatureVectors.all)
        #expect(vectors.requests.count >= 51)
        #expect(vectors.streams.count == 2)
    }

    @Test(arguments: SignatureVectors.all?.requests ?? [])
    func `requests of other implementations verify`(vector: SignatureVectors.Request) throws {
        let verifier = SignatureVectors.verifier(region: vector.region)
        let request = try vector.signingRequest()
        // The second time the signing key comes from the cache.
        for _ in 0..<2 {
            let verified = try verifier.verify(request, now: vector.now)
            #expect(verified.accessKey == SignatureVectors.all?.accessKey)
            #expect("\(verified.scheme)" == vector.scheme)
        }
    }

    @Test(arguments: SignatureVectors.all?.requests ?? [])
    func `no signed part can be changed`(vector: SignatureVectors.Request) throws {
        let verifier = SignatureVectors.verifier(region: vector.region)
        let request = try vector.signingRequest()
        var method = request
        method.method = "PATCH"
        #expect(throws: S3Error(.signatureDoesNotMatch)) { try verifier.verify(method, now: vector.now) }
        var path = request
        path.target = try RequestTarget("/x" + vector.target)
        #expect(throws: S3Error(.signatureDoesNotMatch)) { try verifier.verify(path, now: vector.now) }
    }

    @Test(arguments: SignatureVectors.all?.streams ?? [], [1, 7, 100, 65_536, 1 << 20])
    func `published streams decode at any cut`(vector: SignatureVectors.Stream, step: Int) throws {
        let request = try vector.request.signingRequest()
        let verified = try SignatureVectors.verifier(region: vector.region).verify(request, now: vector.now)
        var decoder = try #require(try AWSChunkedDecoder(verified.payload, headers: request.headers))
        let (data, trailers) = try decode(vector.bytes, step: step, &decoder)
        #expect(data == [UInt8](repeating: UInt8(ascii: "a"), count: vector.decodedLength))
        #expect(trailers.map { [$0.name, $0.value] } == vector.trailers)
        if case .trailer(let algorithm) = try RequestedChecksum(headers: request.headers) {
            #expect(S3ChecksumCalculator.of(data, algorithm).base64 == vector.trailers.first?.last)
        }
    }
}

/// Feeds a decoder in steps and gathers what it emits.
func decode(
    _ bytes: [UInt8], step: Int, _ decoder: inout AWSChunkedDecoder
) throws -> (data: [UInt8], trailers: [(name: String, value: String)]) {
    var data: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: step) {
        try bytes[start..<min(start + step, bytes.count)].withUnsafeBytes { piece in
            try decoder.decode(piece) { (emitted: UnsafeRawBufferPointer) throws(S3Error) in
                data.append(contentsOf: emitted)
            }
        }
    }
    return (data, try decoder.finish())
}
