import AccessPolicy
import Cryptography
import KeyManagement
import S3Protocol
import SealedStorage

/// Takes in a master key that was made elsewhere: its 32 bytes in base64 are the body.
///
/// The key service must let this server import keys; a KES server does by its policy.
enum ImportKey: AdminOperation {
    static let routes = ["POST /minio/kms/v1/key/import"]

    static let required = ["key-id"]

    static let body = AdminBody.plain(limit: 1024)

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.importKey, on: .key(request.nonEmpty("key-id"))))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        guard var bytes = Base64.decode(try request.text) else { throw malformed }
        defer { wipe(&bytes) }
        guard let key = SecretKey(bytes) else { throw malformed }
        let name = try KeyID(request.required("key-id"))
        do throws(KeyServiceError) {
            try await context.drive.keys.service.importKey(name, key)
        } catch {
            guard case .notSupported(let reason) = error else { throw error }
            throw S3Error(.kmsNotSupported, "The key service takes no key: \(reason).")
        }
        await reply.sendNothing()
    }

    private static let malformed = S3Error(.invalidRequest, "The body is not a key of 32 bytes in base64.")
}
