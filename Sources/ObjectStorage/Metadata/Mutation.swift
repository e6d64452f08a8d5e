/// A change to the catalogue, as a value: it can be made again in another transaction, and holds no code of its caller.
enum Mutation: Sendable {
    case put(NewVersion, Expectation)
    case replaceRecord(BucketID, key: String, VersionID, sealed: [UInt8], replacing: [UInt8], events: [NewEvent])
    case rekey(RekeyedVersion, annotations: [RekeyedVersion], under: DataKeyRow)
    case move(NewVersion, Expectation, from: MoveSource)
    case delete(BucketID, [Deletion])
    case putAnnotation(NewVersion, of: StoredVersion, mayReplace: Bool)
    case deleteAnnotation(key: String, of: StoredVersion)
    case createUpload(UploadRow, dataKey: DataKeyRow?)
    case putPart(PartRow, of: UploadID)
    case completeUpload(UploadCompletion, Expectation)
    case abortUpload(UploadID)
    case createBucket(BucketRow)
    case updateBucket(BucketRow, replacing: [UInt8])
    case deleteBucket(BucketID, isDamaged: Bool)
    case setSetting(name: String, value: [UInt8], replacing: [UInt8]?)
    case changeAccounts([AccountChange])
    case insertDataKey(DataKeyRow)
    case replaceDataKey(DataKeyRow, replacing: [UInt8])
    case retireDataKeys([DataKeyID], now: Int64)
    /// What targets are to be told of what is no change.
    case queueEvents([NewEvent])
    case openHistory(HistoryOpening)
    /// The last commit is to be anchored; that of the former mark is.
    case markHistory(confirming: HistoryPoint?)
    case maintain(Maintenance)

    /// Whether it needs room, or gives some back and must therefore work on a full device.
    var kind: MutationKind {
        switch self {
        case .put, .putAnnotation, .replaceRecord, .rekey, .move, .createUpload, .putPart, .completeUpload,
            .createBucket,
            .updateBucket, .setSetting, .queueEvents, .insertDataKey, .replaceDataKey, .openHistory,
            .maintain(.reserveBlobs),
            .maintain(.moveFileList):
            .grows
        case .delete, .deleteAnnotation, .abortUpload, .deleteBucket, .retireDataKeys, .maintain(.forgetGarbage),
            .maintain(.sweep), .maintain(.sweepParts), .maintain(.forgetDeadUploads),
            .maintain(.removeDataKeys), .maintain(.mendDataKeyCounts), .maintain(.sweepCompletions),
            .maintain(.countVersions), .maintain(.sumVersions), .markHistory,
            .maintain(.forgetEvents):
            .shrinks
        case .changeAccounts(let changes): changes.allSatisfy(\.removes) ? .shrinks : .grows
        }
    }
}

enum MutationKind: Sendable {
    case grows
    case shrinks
}

/// What the store itself changes in the background, in steps of bounded length.
enum Maintenance: Sendable {
    /// Nothing but what every batch does: it reserves numbers for further blobs.
    case reserveBlobs
    /// The files of these rows are gone, or other rows refer to them.
    case forgetGarbage([Int64])
    /// Goes on with removing what this row stands for.
    case sweep(Remains, row: Int64, limit: Int64)
    /// Goes on with moving the files of a version of a former release to where other versions have theirs.
    case moveFileList(of: VersionColumns, limit: Int64)
    /// Goes on with removing the parts of an upload that has ended and that no version owns.
    case sweepParts(ofUpload: Int64, limit: Int64)
    /// These rows of `dead_uploads` are settled: versions still own their uploads.
    case forgetDeadUploads([Int64])
    /// These data keys go, which no row names, unless they have come to be used since that was looked up.
    case removeDataKeys([DataKeyID])
    /// These data keys are counted as unused, but so many rows name them.
    case mendDataKeyCounts([DataKeyID: Int64])
    case sweepCompletions(before: Int64, limit: Int64)
    /// These events have been told.
    case forgetEvents([Int64])
    /// Goes on with counting what the buckets of a former release's drive have.
    case countVersions(limit: Int64)
    /// Goes on with summing the versions of a drive that had no sums.
    case sumVersions(limit: Int64)
}

/// What makes an upload a version: its parts in their order, the version with its sealed record, and the receipt by
/// which the same request is answered again.
struct UploadCompletion: Sendable {
    let upload: UploadID
    let parts: PartSelection
    let version: NewVersion
    let manifest: [UInt8]
    let receipt: [UInt8]
    /// Milliseconds since 1970.
    let completed: Int64
}

/// How a mutation went that was not refused.
enum MutationResult: Sendable {
    case done
    case put(PutOutcome)
    case deletions([DeletionOutcome])
    case swap(SwapOutcome)
    case annotation(AnnotationOutcome)
    case bucket(BucketUpdateOutcome)
    case move(MoveOutcome)
    /// What differs of an opened history.
    case history([PartFault])
    /// The commit to be anchored; nil while no history is open.
    case mark(HistoryPoint?)
    /// What the mutation is about was there; of a sweep, that more is left.
    case found(Bool)
}

/// A change that waits for the committer.
///
/// Unchecked: handed from the caller to the committer's thread, which alone uses it.
final class PendingMutation: @unchecked Sendable {
    let mutation: Mutation
    private let completion: @Sendable (Result<MutationResult, StorageError>) -> Void
    private var result: Result<MutationResult, StorageError> = .failure(.closed)

    init(_ mutation: Mutation, completion: @escaping @Sendable (Result<MutationResult, StorageError>) -> Void) {
        self.mutation = mutation
        self.completion = completion
    }

    var kind: MutationKind { mutation.kind }

    func succeed(_ result: MutationResult) {
        self.result = .success(result)
    }

    func fail(_ error: StorageError) {
        result = .failure(error)
    }

    /// Tells the caller how it went, after the commit.
    func answer() {
        completion(result)
    }
}
