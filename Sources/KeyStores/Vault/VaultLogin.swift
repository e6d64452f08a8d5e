import HTTPClient
import JSON
import Logging

/// Obtains tokens: by renewing the one there is while that helps, else by logging in.
struct VaultLogin: Sendable {
    typealias Fresh = TokenSource<VaultToken>.Fresh

    let configuration: VaultConfiguration
    let transport: VaultTransport
    let seal: VaultSeal
    let logger: Logger
    /// Certificates are read by the client itself; one thread, where their file system may hang.
    private let certificates = BlockingCalls(
        label: "coffer.vault.certificates", threads: 1, maximumWaiting: 1,
        refusal: "an earlier read of them does not return")

    init(
        _ configuration: VaultConfiguration, _ transport: VaultTransport, _ seal: VaultSeal, logger: Logger
    ) {
        self.configuration = configuration
        self.transport = transport
        self.seal = seal
        self.logger = logger
    }

    /// The next token, after `old` where that serves still.
    ///
    /// A renewal that gives less time than the login did has come to the longest life that Vault allows the token
    /// (`token_max_ttl`): from there on renewals would only come faster and faster, so there is a login at once. Should
    /// it fail, the rest of that life is used.
    func token(after old: VaultToken?) async throws(KeyStoreError) -> Fresh {
        try seal.check()
        let time = CallTime()
        if configuration.tls.certificate != nil {
            // A renewed one has to be shown even where the token is only renewed; on failure the old one stays.
            do throws(KeyStoreError) { try await readCertificates() } catch {
                logger.warning("vault: the client certificate cannot be read anew", metadata: ["cause": "\(error)"])
            }
        }
        guard let old, old.isRenewable, let renewed = try await renewal(of: old, time) else {
            return try await logIn(time)
        }
        guard let now = renewed.lifetime, let first = old.lifetime, now < first else { return renewed }
        do throws(KeyStoreError) {
            return try await logIn(time)
        } catch {
            logger.warning(
                "vault: no new login, the token lives on", metadata: ["cause": "\(error)", "left": "\(now)"])
            return renewed
        }
    }

    private func readCertificates() async throws(KeyStoreError) {
        let late = KeyStoreError.unreachable("their file system does not answer")
        try await within(.seconds(3), late: late) { () throws(KeyStoreError) in
            try await certificates.run { (_) throws(KeyStoreError) in try transport.readCertificates() }
        }.get()
    }

    /// Whether Vault still knows the token.
    func isAlive(_ token: VaultToken, _ time: CallTime) async throws(KeyStoreError) -> Bool {
        let answer = try await transport.send(Self.lookup, token: token.text, namespace: configuration.namespace, time)
        if answer.isSuccess { return true }
        guard answer.isRefusal else { throw failure(Self.lookup, answer) }
        return false
    }

    // MARK: Ways to a token

    /// `nil` when Vault will not renew the token.
    private func renewal(of old: VaultToken, _ time: CallTime) async throws(KeyStoreError) -> Fresh? {
        let call = VaultCall(
            method: .put, path: Self.tokens / "renew-self", document: .object([("increment", .number("0"))]),
            right: "update")
        let answer = try await transport.send(call, token: old.text, namespace: configuration.namespace, time)
        if answer.isRefusal || answer.status == 400 { return nil }
        guard answer.isSuccess else { throw failure(call, answer) }
        guard let token = VaultToken(try answer.document(of: "vault")) else { return nil }
        // What it was to live at first stays the measure for every renewal.
        let renewed = VaultToken(text: token.text, isRenewable: token.isRenewable, lifetime: old.lifetime)
        // One that is to end does not live for ever from now on: what is left of it is less than a second.
        return Fresh(token: renewed, lifetime: token.lifetime ?? old.lifetime.map { _ in .zero })
    }

    private func logIn(_ time: CallTime) async throws(KeyStoreError) -> Fresh {
        switch configuration.login {
        case .appRole(let engine, let namespace, let id, let secret, let form):
            let text = try await secretID(secret, form, namespace, time)
            return try await logIn(engine, namespace, [("role_id", .string(id)), ("secret_id", .string(text))], time)
        case .kubernetes(let engine, let namespace, let role, let token):
            let text = try await token.read()
            let role = role.map { [(name: "role", value: JSONValue.string($0))] } ?? []
            return try await logIn(engine, namespace, [("jwt", .string(text))] + role, time)
        case .certificate(let engine, let namespace, let role):
            return try await logIn(engine, namespace, role.map { [("name", .string($0))] } ?? [], time)
        case .token(let token):
            return try await lookUp(token, time)
        }
    }

    private func logIn(
        _ engine: String, _ namespace: String?, _ fields: [(name: String, value: JSONValue)], _ time: CallTime
    ) async throws(KeyStoreError) -> Fresh {
        guard let engine = VaultPath(engine) else { throw .notAuthorized("vault: '\(engine)' is no path") }
        let call = VaultCall(
            method: .put, path: Self.logins / engine / "login", document: .object(fields), right: "update")
        let answer = try await transport.send(call, token: nil, namespace: loginNamespace(namespace), time)
        guard answer.isSuccess else { throw failure(call, answer) }
        guard let token = VaultToken(try answer.document(of: "vault")) else {
            throw .unavailable("vault: \(call.title): no token in the answer: \(answer.vaultWords)")
        }
        return Fresh(token: token, lifetime: token.lifetime)
    }

    /// A token that somebody else has made lives as long as Vault says.
    private func lookUp(_ text: SecretText, _ time: CallTime) async throws(KeyStoreError) -> Fresh {
        let answer = try await transport.send(Self.lookup, token: text, namespace: configuration.namespace, time)
        if answer.isRefusal { throw .notAuthorized("vault: the configured token has expired, or Vault never knew it") }
        guard answer.isSuccess else { throw failure(Self.lookup, answer) }
        let data = try answer.document(of: "vault")["data"]
        // With an end that is less than a second off, 0 does not stand for ever.
        let lifetime = VaultToken.lifetime(data?["ttl"]) ?? data?["expire_time"]?.string.map { _ in .seconds(1) }
        return Fresh(
            token: VaultToken(text: text, isRenewable: (data?["renewable"]).isTrue, lifetime: lifetime),
            lifetime: lifetime)
    }

    private func secretID(
        _ secret: VaultConfiguration.Credential, _ form: VaultConfiguration.SecretForm, _ namespace: String?,
        _ time: CallTime
    ) async throws(KeyStoreError) -> String {
        let text = try await secret.read()
        switch form {
        case .secretID: return text
        case .wrappingToken:
            return try await UnwrappedSecrets.shared.secret(of: text) { () throws(KeyStoreError) in
                try await unwrap(SecretText(text), namespace, time)
            }
        }
    }

    private func unwrap(
        _ wrapping: SecretText, _ namespace: String?, _ time: CallTime
    ) async throws(KeyStoreError) -> String {
        // Not repeatable: an answer that was lost has used up the token.
        let call = VaultCall(method: .put, path: Self.unwrapping, right: "update", isRepeatable: false)
        let answer = try await transport.send(call, token: wrapping, namespace: loginNamespace(namespace), time)
        if answer.isRefusal || answer.status == 400 {
            throw .notAuthorized(
                "vault: the wrapping token of the secret id is not valid: it is too old, or somebody has used it before "
                    + "this server, which then holds the secret id: \(answer.vaultWords)")
        }
        guard answer.isSuccess else { throw failure(call, answer) }
        guard let secret = try answer.document(of: "vault")["data"]?["secret_id"]?.string else {
            throw .notAuthorized("vault: what the wrapping token was for is no secret id")
        }
        return secret
    }

    // MARK: Parts

    /// `/` stands for none.
    private func loginNamespace(_ own: String?) -> String? {
        let namespace = own ?? configuration.namespace
        return namespace == "/" ? nil : namespace
    }

    /// Without a token nothing works, so a Vault that is only busy or broken counts as one that does not answer.
    private func failure(_ call: VaultCall, _ answer: StoreAnswer) -> KeyStoreError {
        if answer.saysSealed {
            seal.note(.sealed)
            return VaultSeal.State.sealed.failure
        }
        let text = "vault: \(call.title): status \(answer.status): \(answer.vaultWords)"
        return answer.status >= 500 || answer.status == 429 ? .unreachable(text) : .notAuthorized(text)
    }

    private static let logins = VaultPath.fixed("auth")
    private static let tokens = VaultPath.fixed("auth/token")
    private static let unwrapping = VaultPath.fixed("sys/wrapping/unwrap")
    private static let lookup = VaultCall(method: .get, path: tokens / "lookup-self", right: "read")
}
