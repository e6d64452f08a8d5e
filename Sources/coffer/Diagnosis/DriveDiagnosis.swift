import Glibc

/// Looks at a drive's directory: nothing of it is opened, and what is written for a moment is removed.
struct DriveDiagnosis {
    let path: String

    private static let subject = "Drive"

    func findings() -> [Finding] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            let isAbsolute = path.hasPrefix("/")
            guard access((isAbsolute ? "/" : "") + (parent.isEmpty && !isAbsolute ? "." : parent), W_OK) == 0 else {
                return [
                    .wrong(Self.subject, "\(path): \(reason)", remedy: "make its parent, or name another directory")
                ]
            }
            return [
                .doubtful(Self.subject, "\(path) is not there yet", remedy: "the first start of the server makes it")
            ]
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            return [.wrong(Self.subject, "\(path) is no directory", remedy: "name a directory")]
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            return [
                .wrong(
                    Self.subject, "\(path): \(String(cString: strerror(errno)))",
                    remedy: "run this as the user that the server runs as, or give that user the directory")
            ]
        }
        var findings = [Finding.right(Self.subject, path)]
        if status.st_mode & 0o077 != 0 {
            findings.append(
                .doubtful(
                    "Permissions", "others may look into \(path)",
                    remedy: "chmod 700 \(path): all in it is encrypted, and still nobody else's"))
        }
        findings.append(inUse())
        findings.append(fileSystem())
        findings += space()
        findings.append(syncSpeed())
        return findings
    }

    private func inUse() -> Finding {
        let descriptor = open("\(path)/lock", O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { return .right("Server", "the drive was never served") }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) == 0 else { return .right("Server", "a server runs on this drive") }
        flock(descriptor, LOCK_UN)
        return .unknown("Server", "no server runs on this drive now")
    }

    private func fileSystem() -> Finding {
        let subject = "File system"
        guard let kind = MountedFileSystem.kind(of: path) else { return .unknown(subject, "not known") }
        switch kind {
        case "tmpfs", "ramfs":
            return .wrong(
                subject, "\(kind): all is gone when the machine stops", remedy: "use a directory on a disk")
        case "nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse", "fuseblk", "fuse.sshfs", "fuse.s3fs":
            return .doubtful(
                subject, "\(kind): over a network or a program, locks and syncs may not be what they are on a disk",
                remedy: "use a local ext4 or XFS")
        case "overlay":
            return .doubtful(
                subject, "overlay: the layer of a container, which goes with it", remedy: "mount a volume for the drive"
            )
        default: return .right(subject, kind)
        }
    }

    private func space() -> [Finding] {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return [.unknown("Space", "not known")] }
        let block = Int(status.f_frsize)
        let (total, free) = (Int(status.f_blocks) * block, Int(status.f_bavail) * block)
        let text = "\(free >> 20) MiB free of \(total >> 20) MiB"
        var findings: [Finding] = []
        if free < 64 << 20 {
            findings.append(.wrong("Space", text, remedy: "make room: writes are refused when the drive is full"))
        } else if free < total / 10 {
            findings.append(.doubtful("Space", text, remedy: "less than a tenth is free: make room, or a larger drive"))
        } else {
            findings.append(.right("Space", text))
        }
        // Some file systems count none.
        if status.f_files > 0 {
            let files = "\(status.f_favail) files free of \(status.f_files)"
            findings.append(
                status.f_favail < status.f_files / 20
                    ? .doubtful(
                        "Inodes", files, remedy: "objects over 32 KiB are a file each: make room for more files")
                    : .right("Inodes", files))
        }
        return findings
    }

    /// The median time of some writes of 4 KiB, each with a sync: what an acknowledged write costs at least.
    private func syncSpeed() -> Finding {
        let subject = "Sync speed"
        let name = "\(path)/.coffer-doctor-\(getpid())"
        let descriptor = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            return .wrong(subject, String(cString: strerror(errno)), remedy: "let the server's user write to \(path)")
        }
        defer {
            close(descriptor)
            unlink(name)
        }
        let block = [UInt8](repeating: 0, count: 4096)
        var times: [Duration] = []
        for _ in 0..<21 {
            let start = ContinuousClock.now
            guard write(descriptor, block, block.count) == block.count, fdatasync(descriptor) == 0 else {
                return .wrong(
                    subject, "a write fails: \(String(cString: strerror(errno)))",
                    remedy: "look at the disk and the system's log")
            }
            times.append(start.duration(to: .now))
        }
        let median = times.sorted()[times.count / 2]
        let microseconds = Int(median / .microseconds(1))
        let text = "a write is durable after \(microseconds) µs"
        guard median > .milliseconds(20) else { return .right(subject, text) }
        return .doubtful(
            subject, text, remedy: "every write waits so long: use a disk with a cache that survives power loss")
    }
}

/// What is mounted where.
enum MountedFileSystem {
    /// The kind of the file system that holds a path, such as `ext4`; `nil` when the kernel does not tell.
    static func kind(of path: String) -> String? {
        guard let resolved = realpath(path, nil), let file = fopen("/proc/self/mountinfo", "r") else { return nil }
        defer {
            free(resolved)
            fclose(file)
        }
        let path = String(cString: resolved)
        var best: (length: Int, kind: String)?
        var bytes = [UInt8](repeating: 0, count: 256 * 1024)
        let count = fread(&bytes, 1, bytes.count, file)
        for line in String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 6, let dash = fields.firstIndex(of: "-"), dash + 1 < fields.count else { continue }
            let point = String(fields[4])
            let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
            // Of several at one place the last is what is seen.
            if isAbove, point.utf8.count >= best?.length ?? 0 { best = (point.utf8.count, String(fields[dash + 1])) }
        }
        return best?.kind
    }
}
