/// A drive that is being put together from a backup: refused by every start until it is whole.
///
/// It begins with a `format` file that is no drive's, and ends with that of a drive; in between, what is there is gone on with.
package struct DriveRestoration: Sendable {
    package let directory: String
    /// Where the catalogue is to be put before ``finish(format:)``.
    package var catalogue: String { "\(directory)/coffer.db" }
    package var blobs: String { "\(directory)/blobs" }

    static let mark = Array("coffer restore unfinished\n".utf8)

    /// Begins in a directory that is empty or is not there, or goes on in one that was begun.
    ///
    /// Throws `unusable` for any other.
    package init(in directory: String) throws(StorageError) {
        self.directory = directory
        try createDirectory(directory)
        let format = "\(directory)/format"
        if try readSmallFile(format) != Self.mark {
            guard try directoryEntries(directory).allSatisfy({ $0 == "lost+found" || $0 == "format.new" }) else {
                throw .unusable("\(directory) is not empty")
            }
            try writeSmallFile(format, Self.mark)
            try syncDirectory(directory)
            try syncDirectory(parentDirectory(of: directory))
        }
        try createDirectory(blobs)
    }

    /// Makes durable what was put there, and a drive of it.
    package func finish(format: Int) throws(StorageError) {
        // The names of files and directories, and whatever of them was not synced by itself.
        try syncFileSystem(of: directory)
        try DriveDirectory.writeFormat(format, directory)
    }
}
