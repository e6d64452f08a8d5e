import ArgumentParser
import CLinux
import Certificates
import Glibc
import KESClient
import KESProtocol
import KeyManagement
import Notation
import Requests

/// Looks at what a server on this machine would be started with: its configuration, drive, keys and certificates.
struct LocalDiagnosis {
    let directory: String
    let environment: Environment

    func findings() async -> [Finding] {
        let configuration: ServerConfiguration
        do {
            let command = try ServerCommand.parse([directory])
            configuration = try ServerConfiguration(command: command, environment: environment)
        } catch {
            let reason = (error as? StartFailure)?.reason ?? "\(error)"
            return [.wrong("Configuration", reason, remedy: "correct the variable, or the file that has it")]
                + DriveDiagnosis(path: directory).findings() + [Self.clock(), Self.limits()]
        }
        return await Self.findings(configuration, drive: DriveDiagnosis(path: directory).findings())
    }

    /// Of a server that runs, for who looks at it from within.
    ///
    /// - Parameter offload: does what waits for the disk where nobody else waits for it.
    static func ofServer(
        _ configuration: ServerConfiguration,
        offload: (@escaping @Sendable () -> [Finding]) async -> [Finding]
    ) async -> [Finding] {
        await findings(configuration, drive: await offload { DriveDiagnosis(path: configuration.drive).findings() })
    }

    private static func findings(_ configuration: ServerConfiguration, drive: [Finding]) async -> [Finding] {
        var findings = self.configuration(configuration) + drive
        findings += await keyService(configuration)
        findings += certificates(configuration)
        findings += [clock(), limits()]
        for domain in configuration.domains { findings.append(NameDiagnosis.virtualHosts(domain)) }
        return findings
    }

    private static func configuration(_ configuration: ServerConfiguration) -> [Finding] {
        var findings: [Finding] = []
        if let credentials = configuration.credentials {
            if credentials.secret == "minioadmin" {
                findings.append(
                    .doubtful(
                        "Credentials", "the secret is one that everybody knows", remedy: "set MINIO_ROOT_PASSWORD"))
            } else {
                findings.append(.right("Credentials", "those of the environment, for \(credentials.accessKey)"))
            }
        } else {
            findings.append(
                .doubtful(
                    "Credentials", "none are set here: the server makes a secret, and listens on loopback only",
                    remedy: "set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD, or run this with the server's environment"))
        }
        for note in configuration.notes {
            findings.append(.unknown("Configuration", note))
        }
        if findings.count == 1 { findings.append(.right("Configuration", "can be read")) }
        return findings
    }

    // MARK: Keys

    private static func keyService(_ configuration: ServerConfiguration) async -> [Finding] {
        switch configuration.keyService.current {
        case .staticKey(let key):
            return [
                .doubtful(
                    "Key service", "one static key, \(key.defaultKey.name), in the environment",
                    remedy: "it cannot be rotated or taken away: a KES server can")
            ]
        case .keyring(let path): return keyring(path, configuration.drive)
        case .kes(let client, let key): return await kes(client, key)
        }
    }

    private static func keyring(_ path: String, _ directory: String) -> [Finding] {
        let subject = "Keyring"
        var status = stat()
        guard stat(path, &status) == 0 else {
            let isServed = access("\(directory)/coffer.db", F_OK) == 0
            guard isServed else { return [.right(subject, "\(path) will be made by the first start")] }
            return [
                .wrong(
                    subject, "there is none at \(path), and this drive cannot be read without its own",
                    remedy: "bring the copy back, or name it with COFFER_KEYRING")
            ]
        }
        var findings: [Finding] = []
        do {
            _ = try LocalKeyring.open(path: path, createIfMissing: false)
            findings.append(.right(subject, path))
        } catch {
            findings.append(.wrong(subject, "\(error)", remedy: "bring a copy of the keyring back"))
        }
        var drive = stat()
        if stat(directory, &drive) == 0, drive.st_dev == status.st_dev {
            findings.append(
                .doubtful(
                    subject, "it lies on the same file system as the drive: who has the disk has both",
                    remedy: "keep it elsewhere (--keyring), and a copy in another place"))
        }
        return findings
    }

    private static func kes(_ configuration: KESClientConfiguration, _ key: KeyID) async -> [Finding] {
        var configuration = configuration
        configuration.callTimeout = .seconds(10)
        var findings: [Finding] = []
        for endpoint in configuration.endpoints.all {
            do {
                let diagnosis = try KESDiagnosis(
                    configuration, endpoint: endpoint, key: KeyName(key.name), paths: [])
                var wrong: DiagnosisStep?
                _ = await diagnosis.run { step in if step.isWrong { wrong = step } }
                if let wrong, case .wrong(let remedy) = wrong.outcome {
                    findings.append(
                        .wrong(
                            "Key service", "\(endpoint.authority): \(wrong.subject.rawValue): \(wrong.finding)",
                            remedy: remedy))
                } else {
                    findings.append(
                        .right("Key service", "\(endpoint.authority) makes and opens data keys under \(key.name)"))
                }
            } catch {
                findings.append(.wrong("Key service", "\(error)", remedy: "correct MINIO_KMS_KES_…"))
            }
        }
        return findings
    }

    // MARK: Certificates

    private static func certificates(_ configuration: ServerConfiguration) -> [Finding] {
        let subject = "Certificate"
        let directory = configuration.certificates
        let (certificate, key) = ("\(directory)/public.crt", "\(directory)/private.key")
        guard access(certificate, F_OK) == 0 || access(key, F_OK) == 0 else {
            return [
                .doubtful(
                    subject, "none in \(directory): the server speaks plain HTTP, and refuses SSE-C",
                    remedy: "put public.crt and private.key there, or end TLS in a proxy (--tls-terminated-upstream)")
            ]
        }
        do {
            guard let text = contents(certificate), let keyText = contents(key) else {
                return [
                    .wrong(
                        subject, "\(directory): not both files can be read", remedy: "let the server's user read them")
                ]
            }
            let chain = try Certificate.readPEM(text)
            let password = configuration.certificatePassword.map { Array($0.utf8) }
            let privateKey = try PrivateKey.readPEM(keyText, password: password)
            guard let leaf = chain.first, leaf.publicKeyDER == privateKey.publicKeyDER else {
                return [
                    .wrong(
                        subject, "\(key) is not the key of \(certificate)",
                        remedy: "put the pair there that belongs together")
                ]
            }
            return [validity(of: leaf, certificate)]
        } catch {
            return [.wrong(subject, "\(directory): \(error)", remedy: "put a certificate and its key in PEM there")]
        }
    }

    private static func validity(of leaf: Certificate, _ path: String) -> Finding {
        let subject = "Certificate"
        let now = Clock.milliseconds() / 1000
        let end = HTTPDate.iso8601(leaf.notAfter * 1000)
        let names = (leaf.dnsNames + leaf.ipAddresses).joined(separator: ", ")
        if leaf.notBefore > now {
            return .wrong(subject, "\(path) is not valid yet", remedy: "check this machine's clock")
        }
        if leaf.notAfter <= now { return .wrong(subject, "\(path) ended at \(end)", remedy: "renew it") }
        if leaf.notAfter - now < 14 * 86_400 {
            return .doubtful(subject, "\(path) ends at \(end)", remedy: "renew it; HUP has the server read it again")
        }
        return .right(subject, "for \(names), until \(end)")
    }

    private static func contents(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes[..<count])
    }

    // MARK: The machine

    private static func clock() -> Finding {
        let isKept = coffer_clock_is_kept()
        guard isKept >= 0 else { return .unknown("Clock", "the kernel does not tell") }
        guard isKept > 0 else {
            return .doubtful(
                "Clock", "it is not kept by a time service, as far as the kernel knows",
                remedy: "run chrony or systemd-timesyncd: signatures fail from a quarter of an hour on")
        }
        return .right("Clock", "kept by a time service")
    }

    private static func limits() -> Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return .unknown("Open files", "not known")
        }
        guard limit.rlim_max >= 16_384 else {
            return .doubtful(
                "Open files", "at most \(limit.rlim_max)",
                remedy: "LimitNOFILE=65536: each connection and each open object is one")
        }
        return .right("Open files", "at most \(limit.rlim_max)")
    }
}

/// Names of the DNS.
enum NameDiagnosis {
    /// Whether a bucket's own host name under a domain leads somewhere.
    static func virtualHosts(_ domain: String) -> Finding {
        let name = "coffer-doctor.\(domain)"
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(name, nil, &hints, &found)
        if let found { freeaddrinfo(found) }
        guard code == 0 else {
            return .doubtful(
                "DNS", "\(name): \(String(cString: gai_strerror(code)))",
                remedy: "add *.\(domain) to the DNS, or have clients use paths (path style)")
        }
        return .right("DNS", "*.\(domain) has an address")
    }
}
