import ArgumentParser
import HTTPClient
import KESClient
import KESProtocol

/// For probes, which have no identity: it asks with one that it makes up, and a refusal is an answer.
struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tell whether a server on this machine answers, for health checks.",
        discussion: """
            It needs no identity and trusts whatever certificate the server shows. Whether keys can be had is for \
            /v1/ready to say. The exit status is 1 when there is no answer.
            """)

    @Argument(help: ArgumentHelp("The server (default: 127.0.0.1:7373).", valueName: "HOST[:PORT]"))
    var server = ClientEnvironment.defaultServer

    func run() async throws {
        do throws(KESClientError) {
            var configuration = KESClientConfiguration(
                endpoints: try KESEndpoints(parsing: server, plainHTTP: .replaced),
                credentials: .apiKey(.generate()), caPath: nil, isInsecure: true)
            configuration.callTimeout = .seconds(5)
            _ = try await KESClient(configuration).version()
        } catch {
            switch error {
            // A server that wants certificates of an authority's says so in the handshake.
            case .fault, .connection(.tlsAlert, _): break
            case .configuration, .connection, .invalidResponse, .cancelled: throw CommandFailure(error.description)
            }
        }
        Terminal.write("\(server) answers\n")
    }
}
