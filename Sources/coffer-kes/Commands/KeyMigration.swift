import Cryptography
import Glibc
import KESProtocol
import KESService
import KeyStores

/// Copies keys from one store to another, value by value, and makes sure of each.
///
/// It can be run again after an interruption: what both stores have alike is left alone. Some keys are under way at a
/// time, since a store behind a network takes long for each.
struct KeyMigration: Sendable {
    /// What becomes of a name under which the target has another key.
    enum Conflict { case fail, keep, replace }

    /// What became of a key, or in a trial run what would.
    enum Outcome: Sendable {
        case copied
        case replaced
        /// The target has the same.
        case equal
        /// The target has another key of that name, and keeps it.
        case kept
        case conflicting
        /// The target can hold no key of that name; which it can.
        case nameRefused(String)
        /// The source has it no longer.
        case gone
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let source: any KeyStore
    let target: any KeyStore
    let onConflict: Conflict
    /// Whether nothing is to be changed.
    var isTrial = false

    /// Names asked for at once: some stores go through all of theirs for each page.
    private static let pageSize = 50_000
    /// Keys under way at once; no store has more connections.
    private static let width = 8

    /// Copies the keys whose names the shell pattern matches; `tell` hears of each when it is done.
    ///
    /// Ends at the first key that fails. A conflict is a failure when nothing else was asked for; but not in a trial run,
    /// and a name that the target cannot hold keeps no other key from being copied.
    func run(pattern: String, tell: (KeyName, Outcome) -> Void) async throws(Failure) {
        try await forEachPage(pattern) { (names) throws(Failure) in
            var rest = names[...]
            while !rest.isEmpty {
                let some = rest.prefix(Self.width * 16)
                rest = rest.dropFirst(some.count)
                let outcomes = await settle(Array(some))
                for case (let name, .success(let outcome)) in outcomes { tell(name, outcome) }
                for case (_, .failure(let failure)) in outcomes { throw failure }
            }
        }
    }

    /// How many keys the source has whose names the shell pattern matches.
    func count(pattern: String) async throws(Failure) -> Int {
        var count = 0
        try await forEachPage(pattern) { (names) throws(Failure) in count += names.count }
        return count
    }

    private func forEachPage(
        _ pattern: String, _ body: ([KeyName]) async throws(Failure) -> Void
    ) async throws(Failure) {
        var page = KeyNamePage(names: [], isLast: false)
        repeat {
            let last = page.names.last
            do throws(KeyStoreError) {
                page = try await timed { [source] () throws(KeyStoreError) in
                    try await source.list(prefix: "", after: last, limit: Self.pageSize)
                }
            } catch {
                throw Failure(description: "failed to list keys: \(error)")
            }
            try await body(page.names.filter { fnmatch(pattern, $0, 0) == 0 }.compactMap(KeyName.init))
        } while !page.isLast && !page.names.isEmpty
    }

    /// The outcomes in the order of the names, without those of names that a failure kept it from.
    private func settle(_ names: [KeyName]) async -> [(KeyName, Result<Outcome, Failure>)] {
        let settled = await withTaskGroup(of: (Int, Result<Outcome, Failure>).self) { group in
            var results: [Int: Result<Outcome, Failure>] = [:]
            var rest = names.enumerated().makeIterator()
            var hasFailed = false
            func begin() {
                guard !hasFailed, let (index, name) = rest.next() else { return }
                group.addTask { (index, await settle(name)) }
            }
            for _ in 0..<Self.width { begin() }
            for await (index, result) in group {
                results[index] = result
                if case .failure = result { hasFailed = true }
                begin()
            }
            return results
        }
        return names.enumerated().compactMap { index, name in settled[index].map { (name, $0) } }
    }

    // MARK: One key

    private func settle(_ name: KeyName) async -> Result<Outcome, Failure> {
        do throws(KeyStoreError) {
            let outcome = try await migrate(name)
            guard case .conflicting = outcome, !isTrial else { return .success(outcome) }
            return .failure(
                Failure(
                    description: "\(KESFault.keyExists.message): '\(name)' is another key at the target; "
                        + "'--merge' leaves it, '--force' overwrites it"))
        } catch {
            return .failure(Failure(description: "failed to migrate key '\(name)': \(error)"))
        }
    }

    private func migrate(_ name: KeyName) async throws(KeyStoreError) -> Outcome {
        let value: SecretBytes
        do throws(KeyStoreError) { value = try await read(name, source) } catch .keyNotFound { return .gone }
        // Copied as it is, nobody could open it any more.
        guard !EnvelopeKeyStore.holds(value) else {
            throw .corrupt("the source holds it sealed, and the source's configuration does not say by what")
        }
        do throws(KeyStoreError) {
            if isTrial { return try await comparison(name, value) }
            let outcome = try await copy(name, value)
            switch outcome {
            case .copied, .replaced, .equal: try await verify(name, value)
            case .kept, .conflicting, .nameRefused, .gone: break
            }
            return outcome
        } catch .nameNotAllowed(let names) {
            return .nameRefused(names)
        }
    }

    /// What a run that changes something would do.
    private func comparison(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) -> Outcome {
        do throws(KeyStoreError) {
            return try await read(name, target).isEqual(to: value) ? .equal : conflict
        } catch .keyNotFound {
            return .copied
        }
    }

    private var conflict: Outcome {
        switch onConflict {
        case .fail: .conflicting
        case .keep: .kept
        case .replace: .replaced
        }
    }

    private func copy(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) -> Outcome {
        do throws(KeyStoreError) {
            try await timed { [target] () throws(KeyStoreError) in try await target.create(name, value) }
            return .copied
        } catch .keyExists {
            let old = try await read(name, target)
            guard !old.isEqual(to: value) else { return .equal }
            // In one step: at no time is there no key.
            if case .replace = onConflict {
                let replacing = try target.replacing()
                try await timed { () throws(KeyStoreError) in try await replacing.replace(name, old, with: value) }
            }
            return conflict
        }
    }

    /// Reads the key from the target, and has it open what the source's key has sealed.
    ///
    /// What is no key at the source either is compared and no more.
    private func verify(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let held: SecretBytes
        do throws(KeyStoreError) { held = try await read(name, target) } catch .keyNotFound {
            throw .corrupt("the target does not have it, although it said so")
        }
        guard held.isEqual(to: value) else { throw .corrupt("the target holds something other than it was given") }
        guard let key = try? MasterKey(storedValue: value) else { return }
        let dataKey = key.generateDataKey(context: Array(name.text.utf8))
        guard let copy = try? MasterKey(storedValue: held),
            (try? copy.open(dataKey.ciphertext, context: Array(name.text.utf8))) == dataKey.plaintext
        else { throw .corrupt("the key at the target does not open what the key at the source has sealed") }
    }

    // MARK: Calls

    private func read(_ name: KeyName, _ store: any KeyStore) async throws(KeyStoreError) -> SecretBytes {
        try await timed { () throws(KeyStoreError) in try await store.get(name) }
    }

    private func timed<Value: Sendable>(
        _ call: @escaping @Sendable () async throws(KeyStoreError) -> Value
    ) async throws(KeyStoreError) -> Value {
        let limit = KeyVault.storeTimeout
        return try await within(limit, late: .unreachable("no answer within \(limit)"), call).get()
    }
}
