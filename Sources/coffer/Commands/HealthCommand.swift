import ArgumentParser
import HTTPClient

struct HealthCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Tell whether a server on this machine answers, for health checks.",
        discussion: """
            It needs no credentials, finds out whether the server speaks TLS, and trusts whatever certificate it shows. The \
            exit status is 1 when there is no answer.
            """)

    @Argument(help: ArgumentHelp("The server (default: 127.0.0.1:9000).", valueName: "HOST:PORT"))
    var server = "127.0.0.1:9000"

    func run() async throws {
        let server = server
        try await orFail {
            var configuration = HTTPClientConfiguration()
            // Nothing secret is sent, and the certificate is rarely for this machine's own address.
            configuration.verifiesServer = false
            let http = try HTTPClient(configuration)
            // A server of TLS answers plain requests with a refusal.
            if (try? await Self.asks(http, "http://\(server)")) == 200 { return print("\(server) answers") }
            let status: Int
            do {
                status = try await Self.asks(http, "https://\(server)")
            } catch {
                throw StartFailure("\(server): \(error)")
            }
            guard status == 200 else { throw StartFailure("\(server) answers \(status)") }
            print("\(server) answers")
        }
    }

    private static func asks(_ http: HTTPClient, _ url: String) async throws(HTTPClientError) -> Int {
        var request = HTTPClientRequest(.get, "\(url)/minio/health/live")
        request.timeout = .seconds(5)
        return try await http.send(request).status
    }
}
