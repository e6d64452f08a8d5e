/// HashiCorp Vault, or OpenBao: an engine for secrets, and how to log in.
package struct VaultConfiguration: Sendable {
    package enum EngineVersion: String, Sendable { case v1, v2 }

    /// How to log in; a namespace is for the login alone, `/` stands for none.
    package enum Login: Sendable {
        case appRole(engine: String, namespace: String?, id: String, secret: Credential, form: SecretForm)
        case kubernetes(engine: String, namespace: String?, role: String?, token: Credential)
        /// With the client certificate of ``TLS``.
        case certificate(engine: String, namespace: String?, role: String?)
        /// No login: a token that somebody else has made.
        case token(SecretText)
    }

    package enum Credential: Sendable {
        case text(SecretText)
        /// The path of a file with it, which is read at every login.
        case file(String)

        /// The secret as it is now, without white space at its ends: editors leave a line feed, and no secret has any.
        func read() async throws(KeyStoreError) -> String {
            switch self {
            case .text(let secret): secret.text.trimmedLine
            case .file(let path): try await CredentialFile.readText(path)
            }
        }
    }

    /// What the secret of an AppRole is.
    package enum SecretForm: Sendable, Hashable {
        case secretID
        /// A token for one use, which Vault exchanges for the secret id.
        case wrappingToken
    }

    package struct Transit: Sendable, Hashable {
        package var engine: String
        package var key: String

        package init(engine: String, key: String) {
            self.engine = engine
            self.key = key
        }
    }

    package struct TLS: Sendable, Hashable {
        package var key: String?
        package var certificate: String?
        package var authorities: String?

        package init(key: String? = nil, certificate: String? = nil, authorities: String? = nil) {
            self.key = key
            self.certificate = certificate
            self.authorities = authorities
        }
    }

    package var endpoint: String
    package var engine: String
    package var version: EngineVersion
    package var namespace: String?
    package var prefix: String?
    package var transit: Transit?
    package var login: Login
    package var tls: TLS
    package var statusInterval: Duration

    package init(
        endpoint: String, engine: String, version: EngineVersion, namespace: String?, prefix: String?,
        transit: Transit?, login: Login, tls: TLS, statusInterval: Duration
    ) {
        self.endpoint = endpoint
        self.engine = engine
        self.version = version
        self.namespace = namespace
        self.prefix = prefix
        self.transit = transit
        self.login = login
        self.tls = tls
        self.statusInterval = statusInterval
    }
}
