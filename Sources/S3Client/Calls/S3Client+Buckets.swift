import Cryptography
import HTTPClient
import Notation
package import S3Protocol

extension S3Client {
    package struct ListedBucket: Sendable {
        package let name: String
        /// As the server writes it: `2006-01-02T15:04:05.000Z`.
        package let created: String
    }

    /// The buckets that the caller may see, by name.
    package func buckets() async throws(S3ClientError) -> [ListedBucket] {
        let answer = try document(try await send(Call(method: .get)), "ListAllMyBucketsResult")
        var buckets: [ListedBucket] = []
        for bucket in answer.all("Buckets").flatMap({ $0.all("Bucket") }) {
            buckets.append(ListedBucket(name: try bucket.text("Name"), created: try bucket.text("CreationDate")))
        }
        return buckets
    }

    package func makeBucket(_ name: String) async throws(S3ClientError) {
        _ = try await send(Call(method: .put, address: ObjectAddress(bucket: name)))
    }

    package func removeBucket(_ name: String) async throws(S3ClientError) {
        _ = try await send(Call(method: .delete, address: ObjectAddress(bucket: name)))
    }

    /// How a bucket encrypts what comes without a word about it.
    ///
    /// - Returns: `nil` where the server decides.
    package func encryption(of bucket: String) async throws(S3ClientError) -> ServerSideEncryptionConfiguration? {
        let answer: HTTPClientResponse
        do {
            answer = try await send(
                Call(method: .get, address: ObjectAddress(bucket: bucket), query: [("encryption", "")]))
        } catch {
            guard case .refused(_, "ServerSideEncryptionConfigurationNotFoundError", _) = error else { throw error }
            return nil
        }
        do {
            return try ServerSideEncryptionConfiguration.parse(answer.body)
        } catch {
            throw .unreadable("an answer that is no ServerSideEncryptionConfiguration")
        }
    }

    package func setEncryption(
        _ encryption: ServerSideEncryptionConfiguration, of bucket: String
    ) async throws(S3ClientError) {
        let body = encryption.xml()
        _ = try await send(
            Call(
                method: .put, address: ObjectAddress(bucket: bucket), query: [("encryption", "")],
                headers: [("content-md5", Base64.encode(Digest.hash(.md5, body)))], body: body))
    }

    package func removeEncryption(of bucket: String) async throws(S3ClientError) {
        _ = try await send(Call(method: .delete, address: ObjectAddress(bucket: bucket), query: [("encryption", "")]))
    }
}
