/// Loads on one server, ready to be measured in turns with others.
struct ServerContenders {
    let server: ServerProcess
    let seconds: Double
    let warmUp: Double
    /// What is special about this server, for the names.
    var remark = ""

    /// A load of 64 connections for small objects, of 4 for large ones.
    func contender(_ operation: Operation, _ size: Int, _ sse: SSEKind) -> Contender {
        contender(LoadSpecification(operation, bytes: size, connections: size > 1 << 20 ? 4 : 64, sse: sse))
    }

    /// The objects that a load reads are uploaded when it is first run.
    func contender(_ specification: LoadSpecification) -> Contender {
        let workload = specification.workload
        let measurement = Measurement(
            load: Load(endpoint: server.endpoint, connections: specification.connections), process: server.processID,
            duration: workload.duration(.seconds(seconds)),
            warmUp: workload.operation.removesObjects ? 0 : warmUp)
        let tls = server.endpoint.isTLS ? ", TLS" : ""
        var isPrepared = false
        return Contender(name: "\(specification)\(tls)\(remark)") { round in
            if !isPrepared { try workload.prepare(measurement.load) }
            isPrepared = true
            try workload.prepareRound(round, measurement.load)
            settle(server.processID)
            return try measurement.round(workload.book(round: round, for: server.endpoint))
        }
    }
}
