import Cryptography
import Notation
import S3Protocol
import Testing

@Suite struct SignatureV2Tests {
    static let now: Int64 = 1_795_178_096
    private static let secret = "secretsecret"

    private let verifier = SigV4Verifier(region: nil) { _ in SecretString(SignatureV2Tests.secret) }

    /// A presigned URL that its signer takes to be for this string to sign.
    private func presigned(
        _ target: String, signedAs headersAndResource: String, method: String = "PUT",
        headers: [(name: String, value: String)] = []
    ) throws -> SigningRequest {
        let expires = Self.now + 60
        let text = "\(method)\n\n\n\(expires)\n\(headersAndResource)"
        let signature = Base64.encode(HMACSHA1.code(Array(text.utf8), key: Array(Self.secret.utf8)))
        let mark = target.contains("?") ? "&" : "?"
        let query = "AWSAccessKeyId=a&Expires=\(expires)&Signature=\(PercentEncoding.encode(signature))"
        return SigningRequest(
            method: method, target: try RequestTarget("\(target)\(mark)\(query)"),
            headers: [(name: "host", value: "h")] + headers, isTLS: true)
    }

    private func failure(_ request: SigningRequest, _ verifier: SigV4Verifier? = nil) -> S3Error? {
        do {
            _ = try (verifier ?? self.verifier).verify(request, now: Self.now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a presigned URL carries headers and overrides`() throws {
        let headers = try presigned(
            "/b/k?x-amz-meta-a=1&x-amz-server-side-encryption=aws%3Akms",
            signedAs: "x-amz-meta-a:1\nx-amz-server-side-encryption:aws:kms\n/b/k")
        let verified = try verifier.verify(headers, now: Self.now)
        #expect(verified.queryHeaders.map(\.value) == ["1", "aws:kms"])
        #expect(try headers.queryHeaders().map(\.value) == ["1", "aws:kms"])
        let named = "attachment; filename=\"a&b=c.txt\""
        let override = try presigned(
            "/b/k?response-content-disposition=\(PercentEncoding.encode(named))",
            signedAs: "/b/k?response-content-disposition=\(named)", method: "GET")
        #expect(failure(override) == nil)
    }

    @Test(arguments: [
        // A header put into the value of another, or into its name.
        "x-amz-meta-a=1%0Ax-amz-server-side-encryption%3Aaws%3Akms",
        "x-amz-meta-a%3A1%0Ax-amz-server-side-encryption=aws%3Akms",
    ])
    func `a header cannot hide in another`(query: String) throws {
        let request = try presigned(
            "/b/k?\(query)", signedAs: "x-amz-meta-a:1\nx-amz-server-side-encryption:aws:kms\n/b/k")
        #expect(failure(request)?.code == .invalidArgument)
    }

    @Test func `covers the values of secret headers`() throws {
        let name = "x-amz-server-side-encryption-customer-key"
        for (sent, isRight) in [("a2V5", true), ("a2V6", false)] {
            var request = try presigned(
                "/b/k", signedAs: "\(name):a2V5\nx-amz-tagging:t\n/b/k", headers: [(name, ""), ("x-amz-tagging", "t")])
            request.secrets = [(name, SecretBytes(Array(sent.utf8)))]
            #expect((failure(request) == nil) == isRight)
        }
    }

    @Test func `a value cannot pass into the next header's name`() throws {
        let request = try presigned("/b/k?x-amz-meta-a%3Ab=c", signedAs: "x-amz-meta-a:b:c\n/b/k")
        #expect(failure(request)?.code == .invalidArgument)
        let type = try presigned("/b/k?content-type=%0A5", signedAs: "/b/k")
        #expect(failure(type)?.code == .invalidArgument)
    }

    @Test func `one header cannot become two`() throws {
        let inQuery = try presigned(
            "/b/k?x-amz-copy-source=b%2Fa&x-amz-copy-source=c", signedAs: "x-amz-copy-source:b/a,c\n/b/k")
        #expect(failure(inQuery)?.code == .invalidArgument)
        let inHead = try presigned(
            "/b/k", signedAs: "x-amz-copy-source:b/a,c\n/b/k",
            headers: [(name: "x-amz-copy-source", value: "b/a"), (name: "x-amz-copy-source", value: "c")])
        #expect(failure(inHead)?.code == .invalidArgument)
        // Of metadata both mean the same.
        let metadata = try presigned(
            "/b/k", signedAs: "x-amz-meta-a:1,2\n/b/k",
            headers: [(name: "x-amz-meta-a", value: "1"), (name: "x-amz-meta-a", value: "2")])
        #expect(failure(metadata) == nil)
    }

    @Test(arguments: [
        "versionId=1%26response-content-type=text%2Fhtml", "acl=%26versionId=1", "response-content-type=a%26acl",
    ])
    func `a parameter cannot hide in another`(query: String) throws {
        let decoded = query.replacing("%26", with: "&").replacing("%2F", with: "/").replacing("acl=&", with: "acl&")
        #expect(failure(try presigned("/b/k?\(query)", signedAs: "/b/k?\(decoded)"))?.code == .invalidArgument)
    }

    @Test func `a refusal repeats no customer's key`() throws {
        let key = "x-amz-server-side-encryption-customer-key"
        let inQuery = try #require(failure(try presigned("/b/k?\(key)=c2VjcmV0", signedAs: "/b/other")))
        #expect(inQuery.code == .signatureDoesNotMatch)
        #expect(!inQuery.details.contains { $0.value.contains("c2VjcmV0") })
        let inHead = try presigned("/b/k", signedAs: "/b/other", headers: [(name: key, value: "c2VjcmV0")])
        #expect(failure(inHead)?.details.contains { $0.value.contains("c2VjcmV0") } == false)
        let plain = try #require(failure(try presigned("/b/k", signedAs: "/b/other")))
        #expect(plain.details.contains { $0.name == "StringToSign" })
    }

    @Test func `version 2 can be switched off`() throws {
        let strict = SigV4Verifier(region: nil, acceptsV2: false) { _ in SecretString(Self.secret) }
        let request = try presigned("/b/k", signedAs: "/b/k")
        #expect(failure(request) == nil)
        #expect(failure(request, strict)?.code == .invalidRequest)
        let header = SigningRequest(
            method: "GET", target: try RequestTarget("/b"), headers: [(name: "authorization", value: "AWS a:b")],
            isTLS: true)
        #expect(failure(header, strict)?.code == .invalidRequest)
    }

    @Test func `what version 2 does not sign is known`() {
        for scheme in [AuthenticationScheme.v2Header, .v2Presigned] {
            #expect(scheme.covers(parameter: "uploadId"))
            #expect(scheme.covers(parameter: "versionId"))
            for name in ["annotation", "attributes", "publicAccessBlock", "renameObject", "prefix"] {
                #expect(!scheme.covers(parameter: name))
            }
        }
        #expect(AuthenticationScheme.v4Presigned.covers(parameter: "annotation"))
        #expect(AuthenticationScheme.anonymous.covers(parameter: "annotation"))
    }

    @Test func `no date, or one that is none, is 403`() throws {
        for date in [nil, "soon"] {
            let headers = [(name: "authorization", value: "AWS a:b")] + (date.map { [(name: "date", value: $0)] } ?? [])
            let request = SigningRequest(method: "GET", target: try RequestTarget("/b"), headers: headers, isTLS: true)
            #expect(failure(request) == S3Error(.accessDenied))
        }
    }
}
