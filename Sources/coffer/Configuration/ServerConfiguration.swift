import HTTPServer
import Metrics
import Notifications
import ObjectStorage
import OpenTelemetry
import Requests
import S3Protocol
import SealedStorage
import Systemd

/// Everything `coffer server` is told, checked: from options first, then `COFFER_*`, then `MINIO_*`, then defaults.
struct ServerConfiguration: Sendable {
    var drive: String
    /// `host:port` each; a missing host is every interface.
    var addresses: [String]
    /// Those of all addresses that the service manager has bound.
    var sockets: [String: Int32]
    /// Who is believed who its clients are; nil: nobody.
    var trustedProxies: TrustedProxies?
    /// Where and as what the web console is served; `nil`: nowhere.
    var console: ConsoleConfiguration?
    var certificates: String
    /// Of the certificates' keys, where they are encrypted.
    var certificatePassword: String?
    /// `nil`: a secret is generated and the server stays on loopback.
    var credentials: RootCredentials?
    var region: String?
    var domains: [String]
    var keyService: KeyServiceConfiguration
    /// Whether to end at once when the key service cannot be had at the start, instead of serving what needs no key.
    var requiresKeyService: Bool
    var autoEncryption: Bool
    var limits: HTTPLimits
    /// Threads that serve connections; `nil` leaves it to the engine.
    var eventLoops: Int?
    var trustsUpstreamTLS: Bool
    /// What may change while the server runs.
    var runtime: RuntimeSettings
    /// What lifecycle rules count in.
    var lifecycleCalendar: LifecycleCalendar
    /// The webhooks that buckets may have told of events.
    var webhooks: [WebhookTarget]
    /// Whether signatures of version 2 are looked at.
    var acceptsSigV2: Bool
    /// What the ETags of new SSE-S3 objects are.
    var etags: ETagKind
    /// Who may have sessions without a user here.
    var identity: IdentityVariables
    /// Where finished requests are logged; `nil`: nowhere.
    var accessLog: AccessLog.Destination?
    /// Where is kept how far the drive's history has come; `nil`: nowhere.
    var rollbackAnchor: RollbackAnchor?
    /// Where spans of requests are sent; `nil`: nowhere.
    var tracing: TraceTarget?
    /// A file that gets an audit record for every request, or `-`; `nil`: none.
    var auditFile: String?
    /// Who may see metrics.
    var metricsAccess: MetricsService.Access
    var logsJSON: Bool
    /// Where systemd's journal takes entries with fields.
    var journalSocket: String
    var isQuiet: Bool
    var logsDebug: Bool
    /// What was accepted and does nothing, or is old: a line each in the log.
    var notes: [String]

    init(
        command: ServerCommand, environment: Environment, sockets: SocketConfiguration = .none
    ) throws(StartFailure) {
        notes = []
        drive = try Self.drive(command.drives, environment)
        credentials = try RootCredentials(environment, notes: &notes)
        addresses =
            sockets.addresses.isEmpty
            ? try Self.addresses(
                command.address ?? environment.value("ADDRESS") ?? ":9000", loopbackOnly: credentials == nil, &notes)
            : sockets.addresses
        self.sockets = sockets.descriptors
        guard credentials != nil || sockets.descriptors.keys.allSatisfy(Self.isLoopback) else {
            throw StartFailure(
                "no root credentials are set: the service manager's sockets must be on loopback, or set MINIO_ROOT_USER "
                    + "and MINIO_ROOT_PASSWORD")
        }
        trustedProxies = try TrustedProxies(command.trustedProxies, environment)
        certificates =
            command.certsDir ?? environment.value("CERTS_DIR")
            ?? (environment.variables["HOME"].map { "\($0)/.minio/certs" } ?? "certs")
        certificatePassword = environment.value("CERT_PASSWD")
        region = environment.value("SITE_REGION") ?? environment.value("REGION") ?? environment.value("REGION_NAME")
        domains = try Self.domains(environment.value("DOMAIN"), &notes)
        keyService = try KeyServiceConfiguration(
            keyringOption: command.keyring, authorities: "\(certificates)/CAs", environment: environment)
        let isRequired = try environment.isOn("KMS_REQUIRED")
        requiresKeyService = command.kmsRequired || isRequired
        autoEncryption = try environment.isOn("KMS_AUTO_ENCRYPTION")
        if autoEncryption, case .keyring = keyService.current {
            notes.append("MINIO_KMS_AUTO_ENCRYPTION: SSE-KMS under the keyring's default key")
        }
        limits = try HTTPLimits(command, environment)
        var loops: Int?
        try environment.number("HTTP_EVENT_LOOPS") { loops = $0 }
        eventLoops = loops
        trustsUpstreamTLS = command.tlsTerminatedUpstream
        runtime = try RuntimeSettings(environment)
        lifecycleCalendar = .civil
        if let day = try environment.duration("LIFECYCLE_DAY") {
            lifecycleCalendar = .days(ofMilliseconds: Int64(day / .milliseconds(1)))
            notes.append("lifecycle rules count days of \(day): for tests, which wait for what is due")
        }
        webhooks = try WebhookVariables.targets(environment, authorities: "\(certificates)/CAs", notes: &notes)
        acceptsSigV2 = try Self.acceptsSigV2(command.sigv2 ?? environment.value("SIGV2") ?? "on")
        etags = try Self.etags(command.etag ?? environment.value("ETAG") ?? ETagKind.md5.rawValue)
        identity = try IdentityVariables(environment, notes: &notes)
        accessLog = (command.accessLog ?? environment.value("ACCESS_LOG")).map {
            $0 == "-" ? .standardOutput : .file($0)
        }
        rollbackAnchor = try Self.rollbackAnchor(
            command.rollbackAnchor ?? environment.value("ROLLBACK_ANCHOR"), drive: drive)
        tracing = try TraceVariables.target(environment)
        auditFile = environment.value("AUDIT_FILE")
        metricsAccess = try Self.metricsAccess(environment.value("PROMETHEUS_AUTH_TYPE"))
        logsJSON = command.json
        journalSocket = environment.value("JOURNAL_SOCKET") ?? JournalSocket.path
        isQuiet = command.quiet
        logsDebug = command.debug
        console = try ConsoleConfiguration(
            sockets.console ?? command.consoleAddress, environment, addresses: addresses,
            loopbackOnly: credentials == nil)
        if console == nil, let address = sockets.console {
            notes.append("nobody is served at \(address): MINIO_BROWSER is off, and the service manager has bound it")
        }
        let options = command.minIO.given
        if !options.isEmpty { notes.append("these options have no effect here: \(options.joined(separator: ", "))") }
        if !environment.unused.isEmpty {
            notes.append("these variables have no effect here: \(environment.unused.joined(separator: ", "))")
        }
    }

    private static func drive(_ arguments: [String], _ environment: Environment) throws(StartFailure) -> String {
        var drives = arguments
        if drives.isEmpty {
            let volumes = environment.value("VOLUMES") ?? environment.value("ARGS") ?? ""
            drives = volumes.split(separator: " ").map(String.init)
        }
        guard let drive = drives.first else { throw StartFailure("no drive: give a directory, or set MINIO_VOLUMES") }
        guard drives.count == 1, !drive.contains("{") else {
            throw StartFailure("one server has one drive; \"\(drives.joined(separator: " "))\" names several")
        }
        guard !drive.contains("://") else { throw StartFailure("\(drive): a drive is a directory, not a URL") }
        return drive
    }

    private static func addresses(
        _ list: String, loopbackOnly: Bool, _ notes: inout [String]
    ) throws(StartFailure) -> [String] {
        var addresses: [String] = []
        for address in list.split(separator: ",") {
            guard let colon = address.lastIndex(of: ":"), UInt16(address[address.index(after: colon)...]) != nil else {
                throw StartFailure("--address \(address): not HOST:PORT")
            }
            let port = address[colon...]
            guard loopbackOnly, !isLoopback(String(address)) else {
                addresses.append(String(address))
                continue
            }
            notes.append(
                "no root credentials are set: listening on 127.0.0.1\(port) only; "
                    + "set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD to listen on \(address)")
            addresses.append("127.0.0.1\(port)")
        }
        guard !addresses.isEmpty else { throw StartFailure("--address is empty") }
        return addresses
    }

    /// On the drive itself it would be put back with it.
    static func rollbackAnchor(_ path: String?, drive: String) throws(StartFailure) -> RollbackAnchor? {
        guard let path, !path.isEmpty else { return nil }
        guard !RollbackAnchor(path).liesBelow(drive) else {
            throw StartFailure("--rollback-anchor \(path): it must not lie on the drive whose age it is to tell")
        }
        return RollbackAnchor(path)
    }

    private static func isLoopback(_ address: String) -> Bool {
        ["127.0.0.1", "localhost", "[::1]"].contains(address[..<(address.lastIndex(of: ":") ?? address.endIndex)])
    }

    private static func metricsAccess(_ text: String?) throws(StartFailure) -> MetricsService.Access {
        switch text?.lowercased() {
        case nil, "jwt": return .token
        case "public": return .everybody
        case let other?: throw StartFailure("MINIO_PROMETHEUS_AUTH_TYPE: \"\(other)\" is neither jwt nor public")
        }
    }

    private static func acceptsSigV2(_ text: String) throws(StartFailure) -> Bool {
        switch text.lowercased() {
        case "on": true
        case "off": false
        default: throw StartFailure("--sigv2 \(text): on or off")
        }
    }

    private static func etags(_ text: String) throws(StartFailure) -> ETagKind {
        guard let kind = ETagKind(rawValue: text.lowercased()) else {
            throw StartFailure("--etag \(text): md5 or opaque")
        }
        return kind
    }

    private static func domains(_ list: String?, _ notes: inout [String]) throws(StartFailure) -> [String] {
        var domains: [String] = []
        for entry in (list ?? "").lowercased().split(separator: ",") {
            var domain = entry.drop(while: \.isWhitespace)
            while domain.last?.isWhitespace == true { domain.removeLast() }
            if let colon = domain.lastIndex(of: ":"), UInt16(domain[domain.index(after: colon)...]) != nil {
                notes.append("MINIO_DOMAIN: a domain has no port; \"\(domain)\" is read as \"\(domain[..<colon])\"")
                domain = domain[..<colon]
            }
            if !domain.isEmpty { domains.append(String(domain)) }
        }
        for domain in domains where domain.hasPrefix(".") || domain.contains("/") || domain.contains(":") {
            throw StartFailure("MINIO_DOMAIN: \"\(domain)\" is not a domain name")
        }
        for one in domains {
            for other in domains where one != other && one.hasSuffix(".\(other)") {
                throw StartFailure("MINIO_DOMAIN: \"\(one)\" and \"\(other)\" overlap")
            }
        }
        return domains
    }
}
