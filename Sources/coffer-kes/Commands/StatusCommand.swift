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
        if api, format.json { return try await listCalls(client) }
        let start = ContinuousClock.now
        let status = try await performing { () async throws(KESClientError) in try await client.status() }
        let latency = ContinuousClock.now - start
        if format.json { return writeJSON(status.json) }
        let colour = Colour(format.color)
        for endpoint in try await endpoints(client) {
            let dot = endpoint.isOnline ? colour.green("●") : colour.red("●")
            Terminal.write("\(dot) \(endpoint.name)\(endpoint.isOnline ? "" : " \(endpoint.failure)")\n")
        }
        if !short { Terminal.write(details(status, latency)) }
        if api { Terminal.write("\n" + table(try await calls(client), colour)) }
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

    private func calls(_ client: KESClient) async throws -> [APIDescription] {
        try await performing { () async throws(KESClientError) in try await client.apis() }
    }

    private func listCalls(_ client: KESClient) async throws {
        writeJSON(APIListResponse(try await calls(client)).json)
    }

    private func writeJSON(_ bytes: [UInt8]) {
        let json = String(decoding: bytes, as: UTF8.self)
        Terminal.write(Terminal.isPresent && !short ? JSONLine.indented(json) + "\n" : json)
    }

    private func table(_ calls: [APIDescription], _ colour: Colour) -> String {
        func row(_ method: String, _ path: String, _ timeout: String) -> String {
            "  \(Lines.padded(method, 7)) \(Lines.padded(path, 28)) \(timeout)\n"
        }
        return colour.bold(row("Method", "API", "Timeout"))
            + calls.map { call in
                row(call.method, call.path, call.timeout == 0 ? "Inf" : GoDuration.format(.seconds(call.timeout)))
            }.joined()
    }
}
