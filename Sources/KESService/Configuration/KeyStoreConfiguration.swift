/// Where keys are kept, and how to get there.
package enum KeyStoreConfiguration: Sendable {
    /// Gone with the process; no file can ask for it.
    case memory
    case fs(path: String)
    case vault(VaultConfiguration)
    case fortanix(FortanixConfiguration)
    case gemalto(GemaltoConfiguration)
    case aws(AWSConfiguration)
    case azure(AzureConfiguration)
    case gcp(GCPConfiguration)
    case entrust(EntrustConfiguration)

    /// What an operator calls it.
    package var name: String {
        switch self {
        case .memory: "In Memory"
        case .fs: "fs"
        case .vault: "Hashicorp Vault"
        case .fortanix: "Fortanix SDKMS"
        case .gemalto: "Gemalto KeySecure"
        case .aws: "AWS SecretsManager"
        case .azure: "Azure KeyVault"
        case .gcp: "GCP SecretManager"
        case .entrust: "Entrust KeyControl"
        }
    }
}

package struct VaultConfiguration: Sendable {
    package enum EngineVersion: String, Sendable { case v1, v2 }

    package enum Login: Sendable {
        case appRole(engine: String, namespace: String?, id: String, secret: SecretText)
        case kubernetes(engine: String, namespace: String?, role: String?, token: KubernetesToken)
    }

    package enum KubernetesToken: Sendable {
        case text(SecretText)
        /// Read at every login.
        case file(String)
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
}

package struct FortanixConfiguration: Sendable {
    package var endpoint: String
    package var groupID: String?
    package var apiKey: SecretText
    package var authorities: String?
}

package struct GemaltoConfiguration: Sendable {
    package var endpoint: String
    package var token: SecretText
    package var domain: String?
    package var authorities: String?
}

package struct AWSConfiguration: Sendable {
    package struct Credentials: Sendable {
        package var accessKey: String
        package var secretKey: SecretText?
        package var sessionToken: SecretText?
    }

    package var endpoint: String
    package var region: String
    package var kmsKey: String?
    /// `nil`: those of the machine or the environment.
    package var credentials: Credentials?
}

package struct AzureConfiguration: Sendable {
    package enum Credentials: Sendable {
        case client(tenantID: String, clientID: String, secret: SecretText)
        case managedIdentity(clientID: String)
        /// Those of the machine or the environment.
        case ambient
    }

    package var endpoint: String
    package var credentials: Credentials
}

package struct GCPConfiguration: Sendable {
    package struct Credentials: Sendable {
        package var clientEmail: String
        package var clientID: String
        package var privateKeyID: String
        /// PEM.
        package var privateKey: SecretText
    }

    package var projectID: String
    package var endpoint: String?
    package var scopes: [String]
    /// `nil`: those of the machine or the environment.
    package var credentials: Credentials?
}

package struct EntrustConfiguration: Sendable {
    package var endpoint: String
    package var vaultID: String
    package var boxID: String
    package var username: String
    package var password: SecretText
    package var authorities: String?
}
