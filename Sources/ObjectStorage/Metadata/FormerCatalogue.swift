/// Catalogues as earlier releases made them: for tests of what becomes of them.
package enum FormerCatalogue {
    /// The migration after which a catalogue is as this release makes it.
    package static var latest: String { migrationNames[migrationNames.count - 1] }

    /// The number of that format.
    package static var newest: Int { DriveDirectory.supportedFormat }

    /// Makes a catalogue with the tables that it had after a migration, and runs statements on it.
    package static func make(
        at path: String, upTo migration: String, running statements: String
    ) throws(StorageError) {
        let connection = try Connection(path: path, role: .writer, shape: .of(migration))
        defer { connection.close() }
        try connection.use { session throws(StorageError) in try session.execute(statements) }
    }
}
