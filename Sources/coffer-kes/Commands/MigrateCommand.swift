import ArgumentParser
import Cryptography
import Glibc
import KESProtocol
import KESService
import KeyStores
import Logging

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Copy keys from one key store to another.",
        discussion: """
            Both stores are named by a server's configuration file. Values are copied as they are, and each key is read \
            back and tried; the source is only read. After an interruption, run it again: what the target has already \
            is left alone. Stop servers on the target, or let them see the new keys when their caches expire. The exit \
            status is 1 when a key could not be copied.
            """)

    @Option(help: ArgumentHelp("Configuration of a server on the source.", valueName: "FILE"))
    var from: String?

    @Option(help: ArgumentHelp("Configuration of a server on the target.", valueName: "FILE"))
    var to: String?

    @Flag(name: .shortAndLong, help: "Overwrite keys that the target has.")
    var force = false

    @Flag(help: "Leave keys that the target has as they are.")
    var merge = false

    @Flag(help: "Change nothing; list what would become of each key.")
    var dryRun = false

    @Option(name: [.customShort("s"), .long], help: .hidden) var server: String?
    @Option(name: [.customShort("e"), .long], help: .hidden) var enclave: String?
    @Option(name: [.customShort("a"), .long], help: .hidden) var apiKey: String?
    @Flag(name: [.customShort("k"), .long], help: .hidden) var insecure = false

    @Argument(help: ArgumentHelp("A shell pattern for the names of the keys.", valueName: "PATTERN"))
    var pattern = "*"

    func run() async throws {
        ProcessSettings.apply()
        Interruption.endsProcess()
        guard let from else { throw CommandFailure("no source specified. Use '--from' flag") }
        if server != nil || enclave != nil || apiKey != nil {
            throw CommandFailure("MinIO's commercial KMS is not supported as a target. Use '--to'")
        }
        guard let to else { throw CommandFailure("missing migration target. Use '--to' or '--server'") }
        if force && merge { throw CommandFailure("'--force' and '--merge' flags are mutually exclusive") }
        let source = try await open(from, mustExist: true)
        let target = try await open(to, mustExist: false)
        let migration = KeyMigration(
            source: source, target: target, onConflict: force ? .replace : merge ? .keep : .fail, isTrial: dryRun)
        Terminal.write("Starting key migration:\n\n")
        let isComplete: Bool
        do throws(KeyMigration.Failure) { isComplete = try await run(migration) } catch {
            throw CommandFailure(error.description)
        }
        if !isComplete { throw ExitCode(1) }
    }

    /// Whether every key is at the target then, or was meant not to be.
    private func run(_ migration: KeyMigration) async throws(KeyMigration.Failure) -> Bool {
        // A bar is for who watches; it needs to know how many keys there are, which takes a listing more.
        let isWatched = isatty(STDOUT_FILENO) == 1 && !dryRun
        var report = MigrationReport(
            total: isWatched ? try await migration.count(pattern: pattern) : nil, isTrial: dryRun)
        do throws(KeyMigration.Failure) {
            try await migration.run(pattern: pattern) { report.add($0, $1) }
        } catch {
            report.endProgress()
            throw error
        }
        report.endProgress()
        report.tellEnd()
        return report.isComplete
    }

    private func open(_ path: String, mustExist: Bool) async throws -> any KeyStore {
        do {
            let configuration = try KESConfiguration.read(path, environment: ProcessEnvironment.variables())
            // Opening would make it, and an empty source is nothing but a wrong path.
            if mustExist, let directory = configuration.keyStore.directory, access(directory, F_OK) != 0 {
                throw CommandFailure("\(directory): \(String(cString: strerror(errno)))")
            }
            return try await KeyStoreOpening.open(
                configuration.keyStore, logger: Logger(label: "coffer-kes") { _ in SwiftLogNoOpLogHandler() })
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
