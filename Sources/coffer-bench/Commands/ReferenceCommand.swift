import ArgumentParser

/// Measures the reference mechanisms alone.
struct ReferenceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reference",
        abstract: "Measure the bare mechanisms that the server is compared to.",
        discussion: """
            (a) rows that a bare SQLite group commit makes durable, (b) answers of a bare NIO HTTP responder, (c) bytes
            through a pipeline that only receives, seals and writes, or reads, opens and sends.
            """)

    @OptionGroup var local: LocalOptions

    @Option(help: "Size of rows and small answers.")
    var size = ByteSize(bytes: 4096)

    @Option(help: "Size of uploads and downloads.")
    var largeSize = ByteSize(bytes: 64 << 20)

    @Option(help: "Writers and clients of the small ones.")
    var concurrency = 64

    @Option(help: "Clients of the large ones.")
    var largeConcurrency = 4

    @Option(help: "Seconds of a round.")
    var duration = 5.0

    @Option(help: "Seconds of unmeasured load before each round.")
    var warmUp = 1.0

    @Option(help: "Rounds; the report gives medians and extremes.")
    var rounds = 3

    @Option(help: "Measure only this one: rows, responder or pipeline.")
    var only: Mechanism?

    enum Mechanism: String, ExpressibleByArgument, CaseIterable {
        case rows, responder, pipeline
    }

    func run() throws {
        let contenders = try (only.map { [$0] } ?? Mechanism.allCases).flatMap(contenders)
        var results = [[RoundResult]](repeating: [], count: contenders.count)
        for round in 0..<rounds {
            for (index, contender) in contenders.enumerated() { results[index].append(try contender.round(round)) }
        }
        for (contender, rounds) in zip(contenders, results) {
            print(TextReport(title: contender.name, rounds: rounds).lines.joined(separator: "\n"))
        }
    }

    private func contenders(of mechanism: Mechanism) throws -> [Contender] {
        let references = References(scratch: local.scratch, seconds: duration, warmUp: warmUp)
        switch mechanism {
        case .rows: return [references.committedRows(bytes: size.bytes, writers: concurrency)]
        case .responder: return [try references.responder(bytes: size.bytes, connections: concurrency)]
        case .pipeline:
            let pipeline = try references.pipeline(bytes: largeSize.bytes, connections: largeConcurrency)
            return [pipeline.put, pipeline.get]
        }
    }
}
