import HTTPClient
import JSON
import Logging

/// Calls that show a token which serves, whatever became of the one before.
final class VaultSession: Sendable {
    let seal: VaultSeal
    private let configuration: VaultConfiguration
    private let transport: VaultTransport
    private let login: VaultLogin
    private let tokens: TokenSource<VaultToken>
    private let logger: Logger

    /// Reads the certificates of the configuration.
    init(_ configuration: VaultConfiguration, logger: Logger) throws(KeyStoreError) {
        self.configuration = configuration
        self.logger = logger
        seal = VaultSeal(believed: configuration.statusInterval)
        transport = try VaultTransport(configuration)
        let login = VaultLogin(configuration, transport, seal, logger: logger)
        self.login = login
        tokens = TokenSource("vault: token", logger: logger) { (old) throws(KeyStoreError) in
            try await login.token(after: old)
        }
    }

    // MARK: Authentication

    var credentialExpiry: ContinuousClock.Instant? { tokens.expiry }

    /// Waits until a token is there.
    func logIn(_ time: CallTime) async throws(KeyStoreError) { _ = try await tokens.token(time) }

    /// Keeps the token alive, and watches whether Vault is sealed, until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tokens.run() }
            group.addTask { await self.watchSeal() }
        }
    }

    private func watchSeal() async {
        var before: VaultSeal.State?
        while !Task.isCancelled {
            let interval = configuration.statusInterval
            // Who unseals it waits for its service to come back.
            let pause = before == nil ? interval : min(interval, .seconds(1))
            do { try await Task.sleep(for: pause) } catch { return }
            _ = try? await health(CallTime())
            let now = seal.state
            if now != before {
                if let now { logger.warning("\(now.failure)") } else { logger.notice("vault: unsealed") }
            }
            before = now
        }
    }

    // MARK: Calls

    /// The answer to a call, whatever its status but that of a sealed Vault.
    ///
    /// A token can end sooner than was promised: it was revoked, or Vault restored from a backup. Vault answers such a
    /// call as it does one that its policies do not allow; it is asked which of the two it was, and only a token that it
    /// does not know any more is worth a login and another try, of which there is one.
    func send(_ call: VaultCall, _ time: CallTime) async throws(KeyStoreError) -> StoreAnswer {
        try seal.check()
        let (token, number) = try await tokens.token(time)
        var answer = try await send(call, token, time)
        if try await isRefused(answer, token, number, time) {
            logger.notice("vault: the token is not valid any more")
            let (another, next) = try await tokens.token(time)
            answer = try await send(call, another, time)
            _ = try? await isRefused(answer, another, next, time)
        }
        if answer.saysSealed {
            seal.note(.sealed)
            throw VaultSeal.State.sealed.failure
        }
        return answer
    }

    /// Whether it is the token that Vault did not take, and another is worth a try.
    private func isRefused(
        _ answer: StoreAnswer, _ token: VaultToken, _ number: UInt64, _ time: CallTime
    ) async throws(KeyStoreError) -> Bool {
        guard answer.isRefusal else {
            if answer.isSuccess { tokens.accept(number) }
            return false
        }
        guard try await !login.isAlive(token, time) else {
            tokens.accept(number)
            return false
        }
        return tokens.refuse(number)
    }

    private func send(
        _ call: VaultCall, _ token: VaultToken, _ time: CallTime
    ) async throws(KeyStoreError) -> StoreAnswer {
        try await transport.send(call, token: token.text, namespace: configuration.namespace, time)
    }

    /// How long Vault takes to say that it works; for that it wants no token, and no namespace.
    func health(_ time: CallTime) async throws(KeyStoreError) -> Duration {
        let start = ContinuousClock.now
        let answer = try await transport.send(Self.health, token: nil, namespace: nil, time)
        guard answer.isSuccess else { throw Self.health.failure(answer) }
        let document = try answer.document(of: "vault")
        guard document["sealed"] != nil else { throw .unavailable("vault: \(Self.health.title): not Vault's answer") }
        let state: VaultSeal.State? =
            !document["initialized"].isTrue ? .uninitialized : document["sealed"].isTrue ? .sealed : nil
        seal.note(state)
        try seal.check()
        return ContinuousClock.now - start
    }

    /// Whatever state the node is in, the answer is a 2xx that says so.
    private static let health = VaultCall(
        method: .get, path: .fixed("sys/health"),
        query: "drsecondarycode=299&performancestandbycode=299&sealedcode=299&standbycode=299&uninitcode=299",
        right: "read")
}
