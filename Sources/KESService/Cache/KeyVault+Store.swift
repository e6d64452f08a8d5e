import Cryptography
import KESProtocol
import Locking
import Logging

/// What asking the key store for its state says.
package enum VaultStatus: Hashable, Sendable {
    case available(latency: Duration)
    /// It does not answer.
    case unreachable
    /// It answers, but with a failure.
    case unavailable
}

extension KeyVault {
    /// The state of the key store: as last seen while it fails, since asking may take long then; else it is asked.
    package func status() async -> VaultStatus {
        if let outage = state.withLock({ $0.cache.outage }) { return Self.status(of: outage) }
        return await checkStore()
    }

    /// Asks the key store for its state, and lets an outage begin or end.
    @discardableResult
    package func checkStore() async -> VaultStatus {
        do throws(KeyStoreError) {
            return .available(latency: try await ask { [store] () throws(KeyStoreError) in try await store.status() })
        } catch {
            return Self.status(of: error)
        }
    }

    private static func status(of outage: KeyStoreError) -> VaultStatus {
        if case .unreachable = outage { .unreachable } else { .unavailable }
    }

    // MARK: Single flight

    /// Reads a key from the store, or waits for who is reading it already.
    ///
    /// The reading belongs to nobody: when the first to ask goes away, the others still get the key.
    func load(_ name: KeyName) async throws(KESFault) -> MasterKey {
        let task = state.withLock { state in
            if let flight = state.flights[name] { return flight.task }
            state.lastFlight += 1
            let number = state.lastFlight
            let task = Task { await self.read(name, flight: number) }
            state.flights[name] = Flight(number: number, task: task)
            return task
        }
        return try await task.value.get()
    }

    private func read(_ name: KeyName, flight: UInt64) async -> Result<MasterKey, KESFault> {
        let outcome: Result<MasterKey, KESFault>
        do throws(KESFault) {
            var value = try await value(name, .keyReadFailed)
            defer { wipe(&value) }
            do throws(StoredKeyError) {
                outcome = .success(try MasterKey(storedValue: value))
            } catch {
                log("read the key", name, "\(error)")
                outcome = .failure(.keyReadFailed)
            }
        } catch {
            outcome = .failure(error)
        }
        return land(outcome, name, flight)
    }

    /// Ends a flight: the key stays in memory, unless it was deleted or rotated meanwhile.
    private func land(
        _ outcome: Result<MasterKey, KESFault>, _ name: KeyName, _ flight: UInt64
    ) -> Result<MasterKey, KESFault> {
        let now = now()
        return state.withLock { state in
            let isCurrent = state.flights[name]?.number == flight
            if isCurrent { state.flights[name] = nil }
            switch outcome {
            case .success(let key): return .success(isCurrent ? state.cache.insert(key, name, now: now) : key)
            case .failure(.keyReadFailed): return state.cache.stale(name, now: now).map { .success($0) } ?? outcome
            case .failure: return outcome
            }
        }
    }

    /// Keeps a key that was just written; a reading that is under way may have found its predecessor.
    func adopt(_ key: MasterKey, _ name: KeyName) -> MasterKey {
        let now = now()
        return state.withLock { state in
            state.flights[name] = nil
            // Of two rotations at once, the later one's key may be here already.
            if let known = state.cache.known(name), known.newestVersion > key.newestVersion { return key }
            return state.cache.insert(key, name, now: now)
        }
    }

    func forget(_ name: KeyName) {
        state.withLock { state in
            state.flights[name] = nil
            state.cache.remove(name)
        }
    }

    // MARK: Calls

    /// What the store holds of a key; the caller wipes it.
    func value(_ name: KeyName, _ fault: KESFault) async throws(KESFault) -> [UInt8] {
        do throws(KeyStoreError) {
            return try await ask { [store] () throws(KeyStoreError) in try await store.get(name) }
        } catch {
            throw failed("read the key", name, error, error == .notFound ? .keyNotFound : fault)
        }
    }

    /// Calls the store, for a limited time, and notes whether it answered.
    ///
    /// A failure that one key may have by itself does not make an outage as long as the store's state is good.
    func ask<R: Sendable>(
        _ call: @escaping @Sendable () async throws(KeyStoreError) -> R
    ) async throws(KeyStoreError) -> R {
        let begin = ContinuousClock.now
        let late = KeyStoreError.unreachable("no answer within \(timeout)")
        let outcome = await within(timeout, late: late, call)
        switch outcome {
        case .success: noteAnswer()
        case .failure(let error) where error.isAnswer: noteAnswer()
        case .failure(.failed(let cause)):
            // Both calls together take hardly longer than one may; but a store that answered late may answer again.
            let rest = max(timeout - (.now - begin), min(timeout, .seconds(1)))
            let check = await within(rest, late: late) { [store] () throws(KeyStoreError) in
                try await store.status()
            }
            switch check {
            case .success: noteAnswer()
            case .failure(.unreachable(let reason)): noteFailure(.unreachable(reason))
            case .failure: noteFailure(.failed(cause))
            }
        case .failure(let error): noteFailure(error)
        }
        return try outcome.get()
    }

    private func noteAnswer() {
        let now = now()
        let wasOut = state.withLock { state in
            defer { state.cache.storeAnswered(now: now) }
            return state.cache.outage != nil
        }
        if wasOut { logger.notice("the key store answers again") }
    }

    private func noteFailure(_ error: KeyStoreError) {
        let isNew = state.withLock { state in
            defer { state.cache.storeFailed(error) }
            return state.cache.outage == nil
        }
        if isNew { logger.error("the key store does not work", metadata: ["cause": "\(error)"]) }
    }

    func failed(_ operation: String, _ name: KeyName, _ error: KeyStoreError, _ fault: KESFault) -> KESFault {
        if !error.isAnswer { log(operation, name, "\(error)") }
        return fault
    }

    func failed(_ operation: String, _ error: KeyStoreError, _ fault: KESFault) -> KESFault {
        logger.error("failed to \(operation)", metadata: ["cause": "\(error)"])
        return fault
    }

    func log(_ operation: String, _ name: KeyName, _ cause: String) {
        logger.error("failed to \(operation)", metadata: ["key": "\(name)", "cause": "\(cause)"])
    }
}
