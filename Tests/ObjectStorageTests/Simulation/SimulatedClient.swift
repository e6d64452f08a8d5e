import Glibc
import ObjectStorage
import TestSupport

/// Somebody who writes, copies, removes and reads objects of a simulated store, and notes what was acknowledged.
struct SimulatedClient: Sendable {
    static let keys = (0..<5).map { "key-\($0)" }

    let simulation: Simulation
    let operations: Int

    func run() async {
        for _ in 0..<operations where !simulation.isOver {
            do {
                try await operate()
            } catch is Refused {
                // It was withdrawn.
            } catch let error as StorageError {
                simulation.note(error)
            } catch {
                simulation.fail("\(error)")
            }
            await Task.yield()
        }
    }

    private func operate() async throws {
        let key = simulation.pick(Self.keys)
        switch simulation.random(100) {
        case ..<22: try await put(key, inFile: false)
        case ..<44: try await put(key, inFile: true)
        case ..<58: try await delete(key)
        case ..<70: try await copy(key)
        case ..<82: try await upload(key)
        default: try await read(key)
        }
    }

    // MARK: Writing

    private func put(_ key: String, inFile: Bool) async throws {
        let (store, value) = (simulation.store, simulation.newValue())
        let bytes = Self.bytes(of: value, count: inFile ? 5000 : 60)
        let blob = inFile ? try await store.writeBlob(bytes) : nil
        await pause()
        let columns = store.columns(
            simulation.bucket, key, body: inFile ? .file : .inline, size: bytes.count, blob: blob?.id)
        let body: NewBody = blob.map { .file($0) } ?? .inline(bytes)
        let new = NewVersion(columns: columns, sealed: Self.record(of: value), body: body, dataKey: nil)
        try await write(key, value, giveUp: blob) { try await store.put(new) }
    }

    /// Another version that refers to the file of one which it has just seen.
    private func copy(_ key: String) async throws {
        let store = simulation.store
        let source = simulation.pick(Self.keys)
        guard let found = try store.findAtHand(simulation.bucket, key: source, .row)?.version,
            let blob = found.columns.blob, let value = Self.value(of: found.sealed)
        else { return }
        await pause()
        let columns = store.columns(
            simulation.bucket, key, body: .file, size: Int(found.columns.size), blob: blob)
        let new = NewVersion(columns: columns, sealed: found.sealed, body: .sharedFile(blob), dataKey: nil)
        try await write(key, value) { try await store.put(new) }
    }

    private func upload(_ key: String) async throws {
        let (store, value) = (simulation.store, simulation.newValue())
        let upload = try await store.createUpload(simulation.bucket, key)
        var parts: [PartRow] = []
        for number in 1...(1 + simulation.random(3)) {
            parts.append(try await store.putPart(upload, number, Self.bytes(of: value, count: 3000 + number)))
            await pause()
        }
        guard simulation.random(4) > 0 else {
            _ = try await store.abortUpload(upload)
            return
        }
        // The last part may be left out.
        let chosen = parts.count > 1 && simulation.random(2) == 0 ? Array(parts.dropLast()) : parts
        let selection = try await store.partList(of: upload).selecting(
            chosen.map { (number: $0.number, blob: $0.blob) })
        await pause()
        let columns = store.columns(
            simulation.bucket, key, body: .parts, size: chosen.reduce(0) { $0 + Int($1.size) })
        let new = NewVersion(columns: columns, sealed: Self.record(of: value), body: .none, dataKey: nil)
        let manifest = chosen.flatMap(\.blob.bytes)
        try await write(key, value) {
            try await store.completeUpload(
                upload, parts: selection, version: new, manifest: manifest, receipt: [1])
        }
    }

    private func delete(_ key: String) async throws {
        let number = simulation.begin(key, nil)
        switch try await simulation.store.delete(simulation.bucket, key: key) {
        case .removed, .absent: simulation.acknowledge(key, number)
        case .marked, .changed, .staleOrder, .versioningChanged, .failed: simulation.withdraw(key, number)
        }
    }

    private func write(
        _ key: String, _ value: Int, giveUp blob: FinishedBlob? = nil, _ work: () async throws -> PutOutcome
    ) async throws {
        let number = simulation.begin(key, value)
        do {
            let outcome = try await work()
            guard outcome == .stored else {
                simulation.withdraw(key, number)
                if let blob { simulation.store.discard(blob) }
                throw Refused(outcome: outcome)
            }
        } catch StorageError.noSuchBlob {
            simulation.withdraw(key, number)
            return
        }
        simulation.acknowledge(key, number)
    }

    // MARK: Reading

    /// What was found can be read for as long as its lease is held, whatever happens meanwhile.
    private func read(_ key: String) async throws {
        let store = simulation.store
        guard let found = try store.findAtHand(simulation.bucket, key: key, .body) else { return }
        defer { found.lease?.release() }
        for _ in 0..<simulation.random(6) { await pause() }
        guard !simulation.isOver else { return }
        guard let value = Self.value(of: found.version.sealed) else {
            return simulation.fail("\(key): a foreign record")
        }
        do {
            try Self.check(found, value, in: store)
        } catch {
            simulation.fail("\(key) with value \(value) cannot be read under a lease: \(error)")
        }
    }

    /// Throws unless the body is that of the value.
    static func check(_ found: FoundVersion, _ value: Int, in store: ObjectStore) throws {
        let columns = found.version.columns
        switch columns.body {
        case .inline:
            guard found.inline == bytes(of: value, count: Int(columns.size)) else {
                throw TestFailure(reason: "inline")
            }
        case .file:
            guard let blob = columns.blob, try store.readBlob(blob) == bytes(of: value, count: Int(columns.size)) else {
                throw TestFailure(reason: "file")
            }
        case .parts:
            let manifest = found.manifest ?? []
            for (index, start) in stride(from: 0, to: manifest.count, by: BlobID.byteCount).enumerated() {
                guard let blob = BlobID(bytes: manifest[start..<start + BlobID.byteCount]),
                    try store.readBlob(blob) == bytes(of: value, count: 3001 + index)
                else { throw TestFailure(reason: "part \(index + 1)") }
            }
        case .none, .unreadable: throw TestFailure(reason: "body")
        }
    }

    private func pause() async {
        for _ in 0..<simulation.random(3) { await Task.yield() }
    }

    // MARK: Values

    static func bytes(of value: Int, count: Int) -> [UInt8] {
        record(of: value) + pattern(count - 8, seed: UInt8(value % 251))
    }

    static func record(of value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    static func value(of record: [UInt8]) -> Int? {
        record.count == 8 ? record.reversed().reduce(0) { $0 << 8 | Int($1) } : nil
    }
}
