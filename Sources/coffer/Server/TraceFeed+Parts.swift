import KeyManagement
import Maintenance
import ObjectStorage
import Requests

/// What of the server's own work is traced.
extension TraceFeed {
    /// Calls of the key service, by MinIO's names.
    func watch(_ calls: KeyServiceCounts) {
        calls.watch { [self] call, key, nanoseconds, error in
            publish(
                TraceEvent(
                    .kms, "kms.\(call.traceName)", path: key, duration: Int64(nanoseconds),
                    error: error.map { "\($0)" } ?? ""))
        }
    }

    /// Commits, syncs and checkpoints.
    ///
    /// - Parameter drive: its directory.
    func watch(_ figures: StoreFigures, drive: String) {
        figures.watch { [self] operation, nanoseconds, error in
            publish(
                TraceEvent(
                    .storage, "storage.\(operation.traceName)", path: drive, duration: Int64(nanoseconds),
                    error: error.map { "\($0)" } ?? ""))
        }
    }

    var lifecycleWatcher: Lifecycle.Watcher {
        { [self] bucket, duration, error in
            publish(
                TraceEvent(
                    .scanner, "scanner.Lifecycle", path: bucket, duration: Int64(duration / .nanoseconds(1)),
                    error: error.map { "\($0)" } ?? ""))
        }
    }
}

extension KeyServiceCounts.Call {
    fileprivate var traceName: String {
        switch self {
        case .generate: "GenerateKey"
        case .decrypt: "DecryptKey"
        case .wrap: "EncryptKey"
        case .create: "CreateKey"
        case .describe: "DescribeKey"
        case .list: "ListKeys"
        }
    }
}

extension StoreFigures.Operation {
    fileprivate var traceName: String {
        switch self {
        case .commit: "Commit"
        case .logSync: "SyncLog"
        case .blobSync: "SyncBlob"
        case .checkpoint: "Checkpoint"
        }
    }
}
