import Glibc

extension Identifier<BlobIdentity> {
    /// The run of the process that made the blob.
    var epoch: UInt64 { high }
    /// The number of the blob in its run.
    var counter: UInt64 { low }

    init(epoch: UInt64, counter: UInt64) {
        self.init(high: epoch, low: counter)
    }

    /// The next greater one; of the greatest, itself.
    var next: BlobID {
        low < .max
            ? BlobID(high: high, low: low + 1)
            : BlobID(high: high == .max ? high : high + 1, low: high == .max ? low : 0)
    }
}

/// A directory of blob files: 4096 numbers of one run.
package struct BlobDirectory: Hashable, Sendable {
    let epoch: UInt64
    /// The place among the run's directories; zero for the only one that has the number of a former release.
    let block: UInt64
}

/// How blob files and their directories are called; the `OnDiskLayout` article explains it.
///
/// No two identifiers have the same path: a damaged one leads to no other blob's file.
package struct BlobLayout: Sendable {
    static let directoryShift: UInt64 = 12
    /// The numbers that runs can have: ten hexadecimal digits.
    static let runs: Range<UInt64> = 1..<1 << 40

    /// The path of the directory of all blobs.
    let root: String
    /// The first run that counts its blobs.
    ///
    /// Identifiers of former releases begin with the number of a directory, which is less, and end with random digits.
    let firstEpoch: UInt64

    package init(root: String, firstEpoch: UInt64) {
        self.root = root
        self.firstEpoch = firstEpoch
    }

    func directory(of id: BlobID) -> BlobDirectory {
        BlobDirectory(epoch: id.epoch, block: id.epoch < firstEpoch ? 0 : id.counter >> Self.directoryShift)
    }

    package func path(of id: BlobID) -> String {
        "\(path(of: directory(of: id)))/\(hexDigits(of: id.low, count: 16))"
    }

    func path(of directory: BlobDirectory) -> String {
        let run = "\(root)/\(Self.name(of: directory.epoch))"
        return directory.epoch < firstEpoch ? run : "\(run)-\(Self.name(of: directory.block))"
    }

    /// Ten hexadecimal digits; sixteen of a number that no directory has, and which must not be taken for another one.
    private static func name(of number: UInt64) -> String {
        hexDigits(of: number, count: number < runs.upperBound ? 10 : 16)
    }

    /// Makes the names in a directory durable; if the directory itself is gone, its absence.
    func sync(_ directory: BlobDirectory) throws(StorageError) {
        do throws(StorageError) {
            try syncDirectory(path(of: directory))
        } catch .io(_, ENOENT) {
            try syncDirectory(root)
        }
    }

    /// The directories that there are, in order; other names are left alone.
    func existingDirectories() throws(StorageError) -> [BlobDirectory] {
        var directories: [BlobDirectory] = []
        for name in try directoryEntries(root) {
            let parts = name.split(separator: "-", omittingEmptySubsequences: false)
            guard parts.count <= 2, parts.allSatisfy({ $0.utf8.count == 10 }), let run = parts.first,
                let epoch = UInt64(run, radix: 16), (epoch < firstEpoch) == (parts.count == 1)
            else { continue }
            guard parts.count == 2 else {
                directories.append(BlobDirectory(epoch: epoch, block: 0))
                continue
            }
            if let block = UInt64(parts[1], radix: 16) {
                directories.append(BlobDirectory(epoch: epoch, block: block))
            }
        }
        return directories.sorted { ($0.epoch, $0.block) < ($1.epoch, $1.block) }
    }

    /// The blobs in one directory; other names are left alone.
    func blobs(in directory: BlobDirectory) throws(StorageError) -> [BlobID] {
        try directoryEntries(path(of: directory)).filter { $0.utf8.count == 16 }
            .compactMap { UInt64($0, radix: 16) }.map { BlobID(high: directory.epoch, low: $0) }
    }
}
