import Cryptography
import Requests
import S3Protocol
import Synchronization
import Threading

/// Makes the keys of encrypted bodies, each of which takes 64 MiB and some hundredths of a second: two at a time in the
/// whole process, while others wait.
///
/// To be asked only for requests whose signature and rights have been checked.
final class BodyKeys: Sendable {
    static let shared = BodyKeys()

    private static let workers = 2
    /// Requests that may wait for a key, of all callers and of one.
    private static let mostWaiting = 64
    private static let mostWaitingOfOne = 16

    private final class Job: Sendable {
        let caller: String
        let work: @Sendable () -> SecretKey?
        let answer = PendingAnswer<SecretKey?>()
        let isCancelled = Atomic(false)

        init(caller: String, work: @escaping @Sendable () -> SecretKey?) {
            self.caller = caller
            self.work = work
        }
    }

    private struct Queue {
        var jobs = FIFOQueue<Job>()
        var waiting: [String: Int] = [:]
        var threads = 0
    }

    private let queue = Monitor(Queue())
    private let answerKeys = ShortLock<[String: AnswerKey]>([:])

    /// Opens the body of a request.
    ///
    /// - Parameter secret: what the request was signed with.
    /// - Throws: `XMinioAdminConfigBadJSON` when it does not open, `SlowDown` when too many wait.
    func open(_ body: [UInt8], _ secret: SecretString, of caller: String) async throws(S3Error) -> [UInt8] {
        let malformed = S3Error(
            .xMinioAdminConfigBadJSON,
            "The request's body does not open with the secret key that the request was signed with.")
        guard let header = try? EncryptedBody.Header(body) else { throw malformed }
        let key = try await key(header.method, salt: header.salt, secret, of: caller)
        guard let plaintext = try? EncryptedBody.open(body, header, key: key) else { throw malformed }
        return plaintext
    }

    /// The key and the salt for an answer: one of the last hour where there is one, for its nonce is drawn for each answer.
    func answerKey(_ secret: SecretString, of caller: String) async throws(S3Error) -> (key: SecretKey, salt: [UInt8]) {
        if let known = answerKeys.withLock({ Self.take(&$0, caller, secret) }) { return known }
        let salt = SecureRandom.bytes(EncryptedBody.saltByteCount)
        let key = try await key(.argon2idWithAES, salt: salt, secret, of: caller)
        let made = AnswerKey(secret: secret, key: key, salt: salt, end: Clock.monotonicNanoseconds() + Self.lifetime)
        answerKeys.withLock { keys in
            if keys.count >= Self.mostAnswerKeys, keys[caller] == nil,
                let oldest = keys.min(by: { $0.value.end < $1.value.end })?.key
            {
                keys[oldest] = nil
            }
            keys[caller] = made
        }
        return (key, salt)
    }

    // MARK: Keys of answers

    private struct AnswerKey {
        let secret: SecretString
        let key: SecretKey
        let salt: [UInt8]
        /// By the monotonic clock, in nanoseconds.
        let end: Int64
        /// Answers that may still be sealed: 64 random bits of a nonce do not repeat among so few.
        var left = 1 << 16
    }

    private static let lifetime: Int64 = 3_600_000_000_000
    private static let mostAnswerKeys = 64

    private static func take(
        _ keys: inout [String: AnswerKey], _ caller: String, _ secret: SecretString
    ) -> (key: SecretKey, salt: [UInt8])? {
        guard var known = keys[caller] else { return nil }
        guard known.left > 0, known.end > Clock.monotonicNanoseconds(), known.secret.isEqual(to: secret) else {
            keys[caller] = nil
            return nil
        }
        known.left -= 1
        keys[caller] = known
        return (known.key, known.salt)
    }

    // MARK: The queue

    private func key(
        _ method: EncryptedBody.Method, salt: [UInt8], _ secret: SecretString, of caller: String
    ) async throws(S3Error) -> SecretKey {
        let job = Job(caller: caller) { secret.withUnsafeBytes { method.key(from: $0, salt: salt) } }
        guard queue.signal({ queue in Self.enqueue(job, &queue) }) else {
            throw S3Error(.slowDown, headers: [("retry-after", "1")])
        }
        startWorker()
        let key = await job.answer.wait(cancelled: nil) { job.isCancelled.store(true, ordering: .relaxed) }
        guard let key else { throw S3Error(.slowDown, headers: [("retry-after", "1")]) }
        return key
    }

    private static func enqueue(_ job: Job, _ queue: inout Queue) -> Bool {
        guard queue.jobs.count < mostWaiting, queue.waiting[job.caller, default: 0] < mostWaitingOfOne else {
            return false
        }
        queue.jobs.append(job)
        queue.waiting[job.caller, default: 0] += 1
        return true
    }

    /// Threads are made with the first jobs, and stay.
    private func startWorker() {
        let isWanted = queue.withLock { queue in
            guard queue.threads < Self.workers else { return false }
            queue.threads += 1
            return true
        }
        guard isWanted else { return }
        let thread = try? SystemThread(name: "coffer-bodykeys") { [queue] in
            while true {
                let job = queue.wait { queue in Self.dequeue(&queue) }
                job.answer.give(job.isCancelled.load(ordering: .relaxed) ? nil : job.work())
            }
        }
        guard thread == nil else { return }
        let abandoned = queue.withLock { queue -> [Job] in
            queue.threads -= 1
            guard queue.threads == 0 else { return [] }
            var jobs: [Job] = []
            while let job = Self.dequeue(&queue) { jobs.append(job) }
            return jobs
        }
        for job in abandoned { job.answer.give(nil) }
    }

    private static func dequeue(_ queue: inout Queue) -> Job? {
        guard let job = queue.jobs.popFirst() else { return nil }
        let left = queue.waiting[job.caller, default: 1] - 1
        queue.waiting[job.caller] = left > 0 ? left : nil
        return job
    }
}
