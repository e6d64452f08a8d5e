package import Cryptography

/// The encryption that a write asks for with its own headers, before bucket rules and server defaults.
package enum RequestedEncryption: Sendable {
    /// No encryption header at all: the defaults decide.
    case none
    case sseS3
    /// - keyID: the bare name, without `arn:aws:kms:`; nil stands for the default key. Whether the name is legal and the
    ///   key exists is the key service's to say.
    /// - context: nil when none was given; the pairs otherwise, possibly none.
    /// - bucketKey: nil when the request does not say: the bucket's setting decides.
    case sseKMS(keyID: String?, context: [String: String]?, bucketKey: Bool?)
    /// Two layers. AWS has no bucket keys for them; a request for one is of no effect.
    case dsseKMS(keyID: String?, context: [String: String]?)
    case sseC(CustomerKeyHeaders)
}

/// The server-side-encryption headers of a request, with one function for each kind of request that may carry them.
///
/// Header names are lower-case. Every function checks first that customer keys came over TLS
/// (`isSecure`: the connection has TLS, or it ends at a trusted proxy before this server).
/// `secrets` are the values that an HTTP layer has kept out of `headers`, which holds them empty then (``secretNames``).
/// All errors are those of AWS; none ever holds the key or what was sent in its place.
package enum SSEHeaders {
    /// The headers whose values are keys.
    package static let secretNames = [SSEFields.customerKeyName, SSEFields.copySourceKeyName]

    /// Refuses customer keys on a connection that is not secure, whatever the operation.
    package static func requireTLS(_ headers: [(name: String, value: String)], isSecure: Bool) throws(S3Error) {
        guard !isSecure, SSEFields.isAny(headers) else { return }
        try SSEFields(headers, []).requireTLS(isSecure)
    }

    /// PutObject, CreateMultipartUpload, and the form fields of a POST upload.
    ///
    /// A copy-source key is refused: ignoring it could store what was meant to be encrypted otherwise.
    package static func ofWrite(
        _ headers: [(name: String, value: String)], secrets: [(name: String, value: SecretBytes)] = [], isSecure: Bool
    ) throws(S3Error) -> RequestedEncryption {
        guard SSEFields.isAny(headers) else { return .none }
        let fields = SSEFields(headers, secrets)
        try fields.requireTLS(isSecure)
        guard fields.copySourceKey.isAbsent else {
            throw S3Error(
                .invalidArgument,
                "x-amz-copy-source-server-side-encryption headers are not supported for this operation.")
        }
        return try fields.requestedEncryption()
    }

    /// CopyObject's target; its source key comes from ``ofCopySource(_:isSecure:)``.
    package static func ofCopyTarget(
        _ headers: [(name: String, value: String)], secrets: [(name: String, value: SecretBytes)] = [], isSecure: Bool
    ) throws(S3Error) -> RequestedEncryption {
        let fields = SSEFields(headers, secrets)
        try fields.requireTLS(isSecure)
        return try fields.requestedEncryption()
    }

    /// The key of a CopyObject's or UploadPartCopy's source, nil when none was sent.
    package static func ofCopySource(
        _ headers: [(name: String, value: String)], secrets: [(name: String, value: SecretBytes)] = [], isSecure: Bool
    ) throws(S3Error) -> CustomerKeyHeaders? {
        let fields = SSEFields(headers, secrets)
        try fields.requireTLS(isSecure)
        return try CustomerKeyHeaders(fields.copySourceKey)
    }

    /// GetObject, HeadObject and GetObjectAttributes: only a customer key makes sense there.
    package static func ofRead(
        _ headers: [(name: String, value: String)], secrets: [(name: String, value: SecretBytes)] = [], isSecure: Bool
    ) throws(S3Error) -> CustomerKeyHeaders? {
        guard SSEFields.isAny(headers) else { return nil }
        let fields = SSEFields(headers, secrets)
        try fields.requireTLS(isSecure)
        guard !fields.asksForManagedKey else {
            throw S3Error(
                .invalidArgument, "x-amz-server-side-encryption header is not supported for this operation.",
                details: [("ArgumentName", "x-amz-server-side-encryption")])
        }
        return try CustomerKeyHeaders(fields.customerKey)
    }

    /// UploadPart and UploadPartCopy: the upload decided the scheme, so headers for SSE-S3 and SSE-KMS are ignored.
    package static func ofUploadPart(
        _ headers: [(name: String, value: String)], secrets: [(name: String, value: SecretBytes)] = [], isSecure: Bool
    ) throws(S3Error) -> CustomerKeyHeaders? {
        let fields = SSEFields(headers, secrets)
        try fields.requireTLS(isSecure)
        return try CustomerKeyHeaders(fields.customerKey)
    }

    /// CompleteMultipartUpload: as for a part.
    ///
    /// Clients repeat the headers of the upload here, and some leave out the customer key.
    package static func ofComplete(
        _ headers: [(name: String, value: String)], secrets: [(name: String, value: SecretBytes)] = [], isSecure: Bool
    ) throws(S3Error) -> CustomerKeyHeaders? {
        try ofUploadPart(headers, secrets: secrets, isSecure: isSecure)
    }
}

/// The raw values, each nil when its header is absent.
struct SSEFields {
    var method: String?
    var keyID: String?
    var context: String?
    var bucketKey: String?
    var customerKey = CustomerKeyFields()
    var copySourceKey = CustomerKeyFields()

    /// Whether there may be any of these headers: without one, which is the rule, nothing needs to be made of them.
    static func isAny(_ headers: [(name: String, value: String)]) -> Bool {
        headers.indices.contains { isOne(headers[$0].name) }
    }

    private static func isOne(_ name: String) -> Bool {
        // The shortest of them has 28 bytes.
        name.utf8.count >= 28 && name.begins(with: "x-amz-")
    }

    init(_ headers: [(name: String, value: String)], _ secrets: [(name: String, value: SecretBytes)]) {
        for (name, value) in headers where Self.isOne(name) {
            switch name {
            case "x-amz-server-side-encryption": method = value
            case "x-amz-server-side-encryption-aws-kms-key-id": keyID = value
            case "x-amz-server-side-encryption-context": context = value
            case "x-amz-server-side-encryption-bucket-key-enabled": bucketKey = value
            case "x-amz-server-side-encryption-customer-algorithm": customerKey.algorithm = value
            case Self.customerKeyName: customerKey.key = .text(value)
            case "x-amz-server-side-encryption-customer-key-md5": customerKey.keyMD5 = value
            case "x-amz-copy-source-server-side-encryption-customer-algorithm": copySourceKey.algorithm = value
            case Self.copySourceKeyName: copySourceKey.key = .text(value)
            case "x-amz-copy-source-server-side-encryption-customer-key-md5": copySourceKey.keyMD5 = value
            default: break
            }
        }
        for secret in secrets {
            switch secret.name {
            case Self.customerKeyName: customerKey.key = .secret(secret.value)
            case Self.copySourceKeyName: copySourceKey.key = .secret(secret.value)
            default: break
            }
        }
    }

    fileprivate static let customerKeyName = "x-amz-server-side-encryption-customer-key"
    fileprivate static let copySourceKeyName = "x-amz-copy-source-server-side-encryption-customer-key"

    /// True when a header asks for a key that the server manages.
    var asksForManagedKey: Bool {
        method != nil || keyID != nil || context != nil || bucketKey != nil
    }

    func requireTLS(_ isSecure: Bool) throws(S3Error) {
        guard isSecure || (customerKey.isAbsent && copySourceKey.isAbsent) else {
            throw S3Error(
                .invalidRequest,
                "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure"
                    + " connection.")
        }
    }

    func requestedEncryption() throws(S3Error) -> RequestedEncryption {
        guard customerKey.isAbsent || !(method != nil || keyID != nil || context != nil) else {
            throw S3Error(
                .invalidArgument,
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
            )
        }
        if let customer = try CustomerKeyHeaders(customerKey) { return .sseC(customer) }
        switch method {
        case "aws:kms":
            return .sseKMS(
                keyID: keyID.flatMap(bareKeyID), context: try contextPairs,
                bucketKey: bucketKey.map { $0.lowercased() == "true" })
        case "aws:kms:dsse":
            return .dsseKMS(keyID: keyID.flatMap(bareKeyID), context: try contextPairs)
        case let method where method == nil || method?.lowercased() == "aes256":
            guard keyID == nil, context == nil else {
                throw S3Error(
                    .invalidArgument,
                    "Server Side Encryption with AWS KMS managed key requires HTTP header"
                        + " x-amz-server-side-encryption : aws:kms",
                    details: [("ArgumentName", "x-amz-server-side-encryption")])
            }
            return method == nil ? .none : .sseS3
        case let other:
            throw S3Error(
                .invalidArgument, "The encryption method specified is not supported",
                details: [("ArgumentName", "x-amz-server-side-encryption"), ("ArgumentValue", other ?? "")])
        }
    }
}

extension SSEFields {
    /// Nil when no context was given.
    private var contextPairs: [String: String]? {
        get throws(S3Error) {
            guard let context, !context.isEmpty else { return nil }
            return try EncryptionContext.parse(base64: context)
        }
    }
}

/// A KMS key id without the prefix `arn:aws:kms:` that some clients put before it; nil when nothing is left.
package func bareKeyID(_ submitted: String) -> String? {
    let prefix = "arn:aws:kms:"
    let hasPrefix = submitted.utf8.starts(with: prefix.utf8)
    let name = hasPrefix ? String(Substring(submitted.utf8.dropFirst(prefix.utf8.count))) : submitted
    return name.isEmpty ? nil : name
}
