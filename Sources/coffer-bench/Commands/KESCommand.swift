import ArgumentParser
import Glibc
import KESClient
import KESProtocol

/// Loads a KES server, or two in turns.
struct KESCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kes",
        abstract: "Measure how fast a KES server makes and opens data keys, over kept mTLS connections.",
        discussion: """
            The identity needs create, generate and decrypt for the key. The API key may stand in MINIO_KES_API_KEY.
            """)

    @Option(help: "The server: https://host:port.")
    var endpoint: String

    @Option(help: "A second server, measured in turns with the first.")
    var against: String?

    @Option(help: "Who asks; the same for both servers.")
    var apiKey: String?

    @Option(help: "Name of the key, made if it is not there.")
    var key = "coffer-bench"

    @Option(help: "Connections, each with one request under way; several numbers by commas.")
    var connections = "1,16"

    @Option(help: "Seconds of a round.")
    var duration = 3.0

    @Option(help: "Seconds of unmeasured load before each round.")
    var warmUp = 0.5

    @Option(help: "Rounds; the report gives medians and extremes.")
    var rounds = 3

    @Option(help: "Process of the first server, if it is not the one that listens on its port here.")
    var pid: Int32?

    func run() async throws {
        guard let text = apiKey ?? getenv("MINIO_KES_API_KEY").map({ String(cString: $0) }) else {
            throw BenchError("give --api-key, or MINIO_KES_API_KEY")
        }
        let apiKey = try APIKey(text)
        guard let name = KeyName(key) else { throw BenchError("\(key): not a key name") }
        var subjects = [try await subject(endpoint, apiKey, name, pid)]
        if let against { subjects.append(try await subject(against, apiKey, name, nil)) }
        for count in connections.split(separator: ",") {
            guard let count = Int(count), count > 0 else {
                throw BenchError("--connections \(connections): not numbers")
            }
            for operation in KESWorkload.Operation.allCases {
                try measure(subjects, operation, connections: count)
            }
        }
    }

    private typealias Subject = (measurement: Measurement, workload: KESWorkload)

    private func subject(_ url: String, _ apiKey: APIKey, _ name: KeyName, _ pid: Int32?) async throws -> Subject {
        var endpoint = try Endpoint(url: url, credentials: .none)
        endpoint.clientCertificate = try ClientCertificate(apiKey)
        var configuration = KESClientConfiguration(
            endpoints: try KESEndpoints(parsing: url), credentials: .apiKey(apiKey))
        configuration.isInsecure = true
        let workload = try await KESWorkload(endpoint, client: KESClient(configuration), key: name)
        let measurement = Measurement(
            load: Load(endpoint: endpoint, connections: 1), process: pid ?? processListening(on: endpoint.port),
            duration: .seconds(duration), warmUp: warmUp)
        return (measurement, workload)
    }

    private func measure(_ subjects: [Subject], _ operation: KESWorkload.Operation, connections: Int) throws {
        var results = [[RoundResult]](repeating: [], count: subjects.count)
        for _ in 0..<rounds {
            for (index, subject) in subjects.enumerated() {
                var measurement = subject.measurement
                measurement.load.connections = connections
                results[index].append(try measurement.round(subject.workload.requests(operation)))
            }
        }
        let pair = EndpointRounds(
            subjects: zip(subjects, results).map { ($0.measurement.load.endpoint.description, $1) })
        print(pair.lines(titled: "\(operation.rawValue), \(connections) connections").joined(separator: "\n"))
        flushReport()
    }
}
