/// Where keys are kept, and how to get there: one case a store, with its configuration.
package enum KeyStoreConfiguration: Sendable {
    /// Gone with the process; no file can ask for it.
    case memory
    case fs(FileKeyStoreConfiguration)
    case sealed(SealedConfiguration)
    case vault(VaultConfiguration)
    case fortanix(FortanixConfiguration)
    case gemalto(GemaltoConfiguration)
    case aws(AWSConfiguration)
    case awsKMS(AWSKMSConfiguration)
    case azure(AzureConfiguration)
    case azureKeys(AzureKeysConfiguration)
    case gcp(GCPConfiguration)
    case entrust(EntrustConfiguration)
    case pkcs11(PKCS11Configuration)

    /// What an operator calls it.
    package var name: String {
        switch self {
        case .memory: "In Memory"
        case .fs: "fs"
        case .sealed: "fs (sealed)"
        case .vault: "Hashicorp Vault"
        case .fortanix: "Fortanix SDKMS"
        case .gemalto: "Gemalto KeySecure"
        case .aws: "AWS SecretsManager"
        case .awsKMS: "AWS KMS"
        case .azure: "Azure KeyVault"
        case .azureKeys: "Azure KeyVault keys"
        case .gcp: "GCP SecretManager"
        case .entrust: "Entrust KeyControl"
        case .pkcs11: "PKCS#11"
        }
    }

    package var isVault: Bool { if case .vault = self { true } else { false } }

    /// Whether calls go to a service, which may refuse or be away for a while.
    package var isRemote: Bool {
        switch self {
        case .memory, .fs, .sealed, .pkcs11: false
        case .vault, .fortanix, .gemalto, .aws, .awsKMS, .azure, .azureKeys, .gcp, .entrust: true
        }
    }

    /// A file or a directory of certificates that are trusted beside the system's, where the store has such a setting.
    package var authorities: String? {
        switch self {
        case .vault(let configuration): configuration.tls.authorities
        case .fortanix(let configuration): configuration.authorities
        case .gemalto(let configuration): configuration.authorities
        case .entrust(let configuration): configuration.authorities
        case .memory, .fs, .sealed, .aws, .awsKMS, .azure, .azureKeys, .gcp, .pkcs11: nil
        }
    }

    /// The directory, endpoint or project of the store, for log lines; of the store in memory its name.
    package var place: String {
        switch self {
        case .memory: name
        case .fs(let configuration): configuration.path
        case .sealed(let configuration): configuration.path
        case .vault(let configuration): configuration.endpoint
        case .fortanix(let configuration): configuration.endpoint
        case .gemalto(let configuration): configuration.endpoint
        case .aws(let configuration): configuration.endpoint
        case .awsKMS(let configuration): configuration.key
        case .azure(let configuration): configuration.endpoint
        case .azureKeys(let configuration): configuration.path
        case .gcp(let configuration): configuration.projectID
        case .entrust(let configuration): configuration.endpoint
        case .pkcs11(let configuration): configuration.path
        }
    }

    /// The directory of the keys' files, where there are such.
    package var directory: String? {
        switch self {
        case .fs(let configuration): configuration.path
        case .sealed(let configuration): configuration.path
        case .awsKMS(let configuration): configuration.path
        case .azureKeys(let configuration): configuration.path
        case .pkcs11(let configuration): configuration.path
        case .memory, .vault, .fortanix, .gemalto, .aws, .azure, .gcp, .entrust: nil
        }
    }
}
