import HTTPServer
import JSON
import NIOCore
import Requests

/// Moves the drive's data keys under the newest version of a key: the administration's own operation, which tells line by
/// line how far it is.
struct RewrapTask: Sendable {
    let target: String

    func run(_ task: ConsoleTask, _ agent: Agent) async throws {
        let request = InnerRequest("POST", administration: "/minio/kms/v1/coffer/rewrap", query: [("to", target)])
        let caller = try agent.caller()
        var begun: ResponseHead?
        var bytes: [UInt8] = []
        var outcome: JSONValue?
        try await agent.context.inProcess.stream(
            agent.head(request), connection: agent.connection,
            by: { [context = agent.context] in context.requests.answer($0, as: caller) },
            begin: { begun = $0 },
            piece: { piece in
                bytes += piece.readableBytesView
                while let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                    if let line = JSONValue(Array(bytes[..<end])) {
                        outcome = line
                        if let done = line["examined"]?.integer, let total = line["total"]?.integer {
                            task.set(done: done, total: total)
                        }
                    }
                    bytes.removeSubrange(...end)
                }
            })
        if let begun, begun.status >= 400 { throw ConsoleError(refusalOf: begun.status, begun.headers, bytes) }
        if let failure = outcome?["error"]?.string {
            throw ConsoleError(503, "ServiceUnavailable", failure)
        }
        for failure in outcome?["failures"]?.elements ?? [] {
            task.note(failureOf: failure["what"]?.string ?? "", "InternalError", failure["cause"]?.string ?? "")
        }
    }
}
