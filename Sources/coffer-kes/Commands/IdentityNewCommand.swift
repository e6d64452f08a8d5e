import ArgumentParser
import Certificates
import Cryptography
import Glibc
import KESProtocol

struct IdentityNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make an API key, or a private key and a certificate.",
        discussion: "With --key and --cert the new identity is written to two files; without them it is an API key.")

    @Argument(help: ArgumentHelp("Common name of the certificate (default: the identity).", valueName: "SUBJECT"))
    var subject: String?

    @Option(help: ArgumentHelp("File for the private key.", valueName: "FILE"))
    var key: String?

    @Option(help: ArgumentHelp("File for the certificate.", valueName: "FILE"))
    var cert: String?

    @Option(help: ArgumentHelp("IP addresses that the certificate is for, by commas.", valueName: "IP"))
    var ip: [String] = []

    @Option(help: ArgumentHelp("DNS names that the certificate is for, by commas.", valueName: "NAME"))
    var dns: [String] = []

    @Option(help: ArgumentHelp("How long the certificate is valid (default: 720h).", valueName: "DURATION"))
    var expiry: String?

    @Flag(help: "Encrypt the private key under a password, which is asked for.")
    var encrypt = false

    @Flag(name: .shortAndLong, help: "Overwrite files.")
    var force = false

    func run() throws {
        switch (key, cert) {
        case (nil, nil):
            try refuseFlagsOfFiles()
            Terminal.write(IdentityText.new(.generate()))
        case (.some, nil):
            throw CommandFailure("private key file specified but no certificate file. Set the '--cert' flag")
        case (nil, .some):
            throw CommandFailure("certificate file specified but no private key file. Set the '--key' flag")
        case (.some(let keyPath), .some(let certificatePath)): try writeFiles(keyPath, certificatePath)
        }
    }

    private func refuseFlagsOfFiles() throws {
        let given = [
            ("--ip", !ip.isEmpty), ("--dns", !dns.isEmpty), ("--expiry", expiry != nil), ("--encrypt", encrypt),
            ("--force", force),
        ]
        for (flag, isGiven) in given where isGiven {
            throw CommandFailure(
                "'\(flag)' requires a private key and certificate file. Set the '--cert' and '--key' flag")
        }
    }

    private func writeFiles(_ keyPath: String, _ certificatePath: String) throws {
        let validity = try seconds()
        if !force {
            if SmallFile.exists(keyPath) {
                throw CommandFailure("private key already exists. Use --force to overwrite it")
            }
            if SmallFile.exists(certificatePath) {
                throw CommandFailure("certificate already exists. Use --force to overwrite it")
            }
        }
        let seed = SecretKey()
        let privateKey = PrivateKey.ed25519(seed: seed)
        let apiKey = APIKey(seed: seed)
        let certificate = try makeCertificate(for: privateKey, identity: apiKey.identity, validity: validity)
        var password = encrypt ? try PasswordPrompt.askTwice() : []
        defer { wipe(&password) }
        var text = privateKey.pem(password: password)
        defer { wipe(&text) }
        let mode: SmallFile.Existing = force ? .replace : .keep
        try SmallFile.write(text, to: keyPath, permissions: 0o600, existing: mode)
        do {
            try SmallFile.write(Array(certificate.pem.utf8), to: certificatePath, permissions: 0o644, existing: mode)
        } catch {
            // Without its certificate a new key is of no use, and in the way of the next attempt.
            if !force { unlink(keyPath) }
            throw error
        }
        // The API key is the private key in other letters: not to be shown where that is encrypted.
        let identity =
            encrypt ? IdentityText.identity(apiKey.identity, of: [certificatePath]) : IdentityText.new(apiKey)
        Terminal.write(
            identity + """

                Private key:  \(keyPath)
                Certificate:  \(certificatePath)
                Expires:      \(expiryText(certificate))

                """)
    }

    private func makeCertificate(
        for privateKey: PrivateKey, identity: Identity, validity: Int64
    ) throws -> Certificate {
        let now = RFC3339Time.now.seconds
        let request = CertificateContents(
            commonName: subject ?? identity.text, notBefore: now, notAfter: now + validity, dnsNames: Self.list(dns),
            ipAddresses: Self.list(ip), extendedKeyUsage: [.clientAuth, .serverAuth])
        do {
            return try request.signed(with: privateKey)
        } catch {
            throw CommandFailure("failed to create certificate: \(error)")
        }
    }

    /// How long the certificate is to be valid.
    private func seconds() throws -> Int64 {
        guard let expiry else { return 720 * 3600 }
        do {
            let duration = try GoDuration.parse(expiry)
            guard duration >= .seconds(1) else { throw CommandFailure("'--expiry' must be at least one second") }
            return duration.components.seconds
        } catch let error as GoDurationError {
            throw CommandFailure("invalid argument \"\(expiry)\" for \"--expiry\" flag: \(error)")
        }
    }

    private func expiryText(_ certificate: Certificate) -> String {
        let text = RFC3339Time(seconds: certificate.notAfter, nanoseconds: 0).text
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8)) UTC"
    }

    /// Flags may be repeated, and each may hold a list.
    private static func list(_ values: [String]) -> [String] {
        values.joined(separator: ",").split(separator: ",").map { value in
            String(value.drop { $0 == " " }.prefix { $0 != " " })
        }
    }
}
