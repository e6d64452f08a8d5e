import Cryptography
import KESProtocol

/// Which version of an entry counts, and who wins.
extension VaultKeyStore {
    /// How long another server may take between its look at an entry and its write, with v1: at least, and at most.
    static let shortestSettling = Duration.milliseconds(150)
    static let longestSettling = Duration.seconds(1)

    /// The latest version, whoever wrote it.
    func latest(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> VaultEntry {
        try await entry(name, nil, time)
    }

    /// The version that is the key: KES writes one and reads the first, and a rotation adds others with a mark.
    ///
    /// One call, unless somebody else has added a version; then those before it are looked at. The number is that of the
    /// latest all the same, which is what the next write has to follow.
    func current(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> VaultEntry {
        let latest = try await latest(name, time)
        guard case .live(_, let last, isOurs: false) = latest else { return latest }
        for number in (1..<last).reversed() {
            guard case .live(let text, _, isOurs: true) = try await entry(name, number, time) else { continue }
            return .live(text: text, number: last, isOurs: true)
        }
        throw .corrupt(
            "vault: none of the \(last) versions of '\(engine.entry(name))' that are there is a key; "
                + "if one is deleted, undelete it (vault kv undelete)")
    }

    private func entry(
        _ name: KeyName, _ number: Int?, _ time: CallTime
    ) async throws(KeyStoreError) -> VaultEntry {
        let call = engine.read(name, number: number)
        return try VaultEntry(try await session.send(call, time), to: call, of: name, engine.version)
    }

    /// Writes an entry, and looks for a try of which nobody knows what became before there is another.
    ///
    /// - Parameters:
    ///   - lookedAt: When the entry was last seen as it is to be.
    ///   - isUnchanged: Whether an entry is what it was before the write.
    /// - Returns: The answer, `nil` when the value was found to be there; and when the last look was. Throws
    ///   ``KeyStoreError/keyChanged`` when another value has come before a further try.
    func write(
        _ call: VaultCall, _ text: SecretBytes, _ name: KeyName, lookedAt: ContinuousClock.Instant, _ time: CallTime,
        isUnchanged: (VaultEntry) -> Bool
    ) async throws(KeyStoreError) -> (answer: StoreAnswer?, lookedAt: ContinuousClock.Instant) {
        guard engine.version == .v1 else { return (try await session.send(call, time), lookedAt) }
        var lookedAt = lookedAt
        var attempt = 1
        while true {
            let failure: KeyStoreError
            var pause = Duration.milliseconds(Int64.random(in: 200...600))
            do throws(KeyStoreError) {
                let answer = try await session.send(call, time)
                guard attempt < Self.writes, RetryPolicy.standard.isTransient(answer) else { return (answer, lookedAt) }
                failure = call.failure(answer)
                pause = max(pause, answer.retryAfter ?? .zero)
            } catch {
                guard attempt < Self.writes, case .unreachable = error else { throw error }
                failure = error
            }
            guard pause + .seconds(1) < time.left else { throw failure }
            do { try await Task.sleep(for: pause) } catch { throw .cancelled }
            lookedAt = .now
            let entry = try await latest(name, time)
            if case .live(let stored, _, _) = entry, stored.isEqual(to: text) { return (nil, lookedAt) }
            guard isUnchanged(entry) else { throw .keyChanged }
            attempt += 1
        }
    }

    /// Tries of a write, at most.
    private static var writes: Int { 4 }

    /// Whether what was written is still there after a while.
    ///
    /// K/V version 1 has no write that depends on what is there. So of two servers that saw no key, or the same one, at
    /// one time both write, and the later write stays. Each looks again when all who looked before its write have had the
    /// time to write theirs, and finds either its own or the one that has won.
    func keeps(
        _ text: SecretBytes, _ name: KeyName, after settling: Duration, _ time: CallTime
    ) async throws(KeyStoreError) -> Bool {
        do { try await Task.sleep(for: settling) } catch { throw .cancelled }
        switch try await latest(name, time) {
        case .live(let stored, _, _): return stored.isEqual(to: text)
        // Deleted by somebody who found it.
        case .absent, .deleted: return true
        }
    }
}
