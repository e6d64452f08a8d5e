import ArgumentParser
import Glibc
import KESClient
import KESProtocol
import KESService
import KeyStores
import Logging
import Threading

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why a client does not get at its key, or a server at its key store.",
        discussion: """
            Looks, one after the other, at the server's address, its port, TLS and both certificates, at the identity \
            and its policy, at the key store and the key, and names the first thing that is wrong and what to change. \
            Nothing is written. The exit status is 1 when something is wrong.

            With --config, it looks from a server's place at the key store that the file names: at the file, the \
            address, the port and the credentials, and tries each right that a server needs with a key of its own, \
            coffer-doctor-…, which it removes again. A directory that a server would make at its first start is not made.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp("The key that is to be used (default: MINIO_KMS_KES_KEY_NAME).", valueName: "NAME"))
    var key: String?

    @Option(
        help: ArgumentHelp("A path that the policy has to allow, such as /v1/status; repeatable.", valueName: "PATH"))
    var path: [String] = []

    @Option(help: ArgumentHelp("Configuration of a server whose key store is examined.", valueName: "FILE"))
    var config: String?

    @Option(help: "When to use colours: auto, never or always.")
    var color = ColourMode.auto

    @Argument(help: ArgumentHelp("The server (default: as for every command).", valueName: "HOST[:PORT]"))
    var server: String?

    func run() async throws {
        if let config {
            guard server == nil, key == nil, path.isEmpty else {
                throw CommandFailure("'--config' examines a key store, and takes neither a server, a key nor a path")
            }
            guard await examineStore(of: config) else { throw ExitCode(1) }
            return
        }
        Interruption.endsProcess()
        if config != nil { ProcessSettings.apply() }
        let name = try (key ?? ClientEnvironment.ofProcess.defaultKey).map { try keyName($0, "invalid key") }
        let configuration = try connection.configuration(server: server)
        var isGood = true
        for endpoint in configuration.endpoints.all {
            isGood = try await examine(endpoint, configuration, name) && isGood
        }
        if !isGood { throw ExitCode(1) }
    }

    private func examine(
        _ endpoint: KESEndpoint, _ configuration: KESClientConfiguration, _ key: KeyName?
    ) async throws -> Bool {
        var configuration = configuration
        configuration.callTimeout = .seconds(15)
        let diagnosis: KESDiagnosis
        do throws(KESClientError) {
            diagnosis = try KESDiagnosis(configuration, endpoint: endpoint, key: key, paths: path)
        } catch {
            throw CommandFailure(error.description)
        }
        Terminal.write(Colour(color).bold(endpoint.authority) + "\n")
        return await diagnosis.run(tell.callAsFunction)
    }

    private var tell: StepLine { StepLine(colour: Colour(color)) }

    // MARK: Key stores

    /// Whether nothing is wrong; up to the store itself, it ends at the first thing that is.
    private func examineStore(of path: String) async -> Bool {
        let configuration: KESConfiguration
        do throws(ConfigurationError) {
            configuration = try KESConfiguration.read(
                path, environment: ProcessEnvironment.variables(), defaultAdmin: "disabled")
        } catch {
            tell(.wrong(.configuration, "\(error)", remedy: "correct the file \(path)"))
            return false
        }
        let keyStore = configuration.keyStore
        Terminal.write(Colour(color).bold("\(keyStore.name): \(keyStore.place)") + "\n")
        tell(.right(.configuration, path))
        for warning in configuration.warnings { tell(.unknown(.configuration, warning)) }
        let steps = await StoreDiagnosis.connectionSteps(keyStore)
        for step in steps { tell(step) }
        if steps.contains(where: \.isWrong) { return false }
        do throws(KeyStoreOpening.Failure) {
            let store = try await KeyStoreOpening.open(
                keyStore, as: .visitor, logger: Logger(label: "coffer-kes") { _ in SwiftLogNoOpLogHandler() })
            return await untilInterrupted { [tell] in await StoreDiagnosis(store).run(tell.callAsFunction) }
        } catch {
            let remedy = "correct the section 'keystore' of \(path), or what it names"
            tell(.wrong(.keyStore, "\(error)", remedy: remedy))
            return false
        }
    }

    /// Cancels the work when the user or the system wants the process to end, so that it can clear up.
    private func untilInterrupted(_ work: @escaping @Sendable () async -> Bool) async -> Bool {
        let task = Task { await work() }
        let signals = ProcessSignals([SIGINT, SIGTERM]) { _ in task.cancel() }
        defer { signals.cancel() }
        return await task.value
    }
}

/// Shows a step as a line with a mark, and below it what to change.
private struct StepLine {
    let colour: Colour

    func callAsFunction(_ step: DiagnosisStep) {
        let mark =
            switch step.outcome {
            case .right: colour.green("✓")
            case .unknown: colour.faint("?")
            case .wrong: colour.red("✗")
            }
        Terminal.write("  \(mark) \(Lines.padded(step.subject.rawValue, 18)) \(step.finding)\n")
        if case .wrong(let remedy) = step.outcome { Terminal.write("    → \(remedy)\n") }
    }
}
