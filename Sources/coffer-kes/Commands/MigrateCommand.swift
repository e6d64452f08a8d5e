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
        let source = try await open(from, as: .visitor)
        let target = dryRun && isUnmade(to) ? MemoryKeyStore() : try await open(to, as: dryRun ? .visitor : .server)
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

    /// Whether the store of a configuration is a directory that does not exist, or has nothing in it: a trial run does not make
    /// it, and has an empty store in its place.
    private func isUnmade(_ path: String) -> Bool {
        guard let configuration = try? KESConfiguration.read(path, environment: ProcessEnvironment.variables()),
            let directory = configuration.keyStore.directory
        else { return false }
        guard let stream = opendir(directory) else { return errno == ENOENT }
        defer { closedir(stream) }
        var count = 0
        while readdir(stream) != nil, count <= 2 { count += 1 }
        return count <= 2
    }

    private func open(_ path: String, as user: DirectoryUser) async throws -> any KeyStore {
        do {
            let keyStore = try KESConfiguration.read(path, environment: ProcessEnvironment.variables()).keyStore
            return try await KeyStoreOpening.open(
                keyStore, as: user, logger: Logger(label: "coffer-kes") { _ in SwiftLogNoOpLogHandler() })
        } catch {
            throw CommandFailure("\(error)")
        }
    }
}
