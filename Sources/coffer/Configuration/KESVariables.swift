import KESClient
import KESProtocol
import KeyManagement

/// The variables that name a KES server, as MinIO reads them.
struct KESVariables {
    /// One with a value asks for a KES server, and then what is missing ends the start: a forgotten value must not become
    /// another key service.
    private static let names = [
        "KMS_KES_ENDPOINT", "KMS_KES_KEY_NAME", "KMS_KES_CERT_FILE", "KMS_KES_KEY_FILE", "KMS_KES_KEY_PASSWORD",
        "KMS_KES_API_KEY", "KMS_KES_CAPATH",
    ]

    let client: KESClientConfiguration
    let defaultKey: KeyID

    /// - Parameter authorities: a directory with certificates to trust beside the system's; it may be missing.
    /// - Returns: `nil` when no KES is configured.
    init?(_ environment: Environment, authorities: String) throws(StartFailure) {
        guard Self.names.contains(where: { environment.value($0) != nil }) else { return nil }
        let endpoints = try Self.required("KMS_KES_ENDPOINT", environment)
        let keyName = try Self.required("KMS_KES_KEY_NAME", environment)
        let credentials = try Self.credentials(environment)
        do {
            client = KESClientConfiguration(
                endpoints: try KESEndpoints(parsing: endpoints), credentials: credentials,
                caPath: environment.value("KMS_KES_CAPATH"), extraCADirectory: authorities,
                enclave: environment.value("KMS_KES_ENCLAVE"))
        } catch {
            throw StartFailure("MINIO_KMS_KES_ENDPOINT: \(error.detail)")
        }
        do {
            defaultKey = try KeyID(keyName)
        } catch {
            throw StartFailure("MINIO_KMS_KES_KEY_NAME: \(error)")
        }
    }

    private static func credentials(_ environment: Environment) throws(StartFailure) -> KESCredentials {
        let certificate = environment.value("KMS_KES_CERT_FILE")
        let key = environment.value("KMS_KES_KEY_FILE")
        if let text = environment.value("KMS_KES_API_KEY") {
            for (name, value) in [("CERT_FILE", certificate), ("KEY_FILE", key)] where value != nil {
                throw StartFailure(
                    "kms: invalid configuration for MinIO KES: "
                        + "'MINIO_KMS_KES_API_KEY' and 'MINIO_KMS_KES_\(name)' are present")
            }
            do {
                return .apiKey(try APIKey(text))
            } catch {
                throw StartFailure("kms: invalid 'MINIO_KMS_KES_API_KEY': \(error)")
            }
        }
        switch (certificate, key) {
        case (nil, nil):
            throw StartFailure("kms: incomplete configuration for MinIO KES: missing authentication method")
        case (nil, .some):
            throw StartFailure("kms: incomplete configuration for MinIO KES: missing 'MINIO_KMS_KES_CERT_FILE'")
        case (.some, nil):
            throw StartFailure("kms: incomplete configuration for MinIO KES: missing 'MINIO_KMS_KES_KEY_FILE'")
        case (let certificate?, let key?):
            let password = environment.value("KMS_KES_KEY_PASSWORD").map { Array($0.utf8) }
            return .files(certificate: certificate, key: key, password: password)
        }
    }

    private static func required(_ name: String, _ environment: Environment) throws(StartFailure) -> String {
        guard let value = environment.value(name) else {
            throw StartFailure("kms: incomplete configuration for MinIO KES: missing 'MINIO_\(name)'")
        }
        return value
    }
}
