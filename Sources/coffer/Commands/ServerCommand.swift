import ArgumentParser
import Logging
import Systemd

struct ServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "server",
        abstract: "Serve S3 on one drive.",
        discussion: """
            DIR is created when its parent exists. Everything in it is encrypted; the keys are elsewhere: in the keyring \
            file, or in the key service that the environment names. Without them the drive cannot be read: keep a copy of \
            the keyring.

            ENVIRONMENT
              Variables of MinIO's server are also read as COFFER_..., which win.
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    credentials; also ..._FILE, and the old MINIO_ACCESS_KEY
                    and MINIO_SECRET_KEY (unset: a random secret is made,
                    printed once, and the server listens on loopback only)
              MINIO_VOLUMES, MINIO_ADDRESS
                    DIR and --address, when not given
              MINIO_CONSOLE_ADDRESS, MINIO_BROWSER
                    --console-address; off: no web console
              MINIO_BROWSER_REDIRECT_URL, MINIO_SERVER_URL
                    the console's and S3's address as seen from outside
              MINIO_CONFIG_ENV_FILE
                    a file of KEY=value lines that override the environment
              MINIO_SITE_REGION
                    region that signatures must name (unset: any)
              MINIO_DOMAIN
                    domains for bucket.domain addresses, by commas
              MINIO_API_CORS_ALLOW_ORIGIN
                    origins whose web pages may use buckets without CORS
                    rules of their own, by commas (unset: *)
              MINIO_API_REQUESTS_MAX, _CLUSTER_DEADLINE
                    S3 requests that are served at once (unset: no bound), and
                    how long one beyond them waits (10s)
              MINIO_SCANNER_SPEED
                    how much of the time lifecycle rules may take: slowest,
                    slow, default, fast, fastest
              MINIO_BATCH_KEYROTATION_WORKERS_WAIT, _EXPIRATION_WORKERS_WAIT
                    the rest after each object of a batch job (0s)
              MINIO_API_STALE_UPLOADS_EXPIRY, _STALE_UPLOADS_CLEANUP_INTERVAL
                    how long after its last part a multipart upload is removed
                    (unset: never), how often that is looked for (6h)
              MINIO_KMS_SECRET_KEY
                    NAME:BASE64, one static 256-bit key; also ..._FILE,
                    whose file must exist if it is named by its path
              MINIO_KMS_KES_ENDPOINT, _KEY_NAME, _CAPATH
                    a KES server, or several by commas; the default key,
                    made if missing; who issued the server's certificate
              MINIO_KMS_KES_API_KEY, or _CERT_FILE, _KEY_FILE, _KEY_PASSWORD
                    who this server is to KES
              MINIO_KMS_AUTO_ENCRYPTION
                    on: writes that say nothing are SSE-KMS, not SSE-S3
              COFFER_KEYRING, COFFER_KMS_REQUIRED, COFFER_SIGV2, COFFER_ETAG
                    --keyring, --kms-required, --sigv2, --etag
              COFFER_ACCESS_LOG
                    --access-log
              COFFER_ROLLBACK_ANCHOR
                    --rollback-anchor
              COFFER_FORMER_KEYRING, COFFER_FORMER_KMS_SECRET_KEY
                    what the drive's keys came from before, until
                    `coffer keys rewrap` has moved them
              MINIO_PROMETHEUS_AUTH_TYPE
                    who may see metrics: jwt, with a token of `mc admin
                    prometheus generate` (the default), or public
              MINIO_AUDIT_WEBHOOK_ENABLE_ID, _ENDPOINT_ID, _AUTH_TOKEN_ID, ...
                    a webhook that is told of every request; COFFER_AUDIT_FILE
                    a file; MINIO_LOGGER_WEBHOOK_... one that gets the log
              COFFER_JOURNAL_SOCKET
                    where systemd's journal is, when it reads the standard
                    error (/run/systemd/journal/socket)
              MINIO_CERT_PASSWD
                    what opens private.key, where it is encrypted
              COFFER_HTTP_HEAD_BYTES, _HEADER_COUNT, _HEAD_SECONDS, _IDLE_SECONDS
                    a request's head, and the wait for one (65536, 1000, 30, 120)
              COFFER_HTTP_BODY_STALL_SECONDS, _WRITE_STALL_SECONDS, _MINIMUM_RATE
                    when a body counts as stalled: upload, download (60, 120; the
                    first alone is for both), bytes a second (100)
              COFFER_HTTP_CONNECTIONS, _CONNECTIONS_PER_PEER, _BODY_MIB
                    of the whole server (10000), --connections-per-peer,
                    --body-mib
              COFFER_TRUSTED_PROXIES, _TRUSTED_PROXY_HEADER
                    --trusted-proxies, such as 10.0.0.0/8,::1; the header that
                    they write the client in: x-forwarded-for, forwarded
              COFFER_HTTP_EVENT_LOOPS
                    threads that serve connections (four a processor)

            SIGNALS
              TERM, INT    finish what is in flight (at most 30 s), close the drive
              HUP          read the TLS certificates again, reopen the access log
              USR1         log refusals and disconnects too, or no longer

            EXIT STATUS
              0            ended by a signal or an administrator
              1            cannot start
              74           a sync of the drive has failed: what was not yet
                           acknowledged may be lost. Start it again; as a
                           service it is started again by itself

            As a service of systemd it says when it is ready and that it is alive (Type=notify, WatchdogSec=), logs to \
            the journal with fields, and serves the sockets that it is given: S3 on each, the web console on the one that \
            is called "console" (FileDescriptorName=).
            """)

    @Argument(help: ArgumentHelp("The drive's directory.", valueName: "DIR"))
    var drives: [String] = []

    @Option(help: ArgumentHelp("Address to listen on; several are separated by commas.", valueName: "HOST:PORT"))
    var address: String?

    @Option(
        help: ArgumentHelp(
            "Address of the web console (default: port 9001 beside 9000, else a free one).", valueName: "HOST:PORT"))
    var consoleAddress: String?

    @Option(
        name: [.customShort("S"), .long],
        help: ArgumentHelp("TLS: public.crt and private.key (default: ~/.minio/certs).", valueName: "DIR"))
    var certsDir: String?

    @Option(help: ArgumentHelp("Keyring file (default: ~/.config/coffer/keyring.json).", valueName: "FILE"))
    var keyring: String?

    @Option(
        help: ArgumentHelp(
            "Memory for the bodies of all transfers, in MiB (default: 256); one address gets three quarters of it at most.",
            valueName: "MIB"))
    var bodyMib: Int?

    @Option(
        help: ArgumentHelp(
            "Connections from one address, or one IPv6 network of 64 bits (default: no limit).", valueName: "COUNT"))
    var connectionsPerPeer: Int?

    @Option(
        help: ArgumentHelp(
            "Proxies that are believed who their client is, by commas (default: none).", valueName: "NETWORKS"))
    var trustedProxies: String?

    @Flag(help: "End when the key service cannot be had at the start, not serve what needs no key.")
    var kmsRequired = false

    @Flag(help: "TLS is ended by a trusted proxy in front: allow SSE-C on plain connections.")
    var tlsTerminatedUpstream = false

    @Option(help: ArgumentHelp("Whether signatures of version 2 are accepted (default: on).", valueName: "on|off"))
    var sigv2: String?

    @Option(
        help: ArgumentHelp(
            "What the ETags of SSE-S3 uploads are: their MD5 (the default), or opaque, which is faster.",
            valueName: "md5|opaque"))
    var etag: String?

    @Option(
        help: ArgumentHelp(
            "A JSON line for every request that has ended, in FILE or on standard output.", valueName: "FILE|-"))
    var accessLog: String?

    @Option(
        help: ArgumentHelp(
            "Keep in FILE, on another file system, how far the drive has come: an older copy of the drive is then refused.",
            valueName: "FILE"))
    var rollbackAnchor: String?

    @Flag(help: "Log JSON lines.")
    var json = false

    @Flag(help: "No start-up block.")
    var quiet = false

    @Flag(help: "Log refusals and disconnects too.")
    var debug = false

    @OptionGroup(visibility: .hidden)
    var minIO: MinIOOptions

    mutating func run() async throws {
        do {
            let image = ProcessImage.capture()
            let sockets = try Self.activatedSockets()
            let input = StartInput(self, try Environment.ofProcess(), try SocketConfiguration(sockets))
            switch try await ServerProcess(input.configuration()).run(input) {
            case .stopped: break
            case .driveLost: throw ExitCode(DriveLoss.exitStatus)
            case .restarting:
                sockets.keepForSuccessor()
                throw StartFailure("cannot begin anew: \(image.run())")
            }
        } catch let failure as StartFailure {
            writeLine("\(LogFormat.prefix(.error))coffer: \(failure.reason)")
            throw ExitCode(failure.status)
        } catch let code as ExitCode {
            throw code
        } catch {
            writeLine("\(LogFormat.prefix(.error))coffer: \(error)")
            throw ExitCode(1)
        }
    }
}

extension ServerCommand {
    private static func activatedSockets() throws(StartFailure) -> ActivatedSockets {
        do {
            return try ActivatedSockets.ofProcess()
        } catch {
            switch error {
            case .unsuitable(let name):
                throw StartFailure("the service manager's socket \"\(name)\" does not listen for TCP")
            }
        }
    }
}

/// Why the server does not start: one line for the person who started it.
struct StartFailure: Error {
    let reason: String
    /// Whether it is that something asked for is not there.
    let isNotFound: Bool
    /// With which the process ends.
    let status: Int32

    static let usualStatus: Int32 = 1

    init(_ reason: String, isNotFound: Bool = false, status: Int32 = Self.usualStatus) {
        self.reason = reason
        self.isNotFound = isNotFound
        self.status = status
    }
}
