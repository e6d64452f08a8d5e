import ArgumentParser
import KeyManagement
import Maintenance
import Notation
import ObjectStorage
import SealedStorage

struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put a drive together from a backup.",
        discussion: """
            First it opens the backup's catalogue with the key service that the environment names, as for the server; if that \
            fails, nothing is made. DIR must be empty, or not be there, or be one whose restoring was interrupted.

            Onto another key service: name the new one as for the server, and the one that the backup's keys are in by \
            COFFER_FORMER_KEYRING or COFFER_FORMER_KMS_SECRET_KEY, and add --rewrap: then every data key moves to the new one's \
            default key, and the former one is not needed any more.

            ENVIRONMENT
              as for the server, and for s3://… as for coffer backup
            """)

    @Argument(help: ArgumentHelp("Where the backups are: a directory, or s3://BUCKET/PREFIX.", valueName: "TARGET"))
    var target: String

    @Argument(help: ArgumentHelp("The directory of the drive to be.", valueName: "DIR"))
    var directory: String?

    @Option(help: ArgumentHelp("Which backup; the newest unless that is said.", valueName: "NAME"))
    var backup: String?

    @Flag(help: "Only list the backups that there are.")
    var list = false

    @Flag(help: "Move every data key to the key service's default key.")
    var rewrap = false

    @Option(
        help: ArgumentHelp(
            "The server's --rollback-anchor: tells how far behind it the backup is, and is then of the restored drive.",
            valueName: "FILE"))
    var rollbackAnchor: String?

    @Flag(help: "Restore a backup in which records were put back to an older state, too.")
    var acceptRollback = false

    @Option(help: ArgumentHelp("The keyring.", valueName: "FILE"))
    var keyring: String?

    @Option(help: ArgumentHelp("The address of the bucket's server, for s3://.", valueName: "URL"))
    var endpoint: String?

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the bucket's server's certificate.")
    var insecure = false

    func validate() throws {
        guard list != (directory != nil) else { throw ValidationError("Name the drive's directory, or --list.") }
    }

    mutating func run() async throws {
        let command = self
        try await command.orBackupFailure {
            let environment = try Environment.ofProcess()
            var server = S3Options()
            (server.endpoint, server.region, server.ca, server.insecure) = (
                command.endpoint, nil, command.ca, command.insecure
            )
            let target = try BackupPlace.target(command.target, for: .reading, server, environment)
            defer { target.close() }
            let backups = try await target.backups()
            guard let directory = command.directory else { return Self.show(backups) }
            guard let backup = command.backup.map({ name in backups.first { $0.name == name } }) ?? backups.last else {
                throw StartFailure("\(command.target): there is no backup\(command.backup.map { " \($0)" } ?? "")")
            }
            try await command.restore(backup, from: target, to: directory, environment)
        }
    }

    private static func show(_ backups: [BackupManifest]) {
        var table = TextTable("BACKUP", "FILES", "BYTES", "CATALOGUE", "MISSING")
        for backup in backups {
            table.add(
                backup.name, "\(backup.blobs)", ByteCount.text(backup.bytes), ByteCount.text(backup.catalogueBytes),
                "\(backup.missing.count)")
        }
        table.print()
    }

    private func restore(
        _ backup: BackupManifest, from target: any BackupTarget, to directory: String, _ environment: Environment
    ) async throws {
        let service = try OfflineDrive.keyService(keyring: keyring, environment)
        var bar = ProgressBar { "\($0)/\($1) files" }
        let anchor = try ServerConfiguration.rollbackAnchor(
            rollbackAnchor ?? environment.value("ROLLBACK_ANCHOR"), drive: directory)
        let restore = Restore(
            backup, from: target, to: directory, keys: service, anchor: anchor, acceptsRollback: acceptRollback)
        let outcome = try await restore.run { progress in bar.show(progress.blobs, of: progress.total) }
        bar.end()
        print(
            "restored backup \(backup.name) to \(directory): \(outcome.progress.blobs) files "
                + "(\(ByteCount.text(outcome.progress.bytes)))")
        if let history = outcome.history {
            print(
                "the drive is as it was after commit \(history.point.commits), at \(HTTPDate.iso8601(history.time))"
                    + (history.behind.map { $0 > 0 ? ": \($0) commits before its anchor" : "" } ?? ""))
        }
        for key in outcome.missingKeys { print("the key service has no key \(key): what is under it cannot be read") }
        if rewrap { try await moveKeys(of: directory, environment) }
        guard outcome.missing.isEmpty else {
            throw StartFailure("\(outcome.missing.count) files are missing; coffer verify names their objects")
        }
    }

    private func moveKeys(of directory: String, _ environment: Environment) async throws {
        let opened = try await OfflineDrive(directory, keyring: keyring, environment: environment)
        defer { opened.store.close() }
        let target = opened.drive.keys.service.defaultKey
        let service = opened.drive.keys.service
        if try await !service.hasKey(target) { try await service.createKey(target) }
        var bar = ProgressBar { "\($0)/\($1) data keys" }
        let moved = try await DataKeyRewrap(opened.drive.keys, to: target).run { progress in
            bar.show(Int64(progress.examined), of: Int64(progress.total))
        }
        bar.end()
        print("\(moved.moved) data keys moved to \(target.name)")
        guard moved.failures.count == 0 else { throw StartFailure("\(moved.failures.count) keys could not be moved") }
    }
}
