import AccessPolicy
import Cryptography
import S3Protocol
import Testing

@Suite struct SigV4VerifierTests {
    static let now: Int64 = 1_795_178_096
    private let accessKey = "team/a"
    private let signer = SigV4Signer(accessKey: "team/a", secretKey: "secretsecret", region: "us-east-1")

    private func verifier(region: String? = nil) -> SigV4Verifier {
        SigV4Verifier(region: region) { $0 == "team/a" ? SecretString("secretsecret") : nil }
    }

    private func request(
        _ method: String = "GET", _ target: String = "/bucket/key", headers: [(name: String, value: String)] = [],
        signer: SigV4Signer? = nil, payload: SigV4Signer.Payload = .empty, at time: Int64 = now
    ) throws -> SigningRequest {
        let sent = try (signer ?? self.signer).sign(
            method: method, target: target, headers: [(name: "host", value: "h:9000")] + headers, payload: payload,
            now: time)
        return SigningRequest(method: method, target: try RequestTarget(target), headers: sent.headers, isTLS: false)
    }

    private func set(_ name: String, _ value: String?, in request: SigningRequest) -> SigningRequest {
        var changed = request
        changed.headers.removeAll { $0.name == name }
        if let value { changed.headers.append((name: name, value: value)) }
        return changed
    }

    private func authorization(_ edit: (String) -> String) throws -> SigningRequest {
        let request = try request()
        return set("authorization", edit(request.headers.last?.value ?? ""), in: request)
    }

    @Test func `the values of secret headers are covered, in the order of their coming`() throws {
        let name = "x-amz-server-side-encryption-customer-key"
        let signed = try request(headers: [(name, "a2V5"), (name, "a2V6")])
        func with(_ values: [String]) -> SigningRequest {
            var request = signed
            for index in request.headers.indices where request.headers[index].name == name {
                request.headers[index].value = ""
            }
            request.secrets = values.map { (name, SecretBytes(Array($0.utf8))) }
            return request
        }
        #expect(failure(with(["a2V5", "a2V6"])) == nil)
        #expect(failure(with(["a2V6", "a2V5"]))?.code == .signatureDoesNotMatch)
        #expect(failure(with(["a2V5"]))?.code == .signatureDoesNotMatch)
    }

    private func failure(_ request: SigningRequest, region: String? = nil, now: Int64 = now) -> S3Error? {
        do {
            _ = try verifier(region: region).verify(request, now: now)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Header

    @Test(arguments: [
        "/", "/bucket?uploads", "/bucket/a%20b//c+d%2Fé?x=1&a-b=2&a=3&a=1", "/b/k?versionId=null&q=%2B+%20",
    ])
    func `a signed request verifies`(target: String) throws {
        let verified = try verifier(region: "us-east-1").verify(try request("PUT", target), now: Self.now)
        #expect(verified.accessKey == accessKey)
        guard case .sha256(PayloadVerification.emptySHA256) = verified.payload else {
            Issue.record("not the hash of nothing")
            return
        }
    }

    @Test func `separators and spaces of the header do not matter`() throws {
        #expect(failure(try authorization { $0.replacing(",", with: ", ") }) == nil)
        #expect(failure(try authorization { $0.replacing(",", with: " ,  ") }) == nil)
    }

    @Test(arguments: [
        "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 garbage", "AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/b,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/2026x101/r/s3/aws4_request,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=/20260101/r/s3/aws4_request,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4,SignedHeaders=host,Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/20260101/r/s3/aws4_request,SignedHeaders=host;;x,Signature=00",
        "AWS4-HMAC-SHA256 Credential=a/20200101/r/s3/aws4_request,SignedHeaders=host,Signature=00",
    ])
    func `a malformed header is refused`(header: String) throws {
        #expect(failure(try authorization { _ in header })?.code == .authorizationHeaderMalformed)
    }

    @Test func `wrong signatures, secrets and keys`() throws {
        let flipped = try authorization { header in
            String(header.dropLast()) + (header.last == "0" ? "1" : "0")
        }
        #expect(failure(flipped)?.code == .signatureDoesNotMatch)
        #expect(failure(try authorization { String($0.dropLast(64)) })?.code == .signatureDoesNotMatch)
        #expect(failure(try authorization { $0 + "00" })?.code == .signatureDoesNotMatch)
        let wrong = SigV4Signer(accessKey: accessKey, secretKey: "secretsecreT")
        #expect(failure(try request(signer: wrong))?.code == .signatureDoesNotMatch)
        let unknown = failure(try request(signer: SigV4Signer(accessKey: "nobody", secretKey: "secretsecret")))
        #expect(unknown?.code == .invalidAccessKeyId)
        #expect(unknown?.details.map(\.value) == ["nobody"])
        #expect(
            failure(try request(headers: [(name: "x-amz-security-token", value: "t")]))?.code == .invalidTokenId)
    }

    @Test func `a changed secret takes effect at once`() throws {
        final class Account: Sendable {
            nonisolated(unsafe) var secret = "secretsecret"
        }
        let account = Account()
        let verifier = SigV4Verifier(region: nil) { _ in SecretString(account.secret) }
        let request = try request()
        _ = try verifier.verify(request, now: Self.now)
        account.secret = "another one"
        #expect(throws: S3Error(.signatureDoesNotMatch)) { try verifier.verify(request, now: Self.now) }
    }

    @Test(arguments: [-901, -900, 0, 900, 901])
    func `clocks may be a quarter of an hour apart`(skew: Int64) throws {
        let error = failure(try request(at: Self.now + skew))
        #expect(error?.code == (abs(skew) > 900 ? .requestTimeTooSkewed : nil))
        if let error {
            #expect(error.details.map(\.name) == ["RequestTime", "ServerTime", "MaxAllowedSkewMilliseconds"])
        }
    }

    @Test func `dates missing, malformed and of other forms`() throws {
        #expect(failure(set("x-amz-date", nil, in: try request())) == S3Error(.accessDenied))
        #expect(failure(set("x-amz-date", "yesterday", in: try request())) == S3Error(.accessDenied))
        let dated = set("date", "2026-13-01", in: set("x-amz-date", nil, in: try request()))
        #expect(failure(dated) == S3Error(.accessDenied))
    }

    @Test func `regions`() throws {
        for region in ["us-east-1", "", "anywhere"] {
            let request = try request(
                signer: SigV4Signer(accessKey: accessKey, secretKey: "secretsecret", region: region))
            #expect(failure(request) == nil)
            let error = failure(request, region: "eu-west-1")
            #expect(error?.code == .authorizationHeaderMalformed)
            #expect(error?.details.map { [$0.name, $0.value] } == [["Region", "eu-west-1"]])
            let verified = try verifier(region: "eu-west-1").verify(request, now: Self.now, acceptsAnyRegion: true)
            #expect(verified.accessKey == accessKey)
        }
        let old = SigV4Signer(accessKey: accessKey, secretKey: "secretsecret", region: "US")
        #expect(failure(try request(signer: old), region: "us-east-1") == nil)
        let other = SigV4Signer(accessKey: accessKey, secretKey: "secretsecret", service: "sts")
        #expect(failure(try request(signer: other))?.code == .authorizationParametersError)
    }

    @Test func `headers that mean something must be signed`() throws {
        let meta = failure(set("x-amz-meta-a", "1", in: try request()))
        #expect(meta == S3Error(.accessDenied))
        #expect(meta?.details.map { [$0.name, $0.value] } == [["HeadersNotSigned", "x-amz-meta-a"]])
        #expect(failure(set("user-agent", "x", in: try request())) == nil)
        #expect(failure(set("amz-sdk-request", "attempt=1", in: try request())) == nil)
        #expect(failure(try authorization { $0.replacing("host;", with: "") }) == S3Error(.accessDenied, status: 400))
        #expect(failure(set("host", nil, in: try request())) == S3Error(.accessDenied, status: 400))
    }

    @Test func `inner spaces and repeated headers are canonical`() throws {
        let signed = try request(headers: [(name: "x-amz-meta-a", value: "a b,c")])
        var sent = set("x-amz-meta-a", "  a   b ", in: signed)
        sent.headers.append((name: "x-amz-meta-a", value: "c"))
        #expect(failure(sent) == nil)
    }

    @Test func `payload hashes`() throws {
        for (payload, isStreaming) in [
            (SigV4Signer.Payload.unsigned, false), (.body([1]), false), (.streamingSigned, true),
            (.streamingSignedTrailer, true), (.streamingUnsignedTrailer, true),
        ] {
            let verified = try verifier().verify(try request("PUT", payload: payload), now: Self.now)
            #expect(verified.payload.isStreaming == isStreaming)
        }
        // curl leaves the header out; the body is then taken for empty, which is not what this request signed.
        #expect(failure(set("x-amz-content-sha256", nil, in: try request("PUT", payload: .unsigned))) != nil)
        #expect(failure(set("x-amz-content-sha256", "other", in: try request()))?.code == .signatureDoesNotMatch)
    }

    @Test(arguments: [
        (name: "x-amz-server-side-encryption-customer-key", value: "c2VjcmV0"),
        (name: "x-amz-copy-source-server-side-encryption-customer-key", value: "c2VjcmV0"),
    ])
    func `a refusal repeats no secret`(header: (name: String, value: String)) throws {
        #expect(failure(try authorization { $0 + "00" })?.details.contains { $0.name == "CanonicalRequest" } == true)
        var wrong = try request(headers: [header])
        wrong = set("authorization", (wrong.headers.last?.value ?? "") + "00", in: wrong)
        let refusal = try #require(failure(wrong))
        #expect(refusal.code == .signatureDoesNotMatch)
        #expect(!refusal.details.contains { $0.value.contains(header.value) })
        var inQuery = try authorization { $0 + "00" }
        inQuery.target = try RequestTarget("/bucket/key?\(header.name)=\(header.value)")
        #expect(failure(inQuery)?.details.contains { $0.value.contains(header.value) } == false)
    }

    @Test func `access keys are their bytes`() throws {
        let composed = SigV4Signer(accessKey: "caf\u{e9}", secretKey: "secretsecret")
        let decomposed = SigV4Signer(accessKey: "cafe\u{301}", secretKey: "secretsecret")
        let verifier = SigV4Verifier(region: nil) { _ in SecretString("secretsecret") }
        for signer in [composed, decomposed] {
            let verified = try verifier.verify(try request(signer: signer), now: Self.now)
            #expect(verified.accessKey?.hasSameBytes(as: signer.accessKey) == true)
        }
    }

    // MARK: Presigned

    private func presigned(
        expires: Int64 = 600, at time: Int64 = now, edit: (String) -> String = { $0 }
    ) throws -> SigningRequest {
        let headers = [(name: "host", value: "h:9000")]
        let target = try signer.presign(
            method: "GET", target: "/bucket/k%20ey?versionId=null", headers: headers, expires: expires, now: time)
        return SigningRequest(method: "GET", target: try RequestTarget(edit(target)), headers: headers, isTLS: false)
    }

    @Test func `a presigned URL is good until it expires`() throws {
        #expect(failure(try presigned()) == nil)
        #expect(failure(try presigned(), now: Self.now + 600) == nil)
        let expired = failure(try presigned(), now: Self.now + 601)
        #expect(expired == S3Error(.accessDenied))
        #expect(expired?.message == "Request has expired")
        #expect(expired?.details.first.map { [$0.name, $0.value] } == ["X-Amz-Expires", "600"])
        #expect(failure(try presigned(expires: 0))?.message == "Request has expired")
        #expect(failure(try presigned(expires: 1)) == nil)
        #expect(failure(try presigned(at: Self.now + 900)) == nil)
        #expect(failure(try presigned(at: Self.now + 901))?.message == "Request is not valid yet")
        #expect(
            failure(try presigned { $0.replacing("versionId=null", with: "versionId=x") })?.code
                == .signatureDoesNotMatch)
        #expect(failure(set("x-amz-meta-a", "1", in: try presigned())) == S3Error(.accessDenied))
    }

    @Test(arguments: [
        ("X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Algorithm=AWS3", "X-Amz-Algorithm only"),
        ("&X-Amz-Expires=600", "", "Query-string authentication version 4 requires"),
        ("X-Amz-Expires=600", "X-Amz-Expires=x", "X-Amz-Expires should be a number"),
        ("X-Amz-Expires=600", "X-Amz-Expires=-1", "X-Amz-Expires must be non-negative"),
        ("X-Amz-Expires=600", "X-Amz-Expires=604801", "X-Amz-Expires must be less than a week"),
        ("X-Amz-Date=2", "X-Amz-Date=x", "X-Amz-Date must be"),
        ("%2Faws4_request", "", "Error parsing the X-Amz-Credential parameter"),
    ])
    func `faults of the query have their texts`(text: String, replacement: String, message: String) throws {
        let error = failure(try presigned { $0.replacing(text, with: replacement) })
        #expect(error?.code == .authorizationQueryParametersError)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "accepted")")
    }

    // MARK: Other schemes

    @Test func `mechanisms that are unknown or too many`() throws {
        #expect(failure(set("authorization", "Basic YTpi", in: try request()))?.code == .invalidRequest)
        #expect(failure(set("authorization", "Bearer x", in: try request()))?.code == .invalidRequest)
        #expect(failure(set("authorization", "", in: try request()))?.code == .invalidArgument)
        #expect(failure(set("authorization", "AWS HAHAHA", in: try request()))?.code == .invalidArgument)
        var both = try presigned()
        both.headers = try request().headers
        #expect(failure(both)?.code == .invalidRequest)
    }

    @Test func `no signature is anonymous`() throws {
        var bare = set("authorization", nil, in: try request())
        bare.headers.removeAll { $0.name.hasPrefix("x-amz-") }
        let verified = try verifier().verify(bare, now: Self.now)
        #expect(verified.principal.isAnonymous)
        #expect(verified.accessKey == nil)
        bare.headers += [
            (name: "content-encoding", value: "aws-chunked"), (name: "x-amz-trailer", value: "x-amz-checksum-crc32"),
        ]
        #expect(try verifier().verify(bare, now: Self.now).payload.isStreaming)
    }

    @Test func `version 2 URLs expire and carry headers`() throws {
        let vectors = try #require(SignatureVectors.all)
        let vector = try #require(vectors.requests.first { $0.name == "presigned PUT, s3, path" })
        let verifier = SignatureVectors.verifier(region: nil)
        let request = try vector.signingRequest()
        let verified = try verifier.verify(request, now: vector.now + 600)
        #expect(verified.queryHeaders.contains { $0.name == "x-amz-server-side-encryption" && $0.value == "AES256" })
        #expect(throws: S3Error(.accessDenied)) { try verifier.verify(request, now: vector.now + 601) }
        let changed = set("x-amz-server-side-encryption", "aws:kms", in: request)
        #expect(throws: S3Error(.signatureDoesNotMatch)) { try verifier.verify(changed, now: vector.now) }
    }
}
