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

    /// - Parameter isLocked: whether its versions can be kept from being removed; it has versions then.
    package func makeBucket(_ name: String, isLocked: Bool = false) async throws(S3ClientError) {
        let lock = isLocked ? [("x-amz-bucket-object-lock-enabled", "true")] : []
        _ = try await send(Call(method: .put, address: ObjectAddress(bucket: name), headers: lock))
    }

    package func hasBucket(_ name: String) async throws(S3ClientError) -> Bool {
        do {
            _ = try await send(Call(method: .head, address: ObjectAddress(bucket: name)))
            return true
        } catch {
            guard error.isNotFound else { throw error }
            return false
        }
    }

    /// Whether a bucket keeps versions; false too where the server knows of none.
    package func keepsVersions(_ bucket: String) async throws(S3ClientError) -> Bool {
        let call = Call(method: .get, address: ObjectAddress(bucket: bucket), query: [("versioning", "")])
        do {
            // Not every server names the document as S3 does.
            let answer = String(decoding: try await send(call).body, as: UTF8.self)
            return answer.contains("<Status>Enabled</Status>")
        } catch {
            guard case .refused(let status, _, _) = error, status == 501 || status == 400 else { throw error }
            return false
        }
    }

    package func keepVersions(_ bucket: String) async throws(S3ClientError) {
        let body = Array("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>".utf8)
        _ = try await send(
            Call(
                method: .put, address: ObjectAddress(bucket: bucket), query: [("versioning", "")],
                headers: [("content-md5", Base64.encode(Digest.hash(.md5, body)))], body: body))
    }

    /// Whether versions of a bucket can be locked; false too where the server knows of no locks.
    package func locksVersions(_ bucket: String) async throws(S3ClientError) -> Bool {
        let call = Call(method: .get, address: ObjectAddress(bucket: bucket), query: [("object-lock", "")])
        do {
            let answer = try document(try await send(call), "ObjectLockConfiguration")
            return (try? answer.optionalText("ObjectLockEnabled")) == "Enabled"
        } catch {
            guard case .refused(let status, _, _) = error, [400, 404, 501].contains(status) else { throw error }
            return false
        }
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
