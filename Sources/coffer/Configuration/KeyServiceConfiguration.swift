import KESClient
import KeyManagement

/// Where data keys come from.
struct KeyServiceConfiguration: Sendable {
    enum Current: Sendable {
        /// The local keyring: named keys in one file outside the drive.
        case keyring(path: String)
        /// One static key from the environment.
        case staticKey(StaticKeyService)
        /// A KES server, with the key for whatever names none.
        case kes(KESClientConfiguration, defaultKey: KeyID)
    }

    /// What the drive's data keys came from before, while they move to the current key service.
    enum Former: Sendable {
        case keyring(path: String)
        case staticKey(StaticKeyService)
    }

    let current: Current
    let former: Former?

    /// The sets of variables exclude each other, as at MinIO: a server must never guess which keys it is to use.
    ///
    /// - Parameter authorities: a directory with certificates that a KES server's may be issued by.
    init(keyringOption: String?, authorities: String, environment: Environment) throws(StartFailure) {
        let kes = try KESVariables(environment, authorities: authorities)
        let staticKey = try Self.staticKey(environment)
        let other = ["KMS_SERVER", "KMS_ENCLAVE", "KMS_SSE_KEY", "KMS_API_KEY"].first { environment.value($0) != nil }
        switch (kes, staticKey) {
        case (.some, .some):
            throw StartFailure("kms: configuration for MinIO KES and static KMS key is present")
        case (let kes?, nil):
            if other != nil { throw StartFailure("kms: configuration for MinIO KMS and MinIO KES is present") }
            current = .kes(kes.client, defaultKey: kes.defaultKey)
        case (nil, let key?):
            if other != nil { throw StartFailure("kms: configuration for MinIO KMS and static KMS key is present") }
            current = .staticKey(key)
        case (nil, nil):
            if let other {
                throw StartFailure("MINIO_\(other): the protocol of MinIO's commercial KMS is not supported")
            }
            current = .keyring(
                path: keyringOption ?? environment.value("KEYRING")
                    ?? LocalKeyring.defaultPath(environment: environment.variables))
        }
        former = try Self.former(environment)
    }

    /// Only Coffer's own variables: no other server can open what another key service wrapped.
    private static func former(_ environment: Environment) throws(StartFailure) -> Former? {
        let keyring = environment.value("FORMER_KEYRING")
        let secret = try environment.key("FORMER_KMS_SECRET_KEY")
        switch (keyring, secret) {
        case (nil, nil): return nil
        case (let path?, nil): return .keyring(path: path)
        case (nil, let secret?):
            do throws(StaticKeyError) {
                return .staticKey(try StaticKeyService.parse(secret))
            } catch {
                throw StartFailure("COFFER_FORMER_KMS_SECRET_KEY: \(error)")
            }
        case (.some, .some):
            throw StartFailure(
                "COFFER_FORMER_KEYRING and COFFER_FORMER_KMS_SECRET_KEY: only one service can be the former one")
        }
    }

    private static func staticKey(_ environment: Environment) throws(StartFailure) -> StaticKeyService? {
        let inline = environment.value("KMS_SECRET_KEY")
        let secret = try environment.key("KMS_SECRET_KEY")
        if let inline, let secret, inline != secret {
            throw StartFailure(
                "kms: invalid configuration for static KMS key: 'MINIO_KMS_SECRET_KEY' and 'MINIO_KMS_SECRET_KEY_FILE' "
                    + "are present")
        }
        let legacy = secret == nil ? try environment.key("KMS_MASTER_KEY") : nil
        do throws(StaticKeyError) {
            if let secret { return try StaticKeyService.parse(secret) }
            return if let legacy { try StaticKeyService.parse(legacy, encoding: .hexadecimal) } else { nil }
        } catch {
            throw StartFailure("\(error)")
        }
    }
}
