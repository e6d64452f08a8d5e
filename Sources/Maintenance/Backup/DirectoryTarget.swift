import ObjectStorage

/// Backups in a directory.
package final class DirectoryTarget: BackupTarget {
    private let root: String
    package let workspace: String
    /// Held while backups are taken: who removes blobs must not meet who counts on them.
    private let lock: Int32?

    /// To be written by this process alone.
    ///
    /// - Throws: ``BackupFailure`` when it cannot be made, or another process writes it.
    package init(writing path: String) throws {
        root = path
        workspace = "\(path)/unfinished"
        try Files.makeDirectory(root)
        lock = try Files.lock("\(path)/lock")
        try Files.makeDirectory(workspace)
        // What a backup that was ended has left on its way.
        for name in try Files.entries(workspace) { Files.remove("\(workspace)/\(name)") }
    }

    /// To be read alone.
    ///
    /// - Parameter workspace: a directory for files on their way.
    /// - Throws: ``BackupFailure`` when there are no backups.
    package init(reading path: String, workspace: String) throws {
        guard Files.exists("\(path)/\(BackupHome.name)") else { throw BackupFailure("\(path) has no backups") }
        root = path
        self.workspace = workspace
        lock = nil
    }

    deinit { if let lock { Files.unlock(lock) } }

    package func names(in folder: String) async throws -> [String: Int64] {
        let directory = "\(root)/\(folder)"
        var names: [String: Int64] = [:]
        for name in try Files.entries(directory) {
            if let length = Files.length("\(directory)/\(name)") { names[name] = length }
        }
        return names
    }

    package func folders(in folder: String) async throws -> [String] {
        try Files.entries("\(root)/\(folder)").filter { Files.isDirectory("\(root)/\(folder)/\($0)") }
    }

    package func keep(_ path: String, as name: String) async throws {
        try Files.makeDirectories(above: "\(root)/\(name)", below: root)
        try Files.rename(path, to: "\(root)/\(name)")
    }

    package func fetch(_ name: String, to path: String) async throws -> Bool {
        guard Files.exists("\(root)/\(name)") else { return false }
        _ = try Files.copy("\(root)/\(name)", to: path)
        return true
    }

    package func remove(_ names: [String]) async throws {
        for name in names {
            try Files.unlink("\(root)/\(name)")
            Files.removeIfEmpty(directoryOf: "\(root)/\(name)")
        }
    }

    package func close() { Files.removeIfEmpty(directoryOf: "\(workspace)/document") }

    package func settle() async throws { try syncFileSystem(of: root) }
}
