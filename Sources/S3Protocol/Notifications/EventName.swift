/// What happens to objects and buckets, by the names of S3's and MinIO's notifications.
package enum EventName: String, Hashable, Sendable, CaseIterable {
    case accessedGet = "s3:ObjectAccessed:Get"
    case accessedHead = "s3:ObjectAccessed:Head"
    case accessedAttributes = "s3:ObjectAccessed:Attributes"
    case accessedRetention = "s3:ObjectAccessed:GetRetention"
    case accessedLegalHold = "s3:ObjectAccessed:GetLegalHold"
    case createdPut = "s3:ObjectCreated:Put"
    case createdPost = "s3:ObjectCreated:Post"
    case createdCopy = "s3:ObjectCreated:Copy"
    case createdMultipart = "s3:ObjectCreated:CompleteMultipartUpload"
    case createdRetention = "s3:ObjectCreated:PutRetention"
    case createdLegalHold = "s3:ObjectCreated:PutLegalHold"
    case createdTagging = "s3:ObjectCreated:PutTagging"
    case deletedTagging = "s3:ObjectCreated:DeleteTagging"
    case removedDelete = "s3:ObjectRemoved:Delete"
    case removedMarkerCreated = "s3:ObjectRemoved:DeleteMarkerCreated"
    case bucketCreated = "s3:BucketCreated:*"
    case bucketRemoved = "s3:BucketRemoved:*"
    /// MinIO's: a lifecycle rule has removed a delete marker that nothing was behind.
    case expiredMarker = "s3:LifecycleDelMarkerExpiration:Delete"

    // What is known and does not happen here, or not yet: rules with these are kept, and tell nothing.
    case removedNothing = "s3:ObjectRemoved:NoOP"
    case removedAllVersions = "s3:ObjectRemoved:DeleteAllVersions"
    case replicationComplete = "s3:Replication:OperationCompletedReplication"
    case replicationFailed = "s3:Replication:OperationFailedReplication"
    case replicationMissed = "s3:Replication:OperationMissedThreshold"
    case replicationLate = "s3:Replication:OperationReplicatedAfterThreshold"
    case replicationUntracked = "s3:Replication:OperationNotTracked"
    case restorePost = "s3:ObjectRestore:Post"
    case restoreCompleted = "s3:ObjectRestore:Completed"
    case transitionFailed = "s3:ObjectTransition:Failed"
    case transitionComplete = "s3:ObjectTransition:Complete"
    case scannerManyVersions = "s3:Scanner:ManyVersions"
    case scannerLargeVersions = "s3:Scanner:LargeVersions"
    case scannerBigPrefix = "s3:Scanner:BigPrefix"

    /// Whether the object has come, or changed, so that the event says what it is now.
    var describesObject: Bool {
        switch self {
        case .removedDelete, .removedMarkerCreated, .removedNothing, .removedAllVersions, .expiredMarker,
            .bucketCreated, .bucketRemoved:
            false
        default: true
        }
    }
}

/// An event, or a family of them with `*` for the last word, as rules and listeners name them.
package struct EventPattern: Hashable, Sendable {
    package let text: String
    let names: Set<EventName>

    /// - Throws: `invalidArgument` for what is no event's name, nor a family's.
    package init(_ text: String) throws(S3Error) {
        let names: [EventName] =
            if text.hasSuffix(":*") {
                EventName.allCases.filter { $0.rawValue.utf8.starts(with: text.utf8.dropLast()) }
            } else {
                EventName(rawValue: text).map { [$0] } ?? []
            }
        guard !names.isEmpty, text != "s3:*" else {
            throw S3Error(
                .invalidArgument, "A specified event is not supported for notifications.",
                details: [("ArgumentName", "Event"), ("ArgumentValue", text)])
        }
        self.text = text
        self.names = Set(names)
    }

    package func matches(_ name: EventName) -> Bool { names.contains(name) }
}

/// Which keys a rule or a listener is about: those that begin and end so; to the byte.
package struct KeyFilter: Hashable, Sendable {
    package var prefix: String
    package var suffix: String

    package init(prefix: String = "", suffix: String = "") {
        self.prefix = prefix
        self.suffix = suffix
    }

    package func matches(_ key: String) -> Bool {
        key.utf8.starts(with: prefix.utf8) && key.utf8.reversed().starts(with: suffix.utf8.reversed())
    }
}
