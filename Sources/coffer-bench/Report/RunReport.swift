import Foundation

/// What `run` has found: every round of every endpoint.
struct RunReport: Codable {
    struct Subject: Codable {
        var endpoint: String
        var rounds: [RoundResult]
    }

    var operation: Operation
    var size: Int
    var sse: SSEKind
    var concurrency: Int
    var endpoints: [Subject]

    var text: String {
        let what = "\(operation) \(ByteSize(bytes: size)), sse \(sse), \(concurrency) connections"
        let rounds = EndpointRounds(subjects: endpoints.map { ($0.endpoint, $0.rounds) })
        return rounds.lines(titled: what).joined(separator: "\n")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
