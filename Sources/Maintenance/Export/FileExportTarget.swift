import Cryptography
import FoundationEssentials
import NIOCore
import ObjectStorage
import Synchronization
import Threading

/// Objects as plain files, each with a sidecar of what else is known of it; see <doc:Exporting>.
///
/// A file has its name when its bytes are on the device, and were read once more and compared; its sidecar comes behind it.
/// So what has a sidecar is whole, and what a crash has left without one is written again.
package final class FileExportTarget: ExportTarget {
    private let root: ExportDirectory
    private let unfinished: ExportDirectory
    private let lock: Int32
    private let threads = BlockingWork()
    private let settling: SharedSync
    private let number = Atomic<Int>(0)
    /// Two keys may want one name.
    private let placing = Mutex(())

    package let parallel = 32

    /// - Throws: ``BackupFailure`` for a directory with anything else in it, or that another export is writing.
    package init(_ path: String) throws {
        let isThere = Files.exists(path)
        if isThere, try !Files.entries(path).isEmpty, !Files.exists("\(path)/\(ExportHome.name)") {
            throw BackupFailure("\(path): not empty, and no export")
        }
        root = try ExportDirectory(root: path)
        lock = try Files.lock("\(path)/lock", heldFor: "an export is being written to this place")
        settling = SharedSync(path)
        guard let unfinished = try root.directory(["unfinished"], isMade: true) else {
            throw BackupFailure("\(path)/unfinished is no directory")
        }
        self.unfinished = unfinished
        // What an export that was ended has left on its way.
        for name in try Files.entries(unfinished.path) { try unfinished.remove(name) }
        try Self.settle(root)
    }

    deinit { Files.unlock(lock) }

    private static func settle(_ root: ExportDirectory) throws {
        if let bytes = try root.contents(of: ExportHome.name, limit: 4096) {
            guard let home = try? JSONDecoder().decode(ExportHome.self, from: Data(bytes)),
                home.format == ExportHome.supportedFormat
            else { throw BackupFailure("\(root.path): an export of a format that this release does not know") }
            return
        }
        try root.create(ExportHome.name).append([UInt8](JSONEncoder().encode(ExportHome())))
    }

    package func begin(_ bucket: String, isLocked: Bool) async throws -> String? { nil }

    package func isPassing(_ error: any Error) -> Bool { false }

    package func present(_ versions: [ExportEntry]) async throws -> [Presence] {
        try await threads.run { [self] in
            try versions.map { entry in
                try places(of: entry).contains { try isThere(entry, at: $0) } ? .there : .missing
            }
        }
    }

    private func places(of entry: ExportEntry) -> [ExportPath] {
        guard entry.isLatest, !entry.isDeleteMarker else {
            return [.version(entry.version, of: entry.key, in: entry.bucket)]
        }
        return [ExportPath(ofLatest: entry.key, in: entry.bucket), .hashed(entry.key, in: entry.bucket)]
            .compactMap(\.self)
    }

    private func isThere(_ entry: ExportEntry, at path: ExportPath) throws -> Bool {
        guard let description = try description(at: path), description.isOf(entry) else { return false }
        guard !entry.isDeleteMarker else { return true }
        let length = try root.directory(path.file.dropLast(), isMade: false)?.length(of: path.file.last ?? "")
        return length == entry.size
    }

    /// Bytes of a sidecar: an object has 2 KiB of metadata, 10 tags and up to 10 000 parts.
    private static let longestSidecar = 2 << 20

    private func description(at path: ExportPath) throws -> ExportDescription? {
        guard let directory = try root.directory(path.sidecar.dropLast(), isMade: false),
            let bytes = try directory.contents(of: path.sidecar.last ?? "", limit: Self.longestSidecar)
        else { return nil }
        return ExportDescription(json: bytes)
    }

    package func write(_ object: ExportedObject, _ entry: ExportEntry) async throws -> [ExportLoss] {
        let name = "\(number.add(1, ordering: .relaxed).newValue)"
        let file = try await threads.run { [unfinished] in try unfinished.create(name) }
        do {
            let sum = try await fill(file, object.makeBody(), entry)
            try await settling.sync(threads)
            try await threads.run { [self] in
                let written = Digest(.sha256)
                try file.readBack { written.update($0) }
                guard written.finalize() == sum else {
                    throw BackupFailure("\(root.path): what was read back of \(entry.key) is not what was written")
                }
                try place(name, object.description, Hex.encode(sum), entry)
            }
            return []
        } catch {
            try? await threads.run { [unfinished] in try unfinished.remove(name) }
            throw error
        }
    }

    /// - Returns: the SHA-256 of the bytes.
    private func fill(_ file: ExportFile, _ body: any ExportBody, _ entry: ExportEntry) async throws -> [UInt8] {
        let digest = Digest(.sha256)
        var length: Int64 = 0
        while let block = try await body.next() {
            length += Int64(block.readableBytes)
            guard block.readableBytes > 0 else { continue }
            try await threads.run {
                try block.withUnsafeReadableBytes { bytes in
                    digest.update(bytes)
                    try file.append(bytes)
                }
            }
        }
        guard length == entry.size else { throw ExportFault.damaged("it has \(length) bytes, and not \(entry.size)") }
        return digest.finalize()
    }

    /// Gives a file its name, and then its sidecar.
    private func place(
        _ name: String, _ description: ExportDescription, _ sum: String, _ entry: ExportEntry
    ) throws {
        try placing.withLock { _ in
            for path in places(of: entry) {
                // Another key's, where names that differ in case are one to the file system.
                if let other = try self.description(at: path), !other.isOf(key: entry.key, in: entry.bucket) {
                    continue
                }
                guard let directory = try root.directory(path.file.dropLast(), isMade: true),
                    let sidecars = try root.directory(path.sidecar.dropLast(), isMade: true)
                else { continue }
                // A sidecar never stands beside the bytes of another version.
                try sidecars.remove(path.sidecar.last ?? "")
                guard try unfinished.move(name, to: directory, as: path.file.last ?? "") else { continue }
                var description = description
                description.file = path.file.joined(separator: "/")
                description.sha256 = sum
                return try write(description, to: sidecars, as: path.sidecar.last ?? "", by: name)
            }
            throw ExportObstacle(.refused, "a directory or a link is where its file is to stand")
        }
    }

    private func write(
        _ description: ExportDescription, to sidecars: ExportDirectory, as sidecar: String, by name: String
    ) throws {
        try unfinished.create(name).append(description.json())
        guard try unfinished.move(name, to: sidecars, as: sidecar) else {
            throw ExportObstacle(.refused, "\(sidecars.path)/\(sidecar) is a directory")
        }
    }

    package func writeDeleteMarker(_ entry: ExportEntry) async throws -> [ExportLoss] {
        let name = "\(number.add(1, ordering: .relaxed).newValue)"
        try await threads.run { [self] in
            try placing.withLock { _ in
                if entry.isLatest { try removeLatest(entry) }
                let path = ExportPath.version(entry.version, of: entry.key, in: entry.bucket)
                guard let sidecars = try root.directory(path.sidecar.dropLast(), isMade: true) else {
                    throw ExportObstacle(.refused, "a file is where its folder is to stand")
                }
                try write(ExportDescription(entry), to: sidecars, as: path.sidecar.last ?? "", by: name)
            }
        }
        return []
    }

    /// The key has no latest object any more: that of an earlier export has become an older version.
    private func removeLatest(_ entry: ExportEntry) throws {
        let places = [ExportPath(ofLatest: entry.key, in: entry.bucket), .hashed(entry.key, in: entry.bucket)]
        for case let path? in places {
            guard let there = try description(at: path), there.isOf(key: entry.key, in: entry.bucket) else { continue }
            try root.directory(path.sidecar.dropLast(), isMade: false)?.remove(path.sidecar.last ?? "")
            try root.directory(path.file.dropLast(), isMade: false)?.remove(path.file.last ?? "")
        }
    }

    /// Writes a document below the export's directory, in the place of one of that name.
    package func write(document: [UInt8], to path: [String]) async throws {
        let name = "\(number.add(1, ordering: .relaxed).newValue)"
        try await threads.run { [self] in
            guard let directory = try root.directory(path.dropLast(), isMade: true) else {
                throw BackupFailure("\(root.path)/\(path.joined(separator: "/")): a file is in its way")
            }
            try unfinished.create(name).append(document)
            guard try unfinished.move(name, to: directory, as: path.last ?? "") else {
                throw BackupFailure("\(root.path)/\(path.joined(separator: "/")): a directory")
            }
        }
    }

    package func finish() async throws { try await settling.sync(threads) }
}

/// What an export's directory is.
private struct ExportHome: Codable {
    static let name = "coffer-export.json"
    static let supportedFormat = 1

    var format = supportedFormat
}
