/// Where backups are kept: names with slashes, and the bytes that each has.
package protocol BackupTarget: Sendable {
    /// A directory for files on their way; nobody else uses it.
    var workspace: String { get }

    /// The names below a folder, without it, with their lengths; none when there is no such folder.
    func names(in folder: String) async throws -> [String: Int64]

    /// The folders in a folder, without it.
    func folders(in folder: String) async throws -> [String]

    /// Takes a file of the workspace away and keeps its bytes under a name, all of them or none: durable after ``settle()``.
    func keep(_ path: String, as name: String) async throws

    /// Writes the bytes of a name into a new file.
    ///
    /// - Returns: false when there is no such name.
    func fetch(_ name: String, to path: String) async throws -> Bool

    /// Removes names; one that is not there counts as removed.
    func remove(_ names: [String]) async throws

    /// Makes everything durable that was kept and removed so far.
    func settle() async throws

    /// Nothing more comes.
    func close()
}

extension BackupTarget {
    /// The bytes of a small document; nil when there is none of the name.
    func document(_ name: String) async throws -> [UInt8]? {
        let path = "\(workspace)/document"
        Files.remove(path)
        guard try await fetch(name, to: path) else { return nil }
        defer { Files.remove(path) }
        return try Files.contents(path)
    }

    func keep(document: [UInt8], as name: String) async throws {
        let path = "\(workspace)/document"
        Files.remove(path)
        try Files.write(document, to: path)
        try await keep(path, as: name)
        try await settle()
    }
}
