import Certificates
import Cryptography
import KESClient
import KESProtocol

/// Which server is meant and who asks, by the variables of KES's clients of all years.
///
/// Of the names of one thing the first that is set wins, even when it is empty: the thing is not given then.
struct ClientEnvironment {
    let server: String
    private let apiKey: String?
    private let keyFile: String?
    private let certificateFile: String?
    private let password: String?
    /// A file or directory with authorities to trust besides the system's, as MinIO names it.
    let authorities: String?
    /// The key that MinIO is set up to use.
    let defaultKey: String?

    static let defaultServer = "127.0.0.1:7373"

    init(_ variables: [String: String]) {
        func first(_ names: String...) -> String? {
            let value = names.lazy.compactMap { variables[$0] }.first ?? ""
            return value.isEmpty ? nil : value
        }
        server = first("MINIO_KES_SERVER", "KES_SERVER", "MINIO_KMS_KES_ENDPOINT") ?? Self.defaultServer
        apiKey = first("MINIO_KES_API_KEY", "KES_API_KEY", "MINIO_KMS_KES_API_KEY")
        keyFile = first("MINIO_KES_KEY_FILE", "KES_CLIENT_KEY", "MINIO_KES_CLIENT_KEY", "KES_CLIENT_TLS_KEY_FILE")
        certificateFile = first(
            "MINIO_KES_CERT_FILE", "KES_CLIENT_CERT", "MINIO_KES_CLIENT_CERT", "KES_CLIENT_TLS_CERT_FILE")
        password = first("MINIO_KMS_KES_KEY_PASSWORD")
        authorities = first("MINIO_KMS_KES_CAPATH")
        defaultKey = first("MINIO_KMS_KES_KEY_NAME")
    }

    static var ofProcess: ClientEnvironment { ClientEnvironment(ProcessEnvironment.variables()) }

    /// The credentials; a key file under a password asks for it.
    ///
    /// `option` is an API key from the command line, which goes before the environment.
    func credentials(apiKey option: String?) throws -> KESCredentials {
        if let option { return .apiKey(try Self.parse(option)) }
        if let apiKey {
            if keyFile != nil { throw CommandFailure("API key and private key file cannot be used at the same time") }
            if certificateFile != nil {
                throw CommandFailure("API key and certificate file cannot be used at the same time")
            }
            return .apiKey(try Self.parse(apiKey))
        }
        switch (certificateFile, keyFile) {
        case (nil, nil):
            throw CommandFailure("no API key specified. Consider setting MINIO_KES_API_KEY")
        case (nil, .some):
            throw CommandFailure("no certificate file specified. Consider setting MINIO_KES_CERT_FILE")
        case (.some, nil):
            throw CommandFailure("no private key file specified. Consider setting MINIO_KES_KEY_FILE")
        case (let certificate?, let key?):
            return .files(certificate: certificate, key: key, password: try password(of: key))
        }
    }

    private static func parse(_ text: String) throws -> APIKey {
        do {
            return try APIKey(text)
        } catch {
            throw CommandFailure("parsing API key: \(error)")
        }
    }

    /// From the environment, else from the person at the terminal; nil when the key needs none.
    private func password(of path: String) throws -> [UInt8]? {
        if let password { return Array(password.utf8) }
        var text = try SmallFile.contents(of: path)
        defer { wipe(&text) }
        do throws(CertificateError) {
            _ = try PrivateKey.readPEM(text, password: nil)
            return nil
        } catch .passwordRequired {
            return try asked(for: text)
        } catch {
            throw CommandFailure("failed to read private key '\(path)': \(error)")
        }
    }

    private func asked(for text: [UInt8]) throws -> [UInt8] {
        var password = try PasswordPrompt.ask("Enter password for private key: ")
        do throws(CertificateError) {
            _ = try PrivateKey.readPEM(text, password: password)
            return password
        } catch {
            wipe(&password)
            throw CommandFailure("\(error)")
        }
    }
}
