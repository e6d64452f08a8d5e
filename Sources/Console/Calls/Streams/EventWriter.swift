import HTTPServer
import JSON
import NIOCore
import Requests

/// Writes an event stream.
struct EventWriter: Sendable {
    /// Milliseconds after which a comment shows that the stream goes on.
    private static let silence: Int64 = 15_000

    private let response: ResponseWriter
    private var last = Clock.milliseconds()

    /// Begins the stream.
    init(_ call: Call) async throws {
        response = call.stream
        try await response.start(
            ResponseHead(
                status: 200,
                headers: ConsoleHeaders.ofCalls + [("content-type", "text/event-stream"), ("x-accel-buffering", "no")],
                contentLength: nil))
    }

    mutating func write(_ event: String, _ document: [UInt8]) async throws {
        last = Clock.milliseconds()
        try await response.write(
            ByteBuffer(bytes: Array("event: \(event)\ndata: ".utf8) + document + Array("\n\n".utf8)))
    }

    /// Shows that the stream goes on, where nothing has been written for a while.
    mutating func keepAlive() async throws {
        let now = Clock.milliseconds()
        guard now - last >= Self.silence || now < last else { return }
        last = now
        try await response.write(ByteBuffer(string: ":\n\n"))
    }

    /// Ends it because the session has.
    mutating func end(_ code: String) async throws {
        try await write("end", JSONValue.object(["code": .string(code)]).bytes)
        await response.finish()
    }
}
