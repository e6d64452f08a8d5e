import ArgumentParser

/// What to ask of an endpoint, how often and how long.
struct LoadOptions: ParsableArguments {
    @Option(help: "put, get, range, head, list, delete, delete-many, copy or mixed.")
    var operation = Operation.get

    @Option(help: "Size of an object: 4KiB, 64MiB, …")
    var size = ByteSize(bytes: 4096)

    @Option(help: "Connections, each with one request under way.")
    var concurrency = 64

    @Option(help: "Encryption that uploads ask for: none (the server's default), s3, kms, c.")
    var sse = SSEKind.none

    @Flag(help: "Sign the SHA-256 of the body instead of UNSIGNED-PAYLOAD.")
    var signedPayload = false

    @Option(help: "Seconds of a round.")
    var duration = 5.0

    @Option(help: "Requests of a round, instead of its duration.")
    var requests: Int?

    @Option(help: "Seconds of unmeasured load before each round.")
    var warmUp = 1.0

    @Option(help: "Rounds; the report gives medians and extremes.")
    var rounds = 3

    @Option(help: "Threads of the client.")
    var clientThreads = 1

    func validate() throws {
        guard rounds > 0, concurrency > 0, clientThreads > 0, duration > 0, warmUp >= 0, (requests ?? 1) > 0 else {
            throw ValidationError("Rounds, connections, threads, duration and requests are positive.")
        }
    }

    var workload: Workload {
        Workload(operation: operation, size: size.bytes, sse: sse, signsPayload: signedPayload)
    }

    func measurement(of endpoint: Endpoint, process: Int32?) -> Measurement {
        Measurement(
            load: Load(endpoint: endpoint, connections: concurrency, threads: clientThreads), process: process,
            duration: requests.map { .requests($0) } ?? .seconds(duration), warmUp: warmUp)
    }
}
