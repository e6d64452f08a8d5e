/// What a backup's directory is of: every backup in it is one of the same drive.
package struct BackupHome: Codable, Sendable {
    package static let name = "coffer-backup.json"
    static let supportedFormat = 1

    let format: Int
    /// The drive's identifier, 32 hexadecimal digits; those that are restored from its backups have it too.
    let drive: String

    init(drive: String) {
        format = Self.supportedFormat
        self.drive = drive
    }
}

/// One backup: the drive as it was at one moment.
package struct BackupManifest: Codable, Hashable, Sendable {
    /// By the time of its catalogue, such as `20261130T183800Z`.
    package let name: String
    /// When its catalogue was copied: milliseconds since 1970.
    package let created: Int64
    /// The format of the drive.
    package let driveFormat: Int
    package let catalogueBytes: Int64
    /// CRC64NVME of the catalogue's copy, as base64.
    package let catalogueChecksum: String
    /// Files that its rows refer to, and their bytes.
    package var blobs: Int64
    package var bytes: Int64
    /// Files that its rows refer to and that the drive did not have.
    package var missing: [String]

    /// In a folder of its own; the manifest is written last: without it there is no backup.
    static func folder(_ name: String) -> String { "snapshots/\(name)" }
    var catalogueName: String { "\(Self.folder(name))/catalogue.db" }
    static func manifestName(_ name: String) -> String { "\(folder(name))/manifest.json" }
}

/// Why a backup, or a restoring, cannot be done.
package struct BackupFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
