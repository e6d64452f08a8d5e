import ArgumentParser
import Glibc
import Maintenance
import ObjectStorage
import SealedStorage

struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Authenticate everything at rest: every package, record and reference.",
        discussion: """
            With DIR it goes through a drive that no server runs on: run it as the server's user, with the environment that \
            names its key service. With a URL it has the running server go through its drive, beside its requests; who asks \
            needs the right admin:Heal.

            Objects under a customer's key cannot be opened without it: their records, lengths and headers are looked at, and \
            they are counted by themselves.

            EXIT STATUS
              0     everything is whole
              1     it could not begin, or was broken off
              2     something is damaged or missing, or was put back to an
                    older state
              3     nothing is, but some keys could not be had: go on later with
                    the same --resume
              4     nothing is damaged, but there are files without a row, or
                    counts that are not those of the rows

            ENVIRONMENT
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    for a URL; for DIR what names the key service, as for
                    the server
            """)

    @Argument(help: ArgumentHelp("A drive's directory, or a running server's address.", valueName: "DIR|URL"))
    var target: String

    @Flag(help: "Show what was found as JSON.")
    var json = false

    @Option(help: ArgumentHelp("Read so many bytes a second at most, such as 50MiB.", valueName: "BYTES"))
    var rate: String?

    @Option(
        help: ArgumentHelp(
            "Read all bytes of so many objects of a hundred, drawn anew each time, and of the others the first and the last.",
            valueName: "PERCENT"))
    var sample: Double = 100

    @Option(
        help: ArgumentHelp(
            "Keep in FILE how far it has come, and go on from there; the file goes when all is done.", valueName: "FILE"
        ))
    var resume: String?

    @Option(
        help: ArgumentHelp(
            "Put what can be read of damaged objects, in plaintext, into a new directory, and list them there. For DIR alone.",
            valueName: "DIR"))
    var quarantine: String?

    @Flag(help: "Delete the damaged objects that --quarantine has taken; those that are locked stay.")
    var deleteDamaged = false

    @Option(
        help: ArgumentHelp(
            "The server's --rollback-anchor: whether the drive is as late as it says. For DIR alone.", valueName: "FILE"
        ))
    var rollbackAnchor: String?

    @Flag(
        help:
            "Take what is on the drive for the truth from now on, after an older copy was put back on purpose. For DIR alone."
    )
    var acceptRollback = false

    @Option(help: ArgumentHelp("The drive's keyring, for DIR.", valueName: "FILE"))
    var keyring: String?

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the server's certificate.")
    var insecure = false

    private var isRemote: Bool { target.hasPrefix("http://") || target.hasPrefix("https://") }

    func validate() throws {
        guard quarantine == nil || !isRemote else {
            throw ValidationError("--quarantine is for the directory of a drive that no server runs on.")
        }
        guard rollbackAnchor == nil && !acceptRollback || !isRemote else {
            throw ValidationError(
                "--rollback-anchor and --accept-rollback are for the directory of a drive that no server runs on.")
        }
        guard !deleteDamaged || quarantine != nil else {
            throw ValidationError("--delete-damaged goes with --quarantine, which keeps what can be read.")
        }
        guard sample >= 0, sample <= 100 else { throw ValidationError("--sample is a number from 0 to 100.") }
        guard rate.map({ ByteCount.parse($0) != nil }) ?? true else {
            throw ValidationError("--rate is a number of bytes, such as 50MiB.")
        }
    }

    mutating func run() async throws {
        let command = self
        try await command.orFail {
            var state =
                try command.resume.flatMap { (path) throws(StartFailure) in
                    try VerifyState.read(path, of: command.target)
                } ?? VerifyState(command.target)
            let end = try await command.verify(&state)
            if let path = command.resume {
                if case .complete = end { _ = unlink(path) } else { try state.write(path) }
            }
            let document = VerifyDocument(command.target, state.report, end)
            if command.json { JSONLine.print(document) } else { document.print() }
            guard document.outcome == .whole else { throw ExitCode(document.outcome.status) }
        }
    }

    /// How often the state is kept.
    private static let keeping = Duration.seconds(2)

    private func verify(_ state: inout VerifyState) async throws -> VerifyEnding {
        let options = VerifyOptions(share: sample / 100, rate: rate.flatMap(ByteCount.parse))
        let progress = VerifyProgress(state, keptIn: resume, every: Self.keeping)
        defer {
            state = progress.state
            progress.end()
        }
        if isRemote {
            var server = ServerOptions()
            (server.endpoint, server.ca, server.insecure) = (target, ca, insecure)
            return try await server.client().verify(options, from: state.cursor) { try progress.note($0) }
        }
        let opened: OfflineDrive
        do {
            let environment = try Environment.ofProcess()
            let anchor = try ServerConfiguration.rollbackAnchor(
                rollbackAnchor ?? environment.value("ROLLBACK_ANCHOR"), drive: target)
            opened = try await OfflineDrive(
                target, keyring: keyring, environment: environment,
                history: HistoryOptions(anchor: anchor, acceptRollback ? .accept : .tell))
        } catch let away as OfflineDrive.KeysAway {
            return .keyServiceAway("\(away.cause)")
        }
        defer { opened.store.close() }
        do {
            while try await opened.store.sumSomeVersions() {}
            if acceptRollback {
                try await opened.store.writeAnchor()
                writeLine("what is on \(target) is taken for the truth from now on")
            }
            if let rollback = opened.history.rollback { progress.add(DriveCheck.finding(of: rollback)) }
            try await Verification(opened.drive, options.offline).run(from: state.cursor) { try progress.note($0) }
            if let quarantine {
                let entries = try await Quarantine(quarantine, opened.drive).take(
                    progress.state.report.findings, deleting: deleteDamaged)
                let (taken, deleted) = (entries.filter { $0.file != nil }.count, entries.filter(\.isDeleted).count)
                writeLine("\(entries.count) damaged objects: \(taken) taken to \(quarantine), \(deleted) deleted")
            }
            return .complete
        } catch let away as Verification.KeyServiceAway {
            return .keyServiceAway("\(away)")
        }
    }
}
