/// Loads on one server, ready to be measured in turns with others.
struct ServerContenders {
    let server: ServerProcess
    let seconds: Double
    let warmUp: Double
    /// What is special about this server, for the names.
    var remark = ""

    /// A load of 64 connections for small objects, of 4 for large ones; its objects are uploaded when it is first run.
    func contender(_ operation: Operation, _ size: Int, _ sse: SSEKind) -> Contender {
        let connections = size > 1 << 20 ? 4 : 64
        let workload = Workload(operation: operation, size: size, sse: sse)
        let measurement = Measurement(
            load: Load(endpoint: server.endpoint, connections: connections), process: server.processID,
            duration: .seconds(seconds), warmUp: warmUp)
        let verb =
            operation == .list
            ? "LIST \(workload.pageSize) keys" : "\(operation.rawValue.uppercased()) \(ByteSize(bytes: size))"
        let name = "\(verb), \(label(sse))\(server.endpoint.isTLS ? ", TLS" : "")\(remark), \(connections) clients"
        var isPrepared = false
        return Contender(name: name) { round in
            if !isPrepared { try workload.prepare(measurement.load) }
            isPrepared = true
            settle(server.processID)
            return try measurement.round(workload.book(round: round, for: server.endpoint))
        }
    }

    private func label(_ sse: SSEKind) -> String {
        switch sse {
        case .none: "server's default"
        case .s3: "SSE-S3"
        case .kms: "SSE-KMS"
        case .c: "SSE-C"
        }
    }
}
