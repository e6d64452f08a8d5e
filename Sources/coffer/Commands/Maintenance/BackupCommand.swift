import ArgumentParser
import Maintenance
import ObjectStorage
import Requests

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Take a backup of a drive, while its server runs or while none does.",
        discussion: """
            SOURCE is a running server's address, or the directory of a drive that no server runs on. TARGET is a directory or \
            s3://BUCKET/PREFIX; it has the backups of one drive, and what several of them have in common once. All of it stays \
            sealed: keep the keyring, or the key server's store, in another place.

            A backup is the drive as it was when it began. Only what the target does not have is copied, and read once more \
            when it is written; run it again when it was interrupted.

            ENVIRONMENT
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    for a URL: root's, or a user's with the right
                    admin:InspectData
              AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
                    for s3://…
            """)

    @Argument(help: ArgumentHelp("A running server's address, or a drive's directory.", valueName: "URL|DIR"))
    var source: String

    @Argument(help: ArgumentHelp("A directory, or s3://BUCKET/PREFIX.", valueName: "TARGET"))
    var target: String

    @Option(help: ArgumentHelp("Remove all but the newest so many backups afterwards.", valueName: "N"))
    var keep: Int?

    @Flag(help: "Tell what was done as JSON.")
    var json = false

    @Option(help: ArgumentHelp("The address of the bucket's server, for s3://.", valueName: "URL"))
    var endpoint: String?

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the servers' certificates.")
    var insecure = false

    func validate() throws {
        guard keep.map({ $0 > 0 }) ?? true else { throw ValidationError("--keep is a number above 0.") }
    }

    mutating func run() async throws {
        let command = self
        try await command.orBackupFailure {
            let environment = try Environment.ofProcess()
            let target = try BackupPlace.target(command.target, for: .writing, command.bucketServer, environment)
            defer { target.close() }
            let (source, store) = try command.openSource(environment)
            defer { store?.close() }
            var bar = ProgressBar { "\($0)/\($1) files" }
            let (manifest, progress) = try await Backup(source, to: target, clock: Clock.milliseconds).run { progress in
                bar.show(progress.blobs, of: progress.total)
            }
            bar.end()
            let removed = try await command.keep.asyncMap { try await Retention(of: target).keep($0) }
            if command.json {
                JSONLine.print(
                    BackupDocument(
                        backup: manifest, copiedBlobs: progress.copiedBlobs, copiedBytes: progress.copiedBytes,
                        removed: removed?.backups ?? []))
            } else {
                print(
                    "backup \(manifest.name): \(manifest.blobs) files (\(ByteCount.text(manifest.bytes))) and a catalogue of "
                        + "\(ByteCount.text(manifest.catalogueBytes)); \(progress.copiedBlobs) files "
                        + "(\(ByteCount.text(progress.copiedBytes))) were new")
                for name in removed?.backups ?? [] { print("removed backup \(name)") }
            }
            guard manifest.missing.isEmpty else {
                throw StartFailure(
                    "\(manifest.missing.count) files are missing on the drive; coffer verify names their objects")
            }
        }
    }

    private var bucketServer: S3Options {
        var options = S3Options()
        (options.endpoint, options.region, options.ca, options.insecure) = (endpoint, nil, ca, insecure)
        return options
    }

    private func openSource(_ environment: Environment) throws -> (any BackupSource, ObjectStore?) {
        if source.hasPrefix("http://") || source.hasPrefix("https://") {
            var server = ServerOptions()
            (server.endpoint, server.ca, server.insecure) = (source, ca, insecure)
            return (ServerBackupSource(try server.client(environment)), nil)
        }
        let store = try OfflineDrive.openStore(source, environment)
        return (LocalBackupSource(store), store)
    }
}

/// What a backup tells at its end, for programs.
private struct BackupDocument: Encodable {
    let backup: BackupManifest
    let copiedBlobs: Int64
    let copiedBytes: Int64
    /// The names of former backups.
    let removed: [String]
}

extension Optional {
    fileprivate func asyncMap<R>(_ body: (Wrapped) async throws -> R) async throws -> R? {
        if let value = self { try await body(value) } else { nil }
    }
}
