/// The reference mechanisms, ready to be measured in turns with the server.
struct References {
    var scratch: String
    var seconds: Double
    var warmUp: Double

    /// (a) Rows committed by a bare SQLite group commit.
    func committedRows(bytes: Int, writers: Int) -> Contender {
        Contender(name: "bare SQLite group commit, \(ByteSize(bytes: bytes)) rows, \(writers) writers") { _ in
            let directory = try ScratchDirectory(in: scratch)
            return try RowCommitLoop(writers: writers, rowBytes: bytes).run(directory: directory.path, seconds: seconds)
        }
    }

    /// (b) Answers of a bare NIO responder.
    func responder(bytes: Int, connections: Int) throws -> Contender {
        let server = try ReferenceServer(.responder, size: bytes, scratch: scratch)
        let measurement = measurement(of: server, connections: connections)
        return Contender(name: "bare NIO responder, \(ByteSize(bytes: bytes)), \(connections) clients") { _ in
            try withExtendedLifetime(server) { try measurement.round(ReferenceServer.book(uploading: nil)) }
        }
    }

    /// (c) Uploads and downloads of a pipeline without HTTP and S3.
    func pipeline(bytes: Int, connections: Int) throws -> (put: Contender, get: Contender) {
        let server = try ReferenceServer(.pipeline, size: bytes, scratch: scratch)
        let measurement = measurement(of: server, connections: connections)
        let body = Workload(operation: .put, size: bytes).body
        let what = "\(ByteSize(bytes: bytes)), \(connections) clients"
        return (
            Contender(name: "receive, seal, write, sync only, \(what)") { _ in
                try withExtendedLifetime(server) { try measurement.round(ReferenceServer.book(uploading: body)) }
            },
            Contender(name: "read, open, send only, \(what)") { _ in
                try withExtendedLifetime(server) { try measurement.round(ReferenceServer.book(uploading: nil)) }
            }
        )
    }

    private func measurement(of server: ReferenceServer, connections: Int) -> Measurement {
        Measurement(
            load: Load(endpoint: server.endpoint, connections: connections), process: server.processID,
            duration: .seconds(seconds), warmUp: warmUp)
    }
}
