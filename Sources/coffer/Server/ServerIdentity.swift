import SealedStorage
import Threading

/// The identifier of this server's drive, as MinIO's clients and log receivers want to be told it.
final class ServerIdentity: Sendable {
    private let drive: SealedDrive
    private let state = ShortLock("")

    init(_ drive: SealedDrive) { self.drive = drive }

    /// Empty until it was asked for once.
    var known: String { state.withLock { $0 } }

    /// Zeros as long as the key service has not opened the drive.
    var value: @Sendable () async -> String {
        { [self] in
            if !known.isEmpty { return known }
            guard let id = try? await drive.records.deploymentID() else {
                return "00000000-0000-0000-0000-000000000000"
            }
            state.withLock { $0 = id }
            return id
        }
    }
}
