import AccessPolicy
import KeyManagement
import SealedStorage

/// Moves every data key of the drive under the newest version of a key, telling the progress line by line.
///
/// Coffer's own: `coffer keys rewrap --to NAME`. It ends when its client goes away, and goes on from there when asked
/// again. The last line is the outcome, with what stayed behind and why, or the failure that ended it.
enum RewrapDataKeys: AdminOperation {
    static let routes = ["POST /minio/kms/v1/coffer/rewrap"]

    static let required = ["to"]

    static func demands(_ request: AdminRequest) -> AdminDemands {
        .all(Demand(.rewrapDataKeys, on: .service))
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let target = try KeyID(request.required("to"))
        guard try await context.drive.keys.service.hasKey(target) else {
            throw KeyServiceError.keyNotFound(target.name)
        }
        try await reply.startLines()
        do {
            let outcome = try await DataKeyRewrap(context.drive.keys, to: target).run { progress in
                try await reply.sendLine(
                    Progress(examined: progress.examined, total: progress.total, moved: progress.moved))
            }
            try await reply.sendLine(Outcome(outcome))
        } catch let error as KeyServiceError {
            try await reply.sendLine(["error": "\(error)"])
        }
        await reply.finish()
    }

    private struct Progress: Encodable {
        let examined: Int
        let total: Int
        let moved: Int
    }

    private struct Outcome: Encodable {
        let moved: Int
        let left: [KeyCount]
        let failed: Int
        let causes: [Cause]
        /// The first of those that failed.
        let failures: [Failure]

        init(_ outcome: DataKeyRewrap.Outcome) {
            moved = outcome.moved
            left = outcome.left.map(KeyCount.init)
            failed = outcome.failures.count
            causes = outcome.failures.causes.sorted { $0.value > $1.value }
                .map { Cause(cause: $0.key, count: $0.value) }
            failures = outcome.failures.named.map { Failure(what: $0.what, cause: $0.cause) }
        }
    }

    private struct Cause: Encodable {
        let cause: String
        let count: Int
    }

    private struct Failure: Encodable {
        let what: String
        let cause: String
    }
}
