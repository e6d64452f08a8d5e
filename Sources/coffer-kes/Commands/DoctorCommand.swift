import ArgumentParser
import KESClient
import KESProtocol

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out why a client does not get at its key.",
        discussion: """
            Looks, one after the other, at the server's address, its port, TLS and both certificates, at the identity \
            and its policy, at the key store and the key, and names the first thing that is wrong and what to change. \
            Nothing is written. The exit status is 1 when something is wrong.
            """)

    @OptionGroup var connection: ConnectionOptions

    @Option(
        help: ArgumentHelp("The key that is to be used (default: MINIO_KMS_KES_KEY_NAME).", valueName: "NAME"))
    var key: String?

    @Option(
        help: ArgumentHelp("A path that the policy has to allow, such as /v1/status; repeatable.", valueName: "PATH"))
    var path: [String] = []

    @Option(help: "When to use colours: auto, never or always.")
    var color = ColourMode.auto

    @Argument(help: ArgumentHelp("The server (default: as for every command).", valueName: "HOST[:PORT]"))
    var server: String?

    func run() async throws {
        Interruption.endsProcess()
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
        let colour = Colour(color)
        var configuration = configuration
        configuration.callTimeout = .seconds(15)
        let diagnosis: KESDiagnosis
        do throws(KESClientError) {
            diagnosis = try KESDiagnosis(configuration, endpoint: endpoint, key: key, paths: path)
        } catch {
            throw CommandFailure(error.description)
        }
        Terminal.write(colour.bold(endpoint.authority) + "\n")
        return await diagnosis.run { step in
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
}
