import AccessPolicy
import Dispatch
import FoundationEssentials
import Glibc
import S3Protocol
import Synchronization

/// The access log: one JSON object a line for every request that has ended.
///
/// Lines are made and written on a thread of their own. When more than ``capacity`` requests wait for it, further ones are
/// counted and left out, and the next line that is written says how many.
package final class AccessLog: RequestObserver {
    package enum Destination: Sendable {
        case standardOutput
        /// A file that is appended to, made with mode 0600 when it is missing.
        case file(String)
    }

    private struct State {
        var waiting: [CompletedRequest] = []
        var dropped = 0
        var isWriting = false
        var descriptor: Int32
    }

    private static let capacity = 16_384

    private let destination: Destination
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "coffer.access-log")

    /// - Throws: the `Errno`-like number of the system when the file cannot be opened.
    package init(_ destination: Destination) throws(AccessLogError) {
        self.destination = destination
        state = Mutex(State(descriptor: try Self.open(destination)))
    }

    package func observe(_ request: CompletedRequest) {
        let begins = state.withLock { state in
            guard state.waiting.count < Self.capacity else {
                state.dropped += 1
                return false
            }
            state.waiting.append(request)
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.drain() } }
    }

    /// Opens the file anew, for those who move it away to rotate it.
    package func reopen() throws(AccessLogError) {
        guard case .file = destination else { return }
        let fresh = try Self.open(destination)
        // On the queue, so that nothing is being written through the old descriptor.
        queue.sync {
            let old = state.withLock { state in
                defer { state.descriptor = fresh }
                return state.descriptor
            }
            close(old)
        }
    }

    /// Returns when every request that ended before has been written.
    package func flush() {
        queue.sync { drain() }
    }

    private static func open(_ destination: Destination) throws(AccessLogError) -> Int32 {
        switch destination {
        case .standardOutput: return STDOUT_FILENO
        case .file(let path):
            let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw AccessLogError(path: path, errno: errno) }
            return descriptor
        }
    }

    private func drain() {
        while true {
            let (requests, dropped, descriptor) = state.withLock { state in
                state.isWriting = !state.waiting.isEmpty
                defer {
                    state.waiting = []
                    state.dropped = 0
                }
                return (state.waiting, state.dropped, state.descriptor)
            }
            guard !requests.isEmpty else { return }
            var lines: [UInt8] = []
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            for (index, request) in requests.enumerated() {
                let line = AccessLogLine(request, droppedBefore: index == 0 ? dropped : 0)
                guard let json = try? encoder.encode(line) else { continue }
                lines.append(contentsOf: json)
                lines.append(UInt8(ascii: "\n"))
            }
            write(lines, to: descriptor)
        }
    }

    private func write(_ lines: [UInt8], to descriptor: Int32) {
        lines.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                let count = Glibc.write(descriptor, start, rest.count)
                guard count > 0 || errno == EINTR else { return }
                rest = rest.dropFirst(max(0, count))
            }
        }
    }
}

/// An access log that cannot be opened.
package struct AccessLogError: Error, CustomStringConvertible {
    let path: String
    let errno: Int32

    package var description: String { "cannot open the access log \(path): \(String(cString: strerror(errno)))" }
}

private struct AccessLogLine: Encodable {
    let time: String
    let service: String
    let operation: String?
    let requestID: String
    let accessKey: String?
    let remoteAddress: String
    let method: String
    let target: String
    let host: String?
    let userAgent: String?
    let tls: Bool
    let bucket: String?
    let key: String?
    let versionID: String?
    let status: Int
    let errorCode: String?
    let bytesReceived: Int64
    let bytesSent: Int64
    let complete: Bool
    let durationMicroseconds: Int64
    let droppedBefore: Int?

    init(_ request: CompletedRequest, droppedBefore: Int) {
        time = HTTPDate.iso8601(request.time)
        service = request.service.rawValue
        operation = request.operation
        requestID = request.id
        accessKey = request.principal?.accessKey
        remoteAddress = request.remoteAddress
        method = request.method
        target = request.target
        host = request.host
        userAgent = request.userAgent
        tls = request.isTLS
        bucket = request.bucket
        key = request.key
        versionID = request.versionID
        status = request.status
        errorCode = request.errorCode
        bytesReceived = request.bytesReceived
        bytesSent = request.bytesSent
        complete = request.isComplete
        durationMicroseconds = request.duration / 1000
        self.droppedBefore = droppedBefore > 0 ? droppedBefore : nil
    }
}
