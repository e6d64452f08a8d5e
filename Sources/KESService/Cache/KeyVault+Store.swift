import Cryptography
import KESProtocol
import KeyStores
import Logging
import Threading

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
        if let outage { return Self.status(of: outage) }
        return await checkStore()
    }

    /// Asks the key store for its state, and lets an outage begin or end.
    @discardableResult
    package func checkStore() async -> VaultStatus {
        do throws(KeyStoreError) {
            return .available(
                latency: try await ask(.status) { [store] () throws(KeyStoreError) in try await store.status() })
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
    /// The reading belongs to nobody: when the first to ask goes away, the others still get the key. `SingleFlight` would
    /// not do: a change of the key withdraws the flight, so that whoever asks after it waits for a reading that began
    /// after it, and the flight and the generation that it reads in are noted under one lock.
    func load(_ name: KeyName) async throws(KESFault) -> MasterKey {
        let task = state.withLock { state in
            if let flight = state.flights[name] { return flight.task }
            state.lastFlight += 1
            let (number, generation) = (state.lastFlight, state.generations[name])
            let task = Task { await self.read(name, flight: number, generation) }
            state.flights[name] = Flight(number: number, task: task)
            return task
        }
        return try await task.value.get()
    }

    private func read(
        _ name: KeyName, flight: UInt64, _ generation: KeyGenerations.Generation
    ) async -> Result<MasterKey, KESFault> {
        let outcome: Result<MasterKey, KESFault>
        do throws(KESFault) {
            let value = try await value(name, .keyReadFailed)
            do throws(StoredKeyError) {
                outcome = .success(try MasterKey(storedValue: value))
            } catch {
                log("read the key", name, "\(error)")
                outcome = .failure(.keyReadFailed)
            }
        } catch {
            outcome = .failure(error)
        }
        return land(outcome, name, flight, generation)
    }

    /// Ends a flight: memory has what the store said, unless the key was changed since the store was asked.
    private func land(
        _ outcome: Result<MasterKey, KESFault>, _ name: KeyName, _ flight: UInt64,
        _ generation: KeyGenerations.Generation
    ) -> Result<MasterKey, KESFault> {
        let now = now()
        return state.withLock { state in
            if state.flights[name]?.number == flight { state.flights[name] = nil }
            let isCurrent = state.generations[name] == generation
            switch outcome {
            case .success(let key):
                guard isCurrent else { return outcome }
                let counted = state.cache.counted(key, name)
                state.cache.insert(counted, name, now: now, shortened: spread())
                return .success(counted)
            case .failure(.keyReadFailed): return state.cache.stale(name, now: now).map { .success($0) } ?? outcome
            case .failure(.keyNotFound):
                // A stale copy must not come back with the next outage.
                if isCurrent { state.cache.remove(name) }
                return outcome
            case .failure: return outcome
            }
        }
    }

    /// Forgets a key that the store says does not exist, unless it was changed since the store was asked.
    func forget(_ name: KeyName, ifUnchangedSince generation: KeyGenerations.Generation) {
        state.withLock { state in
            if state.generations[name] == generation { state.cache.remove(name) }
        }
    }

    // MARK: Changes

    /// What a call does to a key of the store.
    enum Change {
        case creation
        case deletion
        /// To this key, made of what the store held in this generation; `nil` when another vault had read it.
        case rotation(MasterKey, KeyGenerations.Generation?)

        var operation: StoreMetrics.Operation {
            switch self {
            case .creation: .create
            case .deletion: .delete
            case .rotation: .replace
            }
        }

        /// The change for another vault on the same keys.
        var handedOn: Change {
            switch self {
            case .creation, .deletion: self
            case .rotation(let key, _): .rotation(key, nil)
            }
        }
    }

    /// Calls the store to change a key, and makes memory agree with what came of it.
    ///
    /// Memory changes where the store's answer arrives, however late that is: the caller may have been told of a failure
    /// by then.
    func change(
        _ name: KeyName, _ change: Change,
        _ call: @escaping @Sendable (any KeyStore) async throws(KeyStoreError) -> Void
    ) async throws(KeyStoreError) {
        do throws(KeyStoreError) {
            try await ask(change.operation) { () throws(KeyStoreError) in
                do throws(KeyStoreError) { try await call(self.store) } catch {
                    self.settle(name, change, error)
                    throw error
                }
                self.settle(name, change, nil)
            }
        } catch {
            // When the store is too late, this is before its answer; the change may have happened.
            settle(name, change, error)
            throw error
        }
    }

    /// Brings memory to where a change has left the store, of which `failure` may leave open whether it happened.
    private func settle(_ name: KeyName, _ change: Change, _ failure: KeyStoreError?) {
        let now = now()
        let successor = state.withLock { state -> KeyVault? in
            switch failure {
            // Nothing was changed.
            case .keyExists, .keyChanged, .nameNotAllowed: return nil
            case nil, .keyNotFound, .corrupt, .notAuthorized, .unavailable, .unreachable, .cancelled: break
            }
            let isCurrent =
                if case .rotation(_, let generation) = change { state.generations[name] == generation } else { false }
            state.flights[name] = nil
            state.generations.advance(name)
            switch (change, failure) {
            case (.rotation(let key, _), nil) where isCurrent:
                state.cache.insert(key, name, now: now, shortened: spread())
            // Another change ended meanwhile, and nobody knows which of them the store saw last.
            case (.rotation, nil): state.cache.expire(name, now: now)
            case (.creation, nil), (.deletion, _), (_, .keyNotFound): state.cache.remove(name)
            // What is in memory may be outdated: it serves only as long as the store cannot be asked.
            case (.creation, _), (.rotation, _): state.cache.expire(name, now: now)
            }
            return state.successor
        }
        successor?.settle(name, change.handedOn, failure)
    }

    // MARK: Calls

    /// What the store holds of a key.
    func value(_ name: KeyName, _ fault: KESFault) async throws(KESFault) -> SecretBytes {
        do throws(KeyStoreError) {
            return try await ask(.get) { [store] () throws(KeyStoreError) in try await store.get(name) }
        } catch {
            throw failed("read the key", name, error, error == .keyNotFound ? .keyNotFound : fault)
        }
    }

    /// Calls the store, for a limited time, and notes whether it answered.
    ///
    /// A failure that one key may have by itself does not make an outage as long as the store's state is good.
    func ask<R: Sendable>(
        _ operation: StoreMetrics.Operation, _ call: @escaping @Sendable () async throws(KeyStoreError) -> R
    ) async throws(KeyStoreError) -> R {
        let begin = ContinuousClock.now
        let outcome = await timed(operation, timeout, call)
        switch outcome {
        case .success, .failure(.keyExists), .failure(.keyNotFound), .failure(.keyChanged), .failure(.nameNotAllowed),
            .failure(.corrupt):
            noteAnswer()
        case .failure(.cancelled): break
        case .failure(.unreachable(let reason)): noteFailure(.unreachable(reason))
        case .failure(.unavailable(let cause)), .failure(.notAuthorized(let cause)):
            // Both calls together take hardly longer than one may; but a store that answered late may answer again.
            let rest = max(timeout - (.now - begin), min(timeout, .seconds(1)))
            let check = await timed(.status, rest) { [store] () throws(KeyStoreError) in try await store.status() }
            switch check {
            case .success: noteAnswer()
            case .failure(.unreachable(let reason)): noteFailure(.unreachable(reason))
            case .failure(.cancelled): break
            case .failure: noteFailure(.unavailable(cause))
            }
        }
        return try outcome.get()
    }

    /// The outcome of a call, or that it took too long; counted.
    private func timed<R: Sendable>(
        _ operation: StoreMetrics.Operation, _ limit: Duration,
        _ call: @escaping @Sendable () async throws(KeyStoreError) -> R
    ) async -> Result<R, KeyStoreError> {
        let begin = MonotonicTime.now
        let outcome = await within(limit, late: .unreachable("no answer within \(timeout)"), call)
        let failure: KeyStoreError? = if case .failure(let error) = outcome { error } else { nil }
        metrics.record(operation, nanoseconds: begin.elapsed, failure: failure)
        return outcome
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
        switch error {
        case .keyExists, .keyNotFound, .keyChanged, .nameNotAllowed: break
        case .notAuthorized(let cause): log(operation, name, cause, refusedBy: store.title)
        case .corrupt, .unavailable, .unreachable, .cancelled: log(operation, name, "\(error)")
        }
        return fault
    }

    func failed(_ operation: String, _ error: KeyStoreError, _ fault: KESFault) -> KESFault {
        var metadata: Logger.Metadata = ["cause": "\(error)"]
        if case .notAuthorized = error { metadata[Self.refusedBy] = "\(store.title)" }
        logger.error("failed to \(operation)", metadata: metadata)
        return fault
    }

    /// - Parameter refusedBy: Which side refused the call, if one did, as lines about policies say it of theirs.
    func log(_ operation: String, _ name: KeyName, _ cause: String, refusedBy: String? = nil) {
        var metadata: Logger.Metadata = ["key": "\(name)", "cause": "\(cause)"]
        if let refusedBy { metadata[Self.refusedBy] = "\(refusedBy)" }
        logger.error("failed to \(operation)", metadata: metadata)
    }

    private static let refusedBy = "refused-by"
}
