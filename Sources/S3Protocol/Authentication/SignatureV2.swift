import Cryptography

/// A signature of version 2: HMAC-SHA1 under the secret key, in base64.
///
/// Some clients still presign with it by default. It covers neither the body nor most headers.
struct SignatureV2: Sendable {
    let accessKey: String
    /// See `VerifiedRequest.queryHeaders`.
    let queryHeaders: [(name: String, value: String)]
    private let signature: String
    /// `Date`, or `Expires` of a presigned URL; empty when `x-amz-date` says it.
    private let dateLine: String

    /// Reads the claim and checks its time.
    ///
    /// Throws `InvalidArgument` (400) for a malformed header, and for a request that is too old `RequestTimeTooSkewed` or
    /// `AccessDenied` (403).
    init(_ request: SigningRequest, _ scheme: AuthenticationScheme, now: Int64) throws(S3Error) {
        if scheme == .v2Presigned {
            try self.init(query: request, now: now)
        } else {
            try self.init(header: request, now: now)
        }
    }

    private init(header request: SigningRequest, now: Int64) throws(S3Error) {
        let text = (request.header("authorization") ?? "").dropFirst("AWS ".utf8.count)
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")), colon > text.startIndex else {
            throw S3Error(
                .invalidArgument, "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
                details: [(name: "ArgumentName", value: "Authorization")])
        }
        accessKey = String(text[..<colon])
        signature = String(text[text.utf8.index(after: colon)...])
        let amzDate = request.header("x-amz-date")
        dateLine = amzDate == nil ? request.header("date") ?? "" : ""
        queryHeaders = []
        guard let sent = amzDate ?? request.header("date") else {
            throw S3Error(.accessDenied, "AWS authentication requires a valid Date or x-amz-date header")
        }
        guard let time = HTTPDate.parse(sent) else { throw S3Error(.malformedDate) }
        try SigV4Verifier.checkSkew(time, sent: sent, now: now)
    }

    private init(query request: SigningRequest, now: Int64) throws(S3Error) {
        guard let accessKey = request.target.queryValue("AWSAccessKeyId"),
            let signature = request.target.queryValue("Signature"), let expires = request.target.queryValue("Expires")
        else {
            throw S3Error(
                .accessDenied,
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
        }
        guard let end = Int64(expires), end >= 0, end < 253_402_300_800 else {
            throw S3Error(.accessDenied, "Invalid date (should be seconds since epoch): \(expires)")
        }
        guard now <= end else { throw SigV4Verifier.expired(end, now: now, details: []) }
        self.accessKey = accessKey
        self.signature = signature
        dateLine = expires
        queryHeaders = request.target.query.compactMap { pair in
            let name = pair.name.lowercased()
            guard name.hasPrefix("x-amz-") || name == "content-type" || name == "content-md5",
                request.header(name) == nil
            else { return nil }
            return (name: name, value: pair.value)
        }
    }

    /// Throws `SignatureDoesNotMatch` (403).
    func check(_ request: SigningRequest, _ secret: SecretString) throws(S3Error) {
        let given = Base64.decode(signature) ?? []
        var resource = request.virtualHostBucket.map { "/\($0)" } ?? ""
        resource += request.target.rawPath
        let stringToSign = stringToSign(request, resource: resource)
        if constantTimeEqual(given, secret.signatureV2(stringToSign)) { return }
        // Clients that send `/bucket` sign either that or, as AWS's own do, the `/bucket/` it would be at a host of its own.
        if resource.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1, resource != "/" {
            let second = self.stringToSign(request, resource: resource + "/")
            if constantTimeEqual(given, secret.signatureV2(second)) { return }
        }
        throw S3Error(
            .signatureDoesNotMatch,
            details: [
                (name: "AWSAccessKeyId", value: accessKey),
                (name: "StringToSign", value: String(decoding: stringToSign, as: UTF8.self)),
                (name: "SignatureProvided", value: signature),
            ])
    }

    /// `METHOD ⏎ Content-MD5 ⏎ Content-Type ⏎ date ⏎`, the `x-amz-*` headers, and the resource with its sub-resources.
    private func stringToSign(_ request: SigningRequest, resource: String) -> [UInt8] {
        let headers = request.headers + queryHeaders
        func value(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }

        var text = "\(request.method)\n\(value("content-md5"))\n\(value("content-type"))\n\(dateLine)\n"
        for name in Set(headers.map(\.name)).filter({ $0.hasPrefix("x-amz-") }).sorted() {
            text += "\(name):\(headers.filter { $0.name == name }.map(\.value).joined(separator: ","))\n"
        }
        text += resource
        let resources = request.target.query.filter { Self.signedResources.contains($0.name) }.sorted {
            $0.name < $1.name
        }
        for (index, pair) in resources.enumerated() {
            text += index == 0 ? "?" : "&"
            text += pair.value.isEmpty ? pair.name : "\(pair.name)=\(pair.value)"
        }
        return Array(text.utf8)
    }

    /// The query parameters that version 2 covers.
    private static let signedResources: Set<String> = [
        "acl", "cors", "delete", "encryption", "legal-hold", "lifecycle", "location", "logging", "notification",
        "partNumber", "policy", "replication", "requestPayment", "response-cache-control",
        "response-content-disposition", "response-content-encoding", "response-content-language",
        "response-content-type", "response-expires", "retention", "select", "select-type", "tagging", "torrent",
        "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    ]
}
