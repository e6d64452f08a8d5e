import Cryptography
import Notation

/// A signature of version 2: HMAC-SHA1 under the secret key, in base64.
///
/// Some clients still presign with it by default. It covers neither the body nor most headers, and of the query only
/// ``signedParameters``; what it covers it writes down undelimited, so that a request is refused here when another one has
/// the same string to sign.
struct SignatureV2: Sendable {
    let accessKey: String
    /// See `VerifiedRequest.queryHeaders`.
    let queryHeaders: [(name: String, value: String)]
    private let signature: String
    /// `Date`, or `Expires` of a presigned URL; empty when `x-amz-date` says it.
    private let dateLine: String

    /// Reads the claim and checks its time.
    ///
    /// Throws `InvalidArgument` (400) for a malformed header or an ambiguous query, and for a request that is too old
    /// `RequestTimeTooSkewed` or `AccessDenied` (403).
    init(_ request: SigningRequest, _ scheme: AuthenticationScheme, now: Int64) throws(S3Error) {
        if scheme == .v2Presigned {
            try self.init(query: request, now: now)
        } else {
            try self.init(header: request, now: now)
        }
        try Self.requireUnambiguousHeaders(request)
        try Self.requireUnambiguousParameters(request.target)
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
        guard let sent = amzDate ?? request.header("date"), let time = HTTPDate.parse(sent) else {
            throw AuthorizationV4.noDate
        }
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
        queryHeaders = try request.queryHeaders()
    }

    /// Throws `SignatureDoesNotMatch` (403).
    func check(_ request: SigningRequest, _ secret: SecretString) throws(S3Error) {
        let given = Base64.decode(signature) ?? []
        var resource = request.virtualHostBucket.map { "/\($0)" } ?? ""
        resource += request.target.rawPath
        var stringToSign = stringToSign(request, resource: resource)
        defer { if !request.secrets.isEmpty { wipe(&stringToSign) } }
        if constantTimeEqual(given, secret.signatureV2(stringToSign)) { return }
        // Clients that send `/bucket` sign either that or, as AWS's own do, the `/bucket/` it would be at a host of its own.
        if resource.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1, resource != "/" {
            var second = self.stringToSign(request, resource: resource + "/")
            defer { if !request.secrets.isEmpty { wipe(&second) } }
            if constantTimeEqual(given, secret.signatureV2(second)) { return }
        }
        var details = [(name: "AWSAccessKeyId", value: accessKey)]
        if !request.holdsSecret {
            details.append((name: "StringToSign", value: String(decoding: stringToSign, as: UTF8.self)))
        }
        throw S3Error(.signatureDoesNotMatch, details: details + [(name: "SignatureProvided", value: signature)])
    }

    /// `METHOD ⏎ Content-MD5 ⏎ Content-Type ⏎ date ⏎`, the `x-amz-*` headers, and the resource with its sub-resources.
    private func stringToSign(_ request: SigningRequest, resource: String) -> [UInt8] {
        let headers = request.headers + queryHeaders
        func value(_ name: String) -> String { headers.first { $0.name == name }?.value ?? "" }

        var text: [UInt8] = []
        text.reserveCapacity(request.signedTextBytes + resource.utf8.count)
        text += "\(request.method)\n\(value("content-md5"))\n\(value("content-type"))\n\(dateLine)\n".utf8
        let signed = Dictionary(grouping: headers.lazy.filter { $0.name.begins(with: "x-amz-") }, by: \.name)
        for (name, values) in signed.sorted(by: { $0.key < $1.key }) {
            text += "\(name):\(values.map(\.value).joined(separator: ","))".utf8
            // A header that comes twice has been refused.
            request.appendSecret(name, occurrence: 0, to: &text)
            text.append(newline)
        }
        text += resource.utf8
        let parameters = request.target.query.filter { Self.signedParameters.contains($0.name) }.sorted {
            $0.name < $1.name
        }
        for (index, pair) in parameters.enumerated() {
            text += (index == 0 ? "?" : "&").utf8
            text += (pair.value.isEmpty ? pair.name : "\(pair.name)=\(pair.value)").utf8
        }
        return text
    }

    /// The query parameters that version 2 covers.
    static let signedParameters: Set<String> = [
        "accelerate", "acl", "cors", "delete", "encryption", "legal-hold", "lifecycle", "location", "logging",
        "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
        "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "restore", "retention", "select",
        "select-type", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    ]

    /// One header that comes twice is signed as one with a comma in its value, or only the first time.
    private static func requireUnambiguousHeaders(_ request: SigningRequest) throws(S3Error) {
        var seen: Set<String> = []
        for header in request.headers {
            let isSigned = header.name.begins(with: "x-amz-") && !header.name.begins(with: "x-amz-meta-")
            guard isSigned || header.name == "content-type" || header.name == "content-md5" else { continue }
            guard seen.insert(header.name).inserted else { throw ambiguous(header.name) }
        }
    }

    /// Values are signed decoded and joined by `&`: `versionId=1%26acl` would be signed as `versionId=1&acl` is.
    private static func requireUnambiguousParameters(_ target: RequestTarget) throws(S3Error) {
        for pair in target.query where signedParameters.contains(pair.name) {
            let pieces = pair.value.utf8.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
            for piece in pieces.dropFirst() {
                let name = Substring(piece.prefix { $0 != UInt8(ascii: "=") })
                guard !signedParameters.contains(String(name)) else { throw ambiguous(pair.name) }
            }
        }
    }

    fileprivate static func ambiguous(_ name: String) -> S3Error {
        S3Error(
            .invalidArgument,
            "Signature version 2 cannot cover this header or query parameter. Please use AWS4-HMAC-SHA256.",
            details: [(name: "ArgumentName", value: name)])
    }
}

extension SigningRequest {
    /// The headers that a presigned URL of version 2 carries as query parameters: from here on they count as headers.
    ///
    /// `x-amz-*`, `content-type` and `content-md5`, with lower-case names, unless the request has the header itself. Empty
    /// for requests that are signed otherwise. The signature says nothing yet: what a request is depends on its headers, so
    /// these are needed before it is checked.
    ///
    /// Throws `InvalidArgument` (400) for a name that is no header's, for one that comes twice, and for a value with line
    /// ends or other control characters: signed, they could be headers of their own.
    package func queryHeaders() throws(S3Error) -> [(name: String, value: String)] {
        guard target.hasQuery("AWSAccessKeyId"), header("authorization") == nil else { return [] }
        var found: [(name: String, value: String)] = []
        var names: Set<String> = []
        for pair in target.query {
            let name = pair.name.lowercased()
            guard name.begins(with: "x-amz-") || name == "content-type" || name == "content-md5" else { continue }
            guard pair.name.utf8.allSatisfy(Self.isTokenCharacter),
                pair.value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }),
                names.insert(name).inserted
            else { throw SignatureV2.ambiguous(pair.name) }
            if header(name) == nil { found.append((name: name, value: pair.value)) }
        }
        return found
    }

    /// RFC 9110 §5.6.2.
    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
