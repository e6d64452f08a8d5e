import Encryption
import KeyManagement
import Notation
import ObjectStorage
import S3Protocol
import SealedStorage
import Threading

/// Moves objects' keys under another key of the key service, without reading a byte of them.
package struct KeyRotationJob: Codable, Sendable {
    package enum Encryption: Codable, Sendable {
        case sseS3
        /// - Parameter key: nil for the default key.
        case sseKMS(key: String?, context: [String: String]?)
    }

    package var bucket: String
    package var prefix: String
    package var encryption: Encryption
    package var filter: JobFilter
    /// Of the key that objects are under now; may have `*` and `?`.
    package var presentKey: String?
    package var retry: JobRetry

    package init(
        bucket: String, prefix: String, encryption: Encryption, filter: JobFilter, presentKey: String?, retry: JobRetry
    ) {
        self.retry = retry
        self.bucket = bucket
        self.prefix = prefix
        self.encryption = encryption
        self.filter = filter
        self.presentKey = presentKey
    }
}

extension JobWalk {
    func rotate(
        _ candidates: [JobCandidate], _ rotation: KeyRotationJob, _ bucket: Bucket, _ progress: inout JobProgress,
        report: (JobProgress) async throws -> Void
    ) async throws {
        let decision: EncryptionDecision =
            switch rotation.encryption {
            case .sseS3: .sseS3
            case .sseKMS(let key, let context):
                .sseKMS(
                    key: try key.map { (name) throws(KeyServiceError) in try KeyID(name) }
                        ?? drive.keys.service.defaultKey,
                    clientContext: context.map { KMSContext($0) }, bucketKey: false)
            }
        for candidate in candidates where !candidate.isMarker {
            guard rotation.filter.fits(modified: candidate.modified, start: job.started) else { continue }
            guard let key = candidate.name else {
                progress.objectsFailed += 1
                continue
            }
            do {
                let isDone = try await pace.current.work {
                    try await rotate(key, candidate, rotation, bucket, as: decision)
                }
                if isDone { progress.objects += 1 }
            } catch SealedStorageError.noSuchKey, SealedStorageError.noSuchVersion {
                // It was removed meanwhile.
            } catch let error as CancellationError {
                throw error
            } catch {
                progress.objectsFailed += 1
                if progress.cause == nil { progress.cause = "\(key.rawValue): \(error)" }
            }
            progress.lastObject = key.rawValue
            try await rest(rests().keyRotation)
            try await report(progress)
        }
    }

    /// False for what the job is not about.
    private func rotate(
        _ key: ObjectName, _ candidate: JobCandidate, _ rotation: KeyRotationJob, _ bucket: Bucket,
        as decision: EncryptionDecision
    ) async throws -> Bool {
        let selector: VersionSelector = candidate.isNull ? .null : .id(candidate.version)
        var attempt = 1
        while true {
            do {
                let object = try drive.objects.requireWithBody(bucket, key: key, version: selector)
                guard object.record.encryption.scheme != .sseC else { return false }
                let attributes = object.record.attributes
                guard rotation.filter.fits(tags: attributes.tags, metadata: attributes.metadata) else { return false }
                if let pattern = rotation.presentKey {
                    guard let name = object.keyName, GlobPattern(pattern).matches(name) else { return false }
                }
                try await drive.objects.rekey(key, in: bucket, version: selector, as: decision)
                return true
            } catch KeyServiceError.unavailable {
                // What is away comes back, and is waited for.
                try await Task.sleep(for: Self.patience)
                guard !isCancelled() else { throw CancellationError() }
            } catch let error as StorageError {
                // Somebody was faster, or there was too much to do; what else fails, fails again.
                guard case .overloaded = error, attempt < rotation.retry.attempts else { throw error }
                attempt += 1
                try await Task.sleep(for: .milliseconds(rotation.retry.delay))
            }
        }
    }
}
