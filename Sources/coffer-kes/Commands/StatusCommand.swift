import ArgumentParser
import KESClient
import KESProtocol

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "status", abstract: "Tell how a server is.")

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var format: FormatOptions

    @Flag(name: .shortAndLong, help: "Whether it is online, and no more.")
    var short = false

    @Flag(help: "List the server's calls.")
    var api = false

    func run() async throws {
        let client = try connection.client()
        if api { return try await showCalls(client) }
        let start = ContinuousClock.now
        let status = try await performing { () async throws(KESClientError) in try await client.status() }
        let latency = ContinuousClock.now - start
        if format.json {
            let json = String(decoding: status.json, as: UTF8.self)
            return Terminal.write(Terminal.isPresent && !short ? JSONLine.indented(json) + "\n" : json)
        }
        let colour = Colour(format.color)
        for endpoint in try await endpoints(client) {
            let dot = endpoint.isOnline ? colour.green("●") : colour.red("●")
            Terminal.write("\(dot) \(endpoint.name)\(endpoint.isOnline ? "" : " \(endpoint.failure)")\n")
        }
        if !short { Terminal.write(details(status, latency)) }
    }

    /// One server has answered by now; several are asked one by one.
    private func endpoints(_ client: KESClient) async throws -> [(name: String, isOnline: Bool, failure: String)] {
        guard client.endpoints.count > 1 else {
            return client.endpoints.map { ($0.authority, true, "") }
        }
        return await client.endpointStatuses().map { status in
            (status.endpoint.authority, status.isOnline, status.failure.map { "(\($0))" } ?? "")
        }
    }

    private func details(_ status: StatusResponse, _ latency: Duration) -> String {
        let milliseconds = max(1, Int(latency / .milliseconds(1)))
        var lines = [
            ("Version", status.version), ("Uptime", Lines.span(seconds: status.uptime)),
            ("Latency", "\(milliseconds)ms"), ("OS", status.os),
            ("CPUs", "\(status.usableCPUCount) \(status.arch)"), ("Memory", ""),
            ("· Heap", Lines.size(status.heapByteCount)), ("· Stack", Lines.size(status.stackByteCount)),
        ]
        if status.isKeyStoreUnreachable {
            lines.append(("Key store", "not reachable"))
        } else if status.isKeyStoreUnavailable {
            lines.append(("Key store", "not available"))
        }
        return lines.map { "  \(Lines.padded($0.0, 8)) \($0.1)\n" }.joined()
    }

    private func showCalls(_ client: KESClient) async throws {
        let calls = try await performing { () async throws(KESClientError) in try await client.apis() }
        if format.json {
            let json = String(decoding: APIListResponse(calls).json, as: UTF8.self)
            return Terminal.write(Terminal.isPresent && !short ? JSONLine.indented(json) + "\n" : json)
        }
        func row(_ method: String, _ path: String, _ timeout: String) -> String {
            "\(Lines.padded(method, 7)) \(Lines.padded(path, 28)) \(timeout)\n"
        }
        var text = Colour(format.color).bold(row("Method", "API", "Timeout"))
        for call in calls {
            text += row(call.method, call.path, call.timeout == 0 ? "Inf" : GoDuration.format(.seconds(call.timeout)))
        }
        Terminal.write(text)
    }
}
