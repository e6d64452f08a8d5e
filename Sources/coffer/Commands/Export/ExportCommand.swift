import ArgumentParser
import HTTPClient
import Maintenance
import MinIODrive
import ObjectStorage
import S3Client
import S3Protocol

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Take objects out: as plain files with their metadata, or to any S3 server.",
        discussion: """
            SOURCE is the directory of a drive that no server runs on, or a running server's address. TARGET is a directory, \
            s3://BUCKET[/PREFIX], or s3:// for buckets of the same names.

            THE TARGET GETS PLAINTEXT. Files are readable by their owner alone, and nothing but that protects them; an S3 \
            server encrypts as it is asked to, if it can.

            In a directory objects stand in objects/BUCKET/KEY, and what else is known of each in metadata/BUCKET/KEY.json. \
            What was read is authenticated, what was written is read once more and compared. Started again, it goes on \
            where it was, or brings what has come since.

            EXIT STATUS
              0     everything is there
              1     it could not begin, or was broken off
              2     something stays behind; the table says how many versions
                    and why, --report which

            ENVIRONMENT
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    for a URL: root's, or a user's who may read what is
                    exported; for DIR what names the key service, as for the
                    server
              AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                    for s3://…
            """)

    @Argument(help: ArgumentHelp("A drive's directory, or a running server's address.", valueName: "DIR|URL"))
    var source: String

    @Argument(help: ArgumentHelp("A directory, s3://BUCKET/PREFIX, or s3://.", valueName: "TARGET"))
    var target: String

    @Option(help: ArgumentHelp("Export this bucket alone; may be given several times.", valueName: "NAME"))
    var bucket: [String] = []

    @Option(help: ArgumentHelp("Export only objects whose key begins so.", valueName: "PREFIX"))
    var prefix = ""

    @Option(
        help: ArgumentHelp(
            "Which versions: latest, or all with delete markers.", valueName: "latest|all"))
    var versions = Export.Scope.latest

    @Option(
        help: ArgumentHelp(
            "Customers' keys (SSE-C): lines of BUCKET or BUCKET/PREFIX, a blank, and the key in base64.",
            valueName: "FILE"))
    var customerKeys: String?

    @Option(help: ArgumentHelp("Read so many bytes a second at most, such as 50MiB.", valueName: "BYTES"))
    var rate: String?

    @Option(help: ArgumentHelp("Write a JSON line per version.", valueName: "FILE"))
    var report: String?

    @Option(
        help: ArgumentHelp(
            "Where settings of buckets, users and policies are written, for s3://; else they are in TARGET.",
            valueName: "DIR"))
    var settings: String?

    @Flag(help: "Write the secret keys of users and access keys, too.")
    var withSecrets = false

    @Option(help: ArgumentHelp("The drive's keyring, for DIR.", valueName: "FILE"))
    var keyring: String?

    @Option(help: ArgumentHelp("The address of the target's server, for s3://.", valueName: "URL"))
    var endpoint: String?

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the servers' certificates.")
    var insecure = false

    private var isRemote: Bool { source.hasPrefix("http://") || source.hasPrefix("https://") }
    private var isToServer: Bool { target.hasPrefix("s3://") }

    func validate() throws {
        guard rate.map({ ByteCount.parse($0) != nil }) ?? true else {
            throw ValidationError("--rate is a number of bytes, such as 50MiB.")
        }
        guard isToServer || settings == nil else {
            throw ValidationError("--settings goes with s3://; in a directory they are in settings/.")
        }
        guard prefix.isEmpty || bucket.count == 1 else { throw ValidationError("--prefix goes with one --bucket.") }
    }

    mutating func run() async throws {
        let command = self
        try await command.orBackupFailure {
            let environment = try Environment.ofProcess()
            let customerKeys = try CustomerKeyList(file: command.customerKeys)
            let rate = command.rate.flatMap(ByteCount.parse)
            let admit = { @Sendable [limit = ReadRate({ rate })] (count: Int) in try await limit.admit(count) }
            if command.isRemote {
                let server = try command.server(environment)
                let source = ServerExportSource(client: server.objects, customerKeys: customerKeys, admit: admit)
                try await command.export(source, environment) { await ExportedSettings(server.administration, $0) }
            } else {
                let opened = try await OfflineDrive(command.source, keyring: command.keyring, environment: environment)
                defer { opened.store.close() }
                let source = DriveExportSource(opened.drive, customerKeys: customerKeys, admit: admit)
                try await command.export(source, environment) { await ExportedSettings(opened.drive, $0) }
            }
        }
    }

    private func export(
        _ source: some ExportSource, _ environment: Environment, settings: ([String]) async -> ExportedSettings
    ) async throws {
        let all = try await source.buckets()
        for name in bucket where !all.contains(name) { throw StartFailure("\(self.source) has no bucket \(name)") }
        let buckets = bucket.isEmpty ? all : all.filter { bucket.contains($0) }
        let target: any ExportTarget
        let files: FileExportTarget?
        if isToServer {
            files = try self.settings.map { try FileExportTarget($0) }
            target = try serverTarget(environment, buckets)
        } else {
            let directory = try FileExportTarget(self.target)
            (files, target) = (directory, directory)
            writeLine("\(self.target) gets plaintext: files there are not encrypted")
        }
        var run = try ExportRun(source, to: target, versions, report: report)
        if let files {
            let exported = await settings(buckets)
            for fault in exported.faults { run.leave(fault) }
            try await exported.write(to: files, withSecrets: withSecrets)
        }
        try await run.perform(buckets, prefix: prefix)
        try await target.finish()
        guard run.finish() else { throw ExitCode(2) }
    }

    private func serverTarget(_ environment: Environment, _ buckets: [String]) throws -> S3ExportTarget {
        var options = S3Options()
        (options.endpoint, options.region, options.ca, options.insecure) = (endpoint, nil, ca, insecure)
        let place = target == "s3://" ? nil : try ObjectAddress(argument: target)
        return S3ExportTarget(try options.client(environment), place, namesBuckets: buckets.count > 1, versions)
    }

    /// The source, as its two services are asked.
    private func server(_ environment: Environment) throws -> (objects: S3Client, administration: AdminClient) {
        var notes: [String] = []
        guard let credentials = try RootCredentials(environment, notes: &notes) else {
            throw StartFailure("set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD to what the server has")
        }
        var configuration = S3ClientConfiguration(
            endpoint: source, accessKey: credentials.accessKey, secretKey: credentials.secret)
        configuration.region =
            environment.variables["MINIO_SITE_REGION"] ?? environment.variables["MINIO_REGION"] ?? "us-east-1"
        configuration.http.verifiesServer = !insecure
        configuration.http.caPaths = ca.map { [$0] } ?? []
        return (
            try S3Client(configuration),
            try AdminClient(endpoint: source, credentials: credentials, ca: ca, isInsecure: insecure)
        )
    }
}

extension Export.Scope: ExpressibleByArgument {}
