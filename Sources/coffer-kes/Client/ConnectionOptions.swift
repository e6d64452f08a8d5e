import ArgumentParser
import Glibc
import KESClient
import KESProtocol

/// The flags of every command that asks a server.
struct ConnectionOptions: ParsableArguments {
    @Flag(name: [.customShort("k"), .long], help: "Do not verify the server's certificate.")
    var insecure = false

    /// Of servers of 2022 and 2023.
    @Option(name: [.customShort("e"), .long], help: .hidden)
    var enclave: String?

    /// A client by the environment; `server` and `apiKey` go before it.
    func client(server: String? = nil, apiKey: String? = nil) throws -> KESClient {
        Interruption.endsProcess()
        do {
            return try KESClient(configuration(server: server, apiKey: apiKey))
        } catch let error as KESClientError {
            throw CommandFailure(error.description)
        }
    }

    func configuration(server: String? = nil, apiKey: String? = nil) throws -> KESClientConfiguration {
        let environment = ClientEnvironment.ofProcess
        let credentials = try environment.credentials(apiKey: apiKey)
        do throws(KESClientError) {
            var configuration = KESClientConfiguration(
                endpoints: try KESEndpoints(parsing: server ?? environment.server, plainHTTP: .replaced),
                credentials: credentials, caPath: environment.authorities, isInsecure: insecure)
            // A person waits longer than a request does; servers take up to 15 s.
            configuration.callTimeout = .seconds(30)
            return configuration
        } catch {
            throw CommandFailure(error.description)
        }
    }
}

/// The flags of commands that print lists and documents.
struct FormatOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "When to use colours: auto, never or always.")
    var color = ColourMode.auto
}

/// What becomes of an interrupt at the keyboard.
enum Interruption {
    /// Ends the process with KES's status instead of the signal's; output is never half-written by then.
    static func endsProcess() {
        signal(SIGINT) { _ in _exit(1) }
    }
}

extension CommandFailure {
    static func missing(_ what: String, in command: String) -> CommandFailure {
        CommandFailure("no \(what) specified. See '\(CommandPath.program) \(command) --help'")
    }

    /// A call that failed, behind what was tried: `failed to create key "k": key already exists`.
    init(_ attempt: String, _ error: KESClientError) {
        self.init("\(attempt): \(error)")
    }
}

/// Runs a call; its failure ends the command, behind what was tried.
func performing<Answer>(
    _ attempt: String? = nil, _ call: () async throws(KESClientError) -> Answer
) async throws -> Answer {
    do throws(KESClientError) {
        return try await call()
    } catch {
        throw attempt.map { CommandFailure($0, error) } ?? CommandFailure(error.description)
    }
}

/// The name of a key as KES takes it; what is none is refused in the server's words.
func keyName(_ text: String, _ attempt: String) throws -> KeyName {
    guard let name = KeyName(text) else {
        throw CommandFailure("\(attempt): \(KESFault.invalidKeyName(text).message)")
    }
    return name
}
