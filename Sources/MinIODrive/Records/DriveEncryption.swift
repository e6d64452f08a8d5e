import Cryptography
import JSON
package import KeyManagement

/// How a version is encrypted, and the sealed key of its data.
package struct DriveEncryption: Sendable {
    package enum Kind: Hashable, Sendable {
        case sseC, sseS3, sseKMS

        /// What its keys are derived with.
        var domain: String {
            switch self {
            case .sseC: "SSE-C"
            case .sseS3: "SSE-S3"
            case .sseKMS: "SSE-KMS"
            }
        }
    }

    package let kind: Kind
    let initializationVector: [UInt8]
    let sealedKey: [UInt8]
    /// The name of the key service's key; nil for a customer's.
    package let kmsKey: String?
    /// The data key as the key service wrapped it.
    let wrappedDataKey: [UInt8]
    /// What the client had bound to it.
    package let context: KMSContext?

    private static let prefix = "x-minio-internal-server-side-encryption-"
    private static let algorithm = "DAREv2-HMAC-SHA256"

    /// - Parameter entries: names in lower case.
    /// - Returns: nil when nothing says that it is encrypted.
    init?(_ entries: [String: [UInt8]]) throws(DriveFault) {
        guard entries.keys.contains(where: { $0.hasPrefix(Self.prefix) }) else { return nil }
        func text(_ name: String) -> String? {
            entries[Self.prefix + name].map { String(decoding: $0, as: UTF8.self) }
        }
        func bytes(_ name: String, count: Int? = nil) throws(DriveFault) -> [UInt8] {
            guard let text = text(name), let bytes = Base64.decode(text), count.map({ $0 == bytes.count }) ?? true
            else { throw .damaged("how the object is encrypted (\(name))") }
            return bytes
        }
        guard text("seal-algorithm") == Self.algorithm else {
            throw .unsupported("keys sealed by \(text("seal-algorithm") ?? "an unknown algorithm")")
        }
        let name: String
        if text("kms-sealed-key") != nil {
            (kind, name) = (.sseKMS, "kms-sealed-key")
        } else if text("s3-sealed-key") != nil {
            (kind, name) = (.sseS3, "s3-sealed-key")
        } else if text("sealed-key") != nil {
            (kind, name) = (.sseC, "sealed-key")
        } else {
            throw .damaged("how the object is encrypted (no key)")
        }
        sealedKey = try bytes(name, count: 64)
        initializationVector = try bytes("iv", count: 32)
        switch kind {
        case .sseC:
            kmsKey = nil
            wrappedDataKey = []
            context = nil
        case .sseS3, .sseKMS:
            guard let key = text("s3-kms-key-id"), !key.isEmpty else {
                throw .unsupported("a data key that no key service has wrapped")
            }
            kmsKey = key
            wrappedDataKey = try bytes("s3-kms-sealed-key")
            guard text("context") != nil else {
                context = nil
                return
            }
            guard let context = KMSContext(json: try bytes("context")) else {
                throw .damaged("the encryption context")
            }
            self.context = context
        }
    }
}

extension KMSContext {
    /// A flat object of texts.
    fileprivate init?(json: [UInt8]) {
        guard case .object(let members)? = JSONValue(json) else { return nil }
        var pairs: [String: String] = [:]
        for (name, value) in members {
            guard let text = value.string else { return nil }
            pairs[name] = text
        }
        self.init(pairs)
    }
}
