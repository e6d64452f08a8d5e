import ArgumentParser
import KESProtocol
import KESService
import KeyStores

struct SealCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seal",
        abstract: "Seal a directory of keys under a passphrase, or change it.",
        subcommands: [SealKeysCommand.self, SealPassphraseCommand.self])
}

struct SealKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Seal the keys of a directory that are still plain, in place.",
        discussion: """
            The server's configuration names the directory and the passphrase: keystore.fs.path and keystore.fs.seal. Stop \
            the server first, or let it run with accept_plain. Make a backup first; it is as readable as the keys were, so \
            destroy it in the end.

            One key is sealed after the other, each in one step: it is read back and opened before the plain original is \
            overwritten. What is interrupted goes on when it is run again; until it is overwritten, a plain original is in \
            the directory as .plain-NAME.
            """)

    @Option(help: ArgumentHelp("Configuration of the server.", valueName: "FILE"))
    var config: String?

    func run() async throws {
        ProcessSettings.apply()
        Interruption.endsProcess()
        let sealing = DirectorySealing(try SealedStore.configuration(config))
        let outcome: DirectorySealing.Outcome
        do throws(KeyStoreError) {
            outcome = try await sealing.run { count in
                if count.isMultiple(of: 1000) { Terminal.write("\(count) keys ...\n") }
            }
        } catch {
            throw CommandFailure("\(error)")
        }
        Terminal.write("Sealed \(outcome.sealed) keys; \(outcome.alreadySealed) were sealed already.\n")
        if outcome.leftOver > 0 {
            Terminal.write("Overwrote the plain files of \(outcome.leftOver) keys that an interrupted run had left.\n")
        }
        if outcome.withFurtherNames > 0 {
            Terminal.write(
                "The plain files of \(outcome.withFurtherNames) keys have further names, and are still there under those.\n"
            )
        }
        if let first = outcome.notOverwritten.first {
            throw CommandFailure(
                "the plain files of \(outcome.notOverwritten.count) keys could not be overwritten and are still there, as "
                    + "'.plain-NAME' in the directory, for the next run to overwrite: \(first.name): \(first.cause)")
        }
        guard outcome.unopened.isEmpty else {
            let names = outcome.unopened.prefix(10).map(\.text).joined(separator: ", ")
            throw CommandFailure(
                "\(outcome.unopened.count) sealed keys do not open, damaged or sealed by something else: \(names)")
        }
    }
}

struct SealPassphraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "passphrase", abstract: "Change the passphrase of a sealed directory.",
        discussion: """
            Writes one small file anew; no key is touched, and a server that runs does not notice. Afterwards put the new \
            passphrase where the configuration has the old one, before the server starts the next time.
            """)

    @Option(help: ArgumentHelp("Configuration of the server.", valueName: "FILE"))
    var config: String?

    @Option(help: ArgumentHelp("A file with the new passphrase.", valueName: "FILE"))
    var new: String?

    func run() async throws {
        ProcessSettings.apply()
        Interruption.endsProcess()
        guard let new else { throw CommandFailure("no new passphrase specified. Use '--new' flag") }
        let configuration = try SealedStore.configuration(config)
        do throws(KeyStoreError) {
            try await DirectorySealing(configuration).changePassphrase(to: .file(new))
        } catch {
            throw CommandFailure("\(error)")
        }
        Terminal.write("\(configuration.path) opens with the new passphrase, and no longer with the old one.\n")
    }
}

/// The sealed directory that a server's configuration names.
private enum SealedStore {
    static func configuration(_ path: String?) throws -> SealedConfiguration {
        guard let path else { throw CommandFailure("no configuration file specified. Use '--config' flag") }
        let configuration: KESConfiguration
        do {
            configuration = try KESConfiguration.read(path, environment: ProcessEnvironment.variables())
        } catch {
            throw CommandFailure("\(error)")
        }
        guard case .sealed(let store) = configuration.keyStore else {
            throw CommandFailure("\(path): the key store has no seal; it needs keystore.fs.seal")
        }
        return store
    }
}
