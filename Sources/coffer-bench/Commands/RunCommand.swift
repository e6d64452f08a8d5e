import ArgumentParser
import Glibc

/// Loads one endpoint, or two in turns.
struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measure one operation on an endpoint, or on two in turns.",
        discussion: """
            Without --endpoint it starts the coffer of the same build on a temporary drive and stops it afterwards.
            Credentials of other endpoints come from the options or from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
            """)

    @OptionGroup var options: LoadOptions
    @OptionGroup var local: LocalOptions

    @Flag(help: "Start the server with TLS.")
    var tls = false

    @Option(help: "Endpoint to measure instead of a server of one's own: http[s]://host:port.")
    var endpoint: String?

    @Option(help: "Process of the endpoint, if it is not the one that listens on its port here.")
    var pid: Int32?

    @Option(help: "A second endpoint, measured in turns with the first.")
    var against: String?

    @Option(help: "Process of the second endpoint.")
    var againstPid: Int32?

    @Option(help: "Access key of --endpoint and --against.")
    var accessKey: String?

    @Option(help: "Secret key of --endpoint and --against.")
    var secretKey: String?

    @Option(help: "Access key of --against, if it is another.")
    var againstAccessKey: String?

    @Option(help: "Secret key of --against, if it is another.")
    var againstSecretKey: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        let server = endpoint == nil ? try local.startServer(isTLS: tls) : nil
        var subjects = [try firstSubject(server)]
        if let against {
            let credentials = try credentials(
                againstAccessKey ?? accessKey, againstSecretKey ?? secretKey)
            subjects.append(try subject(against, credentials, againstPid))
        }
        var workload = options.workload
        // Two endpoints may share a drive; a bucket of its own keeps this run out of others' way.
        workload.bucket = "coffer-bench-\(getpid())"
        for subject in subjects { try workload.prepare(subject.load) }

        var rounds = [[RoundResult]](repeating: [], count: subjects.count)
        for round in 0..<options.rounds {
            for (index, var subject) in subjects.enumerated() {
                try workload.prepareRound(round, subject.load)
                subject.duration = workload.duration(subject.duration)
                if workload.operation.removesObjects { subject.warmUp = 0 }
                rounds[index].append(
                    try subject.round(workload.book(round: round, for: subject.load.endpoint)))
            }
        }
        // A server of one's own goes with its drive.
        for (subject, rounds) in zip(subjects, rounds).dropFirst(server == nil ? 0 : 1) {
            try workload.cleanUp(subject.load, after: rounds)
        }
        let report = RunReport(
            operation: options.operation, size: options.size.bytes, sse: options.sse,
            concurrency: options.concurrency,
            endpoints: zip(subjects, rounds).map { .init(endpoint: $0.load.endpoint.description, rounds: $1) })
        print(json ? try report.json() : report.text)
    }

    private func firstSubject(_ server: ServerProcess?) throws -> Measurement {
        if let server { return options.measurement(of: server.endpoint, process: server.processID) }
        return try subject(endpoint ?? "", try credentials(accessKey, secretKey), pid)
    }

    private func subject(_ url: String, _ credentials: Credentials, _ pid: Int32?) throws -> Measurement {
        let endpoint = try Endpoint(url: url, credentials: credentials)
        return options.measurement(of: endpoint, process: pid ?? processListening(on: endpoint.port))
    }

    private func credentials(_ accessKey: String?, _ secretKey: String?) throws -> Credentials {
        guard let accessKey = accessKey ?? environment("AWS_ACCESS_KEY_ID"),
            let secretKey = secretKey ?? environment("AWS_SECRET_ACCESS_KEY")
        else { throw BenchError("give --access-key and --secret-key, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY") }
        return Credentials(accessKey: accessKey, secretKey: secretKey)
    }

    private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
