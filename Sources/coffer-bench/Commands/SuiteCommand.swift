import ArgumentParser
import Glibc

/// Measures a server of this build over operations, sizes, connections and encryptions, in turns with others.
struct SuiteCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suite",
        abstract: "Measure many loads on a server of this build, in turns with other S3 servers, and print a table.",
        discussion: """
            Others are given as --against NAME=URL and take --access-key and --secret-key. The short form takes about five
            minutes a server, the long one about an hour. What is uploaded to others is removed again.
            """)

    enum Form: String, ExpressibleByArgument, CaseIterable {
        case short, long
    }

    @OptionGroup var local: LocalOptions

    @Option(help: "Another server: NAME=http[s]://host:port. May be repeated.")
    var against: [String] = []

    @Option(help: "Access key of the others.")
    var accessKey: String?

    @Option(help: "Secret key of the others.")
    var secretKey: String?

    @Option(help: "short or long.")
    var form = Form.short

    @Option(parsing: .upToNextOption, help: "Loads instead of the form's, as `compare` takes them.")
    var loads: [LoadSpecification] = []

    @Flag(help: "Start the own server with TLS.")
    var tls = false

    @Option(help: "Rounds of each load.")
    var rounds = 3

    @Option(help: "Seconds of a round.")
    var duration = 2.0

    @Option(help: "Seconds of unmeasured load before each round.")
    var warmUp = 0.5

    @Option(help: "Also write every round to this file, as JSON.")
    var json: String?

    func validate() throws {
        guard rounds > 0, duration > 0, warmUp >= 0 else { throw ValidationError("Rounds and seconds are positive.") }
        if let text = against.first(where: { !$0.contains("=") }) {
            throw ValidationError("--against \(text): NAME=URL is expected")
        }
    }

    func run() throws {
        let server = try local.startServer(isTLS: tls)
        let own = SuiteSubject(name: "Coffer", endpoint: server.endpoint, process: server.processID)
        let subjects = try [own] + against.map(other)
        var report = SuiteReport(names: subjects.map(\.name))
        print(report.header)
        for load in loads.isEmpty ? LoadSpecification.suite(form, isTLS: tls) : loads {
            var results = subjects.map { _ in [RoundResult]() }
            for subject in subjects { try load.workload.prepare(subject.load(load)) }
            for round in 0..<rounds {
                for (index, subject) in subjects.enumerated() {
                    results[index].append(try measure(load, on: subject, round: round))
                }
            }
            for (subject, results) in zip(subjects, results) {
                try load.workload.cleanUp(subject.load(load), after: results)
            }
            report.rows.append(.init(load: load.description, rounds: results))
            print(report.text(of: report.rows[report.rows.count - 1]))
            flushReport()
        }
        if let json { try writeTextFile(json, try report.json()) }
    }

    private func measure(_ load: LoadSpecification, on subject: SuiteSubject, round: Int) throws -> RoundResult {
        try load.workload.prepareRound(round, subject.load(load))
        if let process = subject.process { settle(process) }
        let measurement = Measurement(
            load: subject.load(load), process: subject.process, duration: load.workload.duration(.seconds(duration)),
            warmUp: load.operation.removesObjects ? 0 : warmUp)
        return try measurement.round(load.workload.book(round: round, for: subject.endpoint))
    }

    private func other(_ text: String) throws -> SuiteSubject {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw BenchError("--against \(text): NAME=URL is expected") }
        guard let accessKey, let secretKey else { throw BenchError("--against needs --access-key and --secret-key") }
        let endpoint = try Endpoint(url: parts[1], credentials: Credentials(accessKey: accessKey, secretKey: secretKey))
        return SuiteSubject(name: parts[0], endpoint: endpoint, process: processListening(on: endpoint.port))
    }
}

/// A server that the suite loads.
private struct SuiteSubject {
    let name: String
    let endpoint: Endpoint
    /// Nil where it cannot be seen.
    let process: pid_t?

    func load(_ specification: LoadSpecification) -> Load {
        Load(endpoint: endpoint, connections: specification.connections)
    }
}

extension LoadSpecification {
    private static let (kib, mib) = (1 << 10, 1 << 20)

    /// What the suite measures, small objects first.
    fileprivate static func suite(_ form: SuiteCommand.Form, isTLS: Bool) -> [LoadSpecification] {
        let small: [LoadSpecification] = [Operation.head, .list, .range, .copy, .delete, .deleteMany, .mixed].map {
            .init($0, bytes: 4 * kib, connections: 64)
        }
        let bodies: [(bytes: Int, connections: Int)] =
            switch form {
            case .short:
                [
                    (4 * kib, 64), (64 * kib, 8), (256 * kib, 1), (256 * kib, 8), (mib, 8), (4 * mib, 8), (16 * mib, 4),
                    (64 * mib, 4),
                ]
            case .long:
                [kib, 4 * kib, 16 * kib, 64 * kib, 256 * kib, mib, 4 * mib, 16 * mib, 64 * mib].flatMap { bytes in
                    [1, 8, 64].filter { $0 * bytes <= 256 * mib }.map { (bytes, $0) }
                }
            }
        // Customers' keys travel over TLS only.
        let encryptions: [SSEKind] = form == .short ? [.none] : isTLS ? [.none, .kms, .c] : [.none, .kms]
        let moving = encryptions.flatMap { sse in
            bodies.flatMap { size in
                [Operation.put, .get].map {
                    LoadSpecification($0, bytes: size.bytes, connections: size.connections, sse: sse)
                }
            }
        }
        let others: [LoadSpecification] = [
            .init(.put, bytes: mib, connections: 8, sse: .kms), .init(.put, bytes: 16 * mib, connections: 4, sse: .kms),
            .init(.range, bytes: 64 * mib, connections: 8),
        ]
        return moving + small + (form == .short ? others : Array(others.suffix(1)))
    }
}
