import Notation

/// What an administrator has asked to be done to many objects.
package struct BatchJob: Codable, Sendable {
    package enum Work: Codable, Sendable {
        case keyRotation(KeyRotationJob)
        case expiration(ExpirationJob)
    }

    /// `keyrotate-` or `expire-`, 22 characters, and `:-1`, as MinIO's clients know them.
    package let id: String
    /// Who has started it.
    package let user: String
    /// Milliseconds since 1970.
    package let started: Int64
    package let work: Work
    /// The job as it was sent, for who asks what it is.
    package let description: String
    /// Who is told of its end.
    package let notice: JobNotice?
    package internal(set) var progress: JobProgress

    package init(
        _ work: Work, id: String, user: String, started: Int64, description: String, notice: JobNotice? = nil
    ) {
        self.notice = notice
        self.work = work
        self.id = id
        self.user = user
        self.started = started
        self.description = description
        progress = JobProgress(updated: started)
    }

    /// By which clients know its kind.
    package var type: String {
        switch work {
        case .keyRotation: "keyrotate"
        case .expiration: "expire"
        }
    }

    /// Of the job as it was sent.
    var byteCount: Int { description.utf8.count }

    package var bucket: String {
        switch work {
        case .keyRotation(let job): job.bucket
        case .expiration(let job): job.bucket
        }
    }
}

/// How often an object that fails is tried, and how long is waited in between.
package struct JobRetry: Codable, Sendable {
    package var attempts: Int
    /// Milliseconds.
    package var delay: Int64

    package init(attempts: Int, delay: Int64) {
        self.attempts = attempts
        self.delay = delay
    }
}

/// How far a job has come.
package struct JobProgress: Codable, Sendable {
    package enum State: String, Codable, Sendable {
        case running, complete, failed
    }

    package internal(set) var state = State.running
    /// Milliseconds since 1970.
    package internal(set) var updated: Int64
    /// Objects that were changed, or removed, and those that could not be.
    package internal(set) var objects: Int64 = 0
    package internal(set) var objectsFailed: Int64 = 0
    package internal(set) var deleteMarkers: Int64 = 0
    package internal(set) var deleteMarkersFailed: Int64 = 0
    package internal(set) var lastObject = ""
    /// Why it has failed.
    package internal(set) var cause: String?
    /// Which of the job's prefixes is walked over, and the key and the order of the last version that is settled.
    var prefix = 0
    var afterKey: [UInt8]?
    var afterOrder: Int64 = 0
    /// Whether somebody is still to be told of the end.
    var noticeIsDue: Bool?

    package var hasEnded: Bool { state != .running }
}

/// Which objects a job is about: all that it says must hold, but of tags and of metadata one.
package struct JobFilter: Codable, Sendable {
    package struct Pair: Codable, Sendable {
        package let key: String
        /// May have `*` and `?`.
        package let value: String

        package init(key: String, value: String) {
            self.key = key
            self.value = value
        }
    }

    /// Milliseconds before the job's start.
    package var newerThan: Int64?
    package var olderThan: Int64?
    /// Milliseconds since 1970.
    package var createdAfter: Int64?
    package var createdBefore: Int64?
    package var tags: [Pair] = []
    package var metadata: [Pair] = []

    package init() {}

    /// - Parameters:
    ///   - modified: milliseconds since 1970.
    ///   - start: of the job.
    func fits(modified: Int64, start: Int64) -> Bool {
        if let newerThan, modified < start - newerThan { return false }
        if let olderThan, modified > start - olderThan { return false }
        if let createdAfter, modified <= createdAfter { return false }
        if let createdBefore, modified >= createdBefore { return false }
        return true
    }

    var asksForRecord: Bool { !tags.isEmpty || !metadata.isEmpty }

    func fits(tags present: [(key: String, value: String)], metadata meta: [(name: String, value: String)]) -> Bool {
        let hasTag =
            tags.isEmpty
            || tags.contains { wanted in
                present.contains { $0.key == wanted.key && GlobPattern(wanted.value).matches($0.value) }
            }
        let hasMetadata =
            metadata.isEmpty
            || metadata.contains { wanted in
                let name = wanted.key.lowercased()
                let bare = name.hasPrefix("x-amz-meta-") ? String(name.dropFirst("x-amz-meta-".count)) : name
                return meta.contains { $0.name == bare && GlobPattern(wanted.value).matches($0.value) }
            }
        return hasTag && hasMetadata
    }
}
