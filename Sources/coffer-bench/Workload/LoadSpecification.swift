import ArgumentParser

/// A load as an option names it: operation, size, connections and, if it is not the server's default, the encryption:
/// `get:4KiB:64`, `put:1MiB:8:kms`.
struct LoadSpecification: ExpressibleByArgument, CustomStringConvertible, Sendable {
    var operation: Operation
    var size: ByteSize
    var connections: Int
    var sse = SSEKind.none

    init(_ operation: Operation, bytes: Int, connections: Int, sse: SSEKind = .none) {
        self.operation = operation
        size = ByteSize(bytes: bytes)
        self.connections = connections
        self.sse = sse
    }

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 || parts.count == 4, let operation = Operation(rawValue: parts[0]),
            let size = ByteSize(argument: parts[1]), let connections = Int(parts[2]), connections > 0,
            let sse = parts.count == 4 ? SSEKind(rawValue: parts[3]) : SSEKind.none
        else { return nil }
        self.init(operation, bytes: size.bytes, connections: connections, sse: sse)
    }

    var workload: Workload { Workload(operation: operation, size: size.bytes, sse: sse) }

    var description: String {
        let encryption =
            switch sse {
            case .none: ", server's default"
            case .s3: ", SSE-S3"
            case .kms: ", SSE-KMS"
            case .c: ", SSE-C"
            }
        return "\(operation.title) \(size), \(connections) conn.\(encryption)"
    }
}
