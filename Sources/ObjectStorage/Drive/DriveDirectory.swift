import Glibc
import Synchronization

/// The drive's directory: made, locked for one process, and of a format that this release reads.
final class DriveDirectory: Sendable {
    /// The number of the newest of ``migrations``: each shape of the catalogue is a format of the drive.
    static let supportedFormat = 8

    let path: String
    /// What the file `format` said, or what it said before a raising that was not finished.
    let foundFormat: Int
    /// The locked file; nil once released.
    private let lock: Mutex<Int32?>

    /// Makes the directory when its parent exists, takes the lock, and checks the format, or writes it on a new drive.
    ///
    /// - Parameter syncFault: see ``StoreOptions/syncFault``.
    init(_ path: String, syncFault: (@Sendable (String) -> Int32?)?) throws(StorageError) {
        self.path = path
        try Self.makeDirectory(path)
        let descriptor = try Self.takeLock(path)
        do throws(StorageError) {
            foundFormat = try Self.checkFormat(path, syncFault)
            try createDirectory("\(path)/blobs")
            try syncDirectory(path)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        lock = Mutex(descriptor)
    }

    deinit { release() }

    /// Lets another process open the drive.
    func release() {
        lock.withLock { descriptor in
            if let open = descriptor { Glibc.close(open) }
            descriptor = nil
        }
    }

    private static func makeDirectory(_ path: String) throws(StorageError) {
        if mkdir(path, 0o700) == 0 { return }
        let number = errno
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .unusable("cannot make the drive \(path): \(errorText(number))")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw .unusable("the drive \(path) is not a directory")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            throw .unusable("the drive \(path) cannot be written: \(errorText(errno))")
        }
    }

    private static func takeLock(_ path: String) throws(StorageError) -> Int32 {
        let descriptor = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw .unusable("the drive \(path) cannot be written: \(errorText(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            if number == EWOULDBLOCK { throw .driveLocked(path) }
            throw .unusable("the drive \(path) cannot be locked: \(errorText(number))")
        }
        return descriptor
    }

    // MARK: The format

    /// Raises the drive to the newest format, one number at a time: `migrate` changes the catalogue to the shape of each.
    ///
    /// The number is raised before the catalogue is changed, so that no former release meets a shape that it does not
    /// know. When the change fails and has surely left nothing of itself, the former number comes back, by a rename: on a
    /// full device, too, a drive that could not be raised is one that a former release opens. After a crash in between,
    /// or a failure of which nobody knows what it has left, the next start goes on as if from the former number.
    ///
    /// - Parameter hasFormat: whether the catalogue has the shape of a format; nil when that cannot be known.
    func raiseFormat(
        _ migrate: (_ format: Int) throws(StorageError) -> Void, hasFormat: (_ format: Int) -> Bool?
    ) throws(StorageError) {
        guard foundFormat < Self.supportedFormat else { return }
        for number in foundFormat + 1...Self.supportedFormat {
            try keepFormer(number - 1)
            do throws(StorageError) {
                try Self.writeFormat(number, path)
                try migrate(number)
            } catch {
                // Of a change that could not be made durable nobody knows whether it is there.
                if case .syncFailed = error { throw error }
                // Any other failure may have come after the frame that marks the commit was written, but for want of room.
                guard error == .diskFull || hasFormat(number) == false else { throw error }
                if rename("\(path)/\(Self.formerName)", "\(path)/format") == 0 { try forgetFormer() }
                throw error
            }
            try forgetFormer()
        }
    }

    private static let formerName = "format.former"

    /// Gives the present `format` a second name; one that a crash has left is the right one.
    private func keepFormer(_ number: Int) throws(StorageError) {
        let former = "\(path)/\(Self.formerName)"
        if link("\(path)/format", former) != 0 {
            switch errno {
            case EEXIST: break
            // A file system without hard links.
            case EPERM, EOPNOTSUPP, ENOSYS: try writeSmallFile(former, Self.formatText(number))
            case let code: throw .system("link \(former)", code)
            }
        }
        try syncDirectory(path)
    }

    private func forgetFormer() throws(StorageError) {
        // After a renaming too: where both names are of one file, that does nothing.
        let former = "\(path)/\(Self.formerName)"
        guard unlink(former) == 0 || errno == ENOENT else { throw .system("unlink \(former)", errno) }
        try syncDirectory(path)
    }

    private static func checkFormat(
        _ path: String, _ syncFault: (@Sendable (String) -> Int32?)?
    ) throws(StorageError) -> Int {
        guard let present = try readFormat("\(path)/format") else {
            guard access("\(path)/coffer.db", F_OK) != 0 else {
                throw .unusable("the drive \(path) has a catalogue but no format file")
            }
            // The name of the directory itself must not go with a power cut either.
            let parent = parentDirectory(of: path)
            if let number = syncFault?(parent) { throw .syncFailed(operation: "fsync", errno: number) }
            try syncDirectory(parent)
            try writeFormat(supportedFormat, path)
            return supportedFormat
        }
        guard present <= supportedFormat else { throw .newerFormat(found: present, supported: supportedFormat) }
        guard let former = try readFormat("\(path)/\(formerName)") else { return present }
        if former < present { return former }
        // Its number had not been raised yet, or had been put back.
        unlink("\(path)/\(formerName)")
        return present
    }

    /// The number in a file of that form; nil when there is no such file.
    private static func readFormat(_ path: String) throws(StorageError) -> Int? {
        guard let text = try readSmallFile(path) else { return nil }
        guard text != DriveRestoration.mark else {
            throw .unusable(
                "the drive is being restored from a backup: run coffer restore again, until it has come to its end")
        }
        let words = String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard words.count == 3, words[0] == "coffer", words[1] == "drive", let number = Int(words[2]) else {
            throw .unusable("\(path) is not that of a drive")
        }
        return number
    }

    private static func formatText(_ number: Int) -> [UInt8] { Array("coffer drive \(number)\n".utf8) }

    static func writeFormat(_ number: Int, _ path: String) throws(StorageError) {
        try writeSmallFile("\(path)/format", formatText(number))
        try syncDirectory(path)
    }
}
