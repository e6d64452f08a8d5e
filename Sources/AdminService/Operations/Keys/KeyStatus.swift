import AccessPolicy
import Cryptography
import KeyManagement
import S3Protocol
import SealedStorage

/// Whether a key makes data keys and opens them again: `mc admin kms key status [NAME]`.
///
/// What is wrong with the key is the answer's content, so its status is 200 all the same.
enum KeyStatus: AdminOperation {
    static let routes = ["GET /minio/kms/v1/key/status", "GET /minio/admin/v3/kms/key/status"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        request.isOfOldAddress
            ? .action(.keyStatusByAdministration) : .all(Demand(.keyStatus, on: .key(request.nonEmpty("key-id"))))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let keys = context.drive.keys.service
        let context = KMSContext(["MinIO admin API": "KMSKeyStatusHandler"])
        var status = Status(key: request.value("key-id") ?? "")
        do {
            let key = try request.key("key-id", else: keys.defaultKey)
            status.key = key.name
            let generated = try await keys.generateDataKey(under: key, context: context)
            do {
                let opened = try await keys.decryptDataKey(generated.wrapped, under: key, context: context)
                let isSame = opened.withUnsafeBytes { one in
                    generated.plaintext.withUnsafeBytes { other in one.elementsEqual(other) }
                }
                if !isSame { status.decryptionError = "the data key that was opened is not the one that was made" }
            } catch {
                status.decryptionError = "\(error)"
            }
        } catch {
            status.encryptionError = "\(error)"
        }
        try await reply.send(status)
    }

    private struct Status: Encodable {
        var key: String
        var encryptionError: String?
        var decryptionError: String?

        enum CodingKeys: String, CodingKey {
            case key = "key-id"
            case encryptionError = "encryption-error"
            case decryptionError = "decryption-error"
        }
    }
}
