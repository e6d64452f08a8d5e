import AccessPolicy
import HTTPServer
import JSON
import NIOCore
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage
import Threading

/// What happens on the server, as it does.
enum StreamCalls {
    static let routes = [
        CallRoute("GET trace", ["errors"], trace), CallRoute("GET log", log), CallRoute("GET audit", audit),
        CallRoute("GET live", live),
    ]

    private static func trace(_ call: Call) async throws {
        var query: [(name: String, value: String?)] = [("s3", "true"), ("internal", "true")]
        if try call.flag("errors") { query.append(("err", "true")) }
        try await follow(InnerRequest("GET", administration: "/minio/admin/v3/trace", query: query), call)
    }

    private static func log(_ call: Call) async throws {
        try await follow(InnerRequest("GET", administration: "/minio/admin/v3/log", query: [("limit", "100")]), call)
    }

    /// Gives the lines of one of the administration's streams on as events.
    ///
    /// That has a blank every second where nothing happens: often enough to see whether the session goes on.
    private static func follow(_ request: InnerRequest, _ call: Call) async throws {
        let place = try call.context.streams.enter(call.signedIn)
        defer { place.leave() }
        let caller = try call.agent.caller()
        var begun: ResponseHead?
        var writer: EventWriter?
        var rest: [UInt8] = []
        do {
            try await call.context.inProcess.stream(
                call.agent.head(request), connection: call.request.connection,
                by: { [context = call.context] in context.requests.answer($0, as: caller) },
                begin: { head in
                    begun = head
                    if head.status < 300 { writer = try await EventWriter(call) }
                },
                piece: { piece in
                    rest += piece.readableBytesView
                    guard writer != nil else {
                        // A refusal, which is short.
                        return
                    }
                    _ = try call.agent.caller()
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        let line = rest[..<end].drop { $0 == UInt8(ascii: " ") }
                        if !line.isEmpty { try await writer?.write("line", Array(line)) }
                        rest.removeSubrange(...end)
                    }
                    try await writer?.keepAlive()
                })
        } catch let error as ConsoleError where writer != nil {
            return try await writer?.end(error.code) ?? ()
        }
        if let begun, begun.status >= 300 { throw ConsoleError(refusalOf: begun.status, begun.headers, rest) }
        await call.stream.finish()
    }

    /// The records of the audit as requests end.
    private static func audit(_ call: Call) async throws {
        let place = try call.context.streams.enter(call.signedIn)
        defer { place.leave() }
        try requireRight(.serverTrace, call)
        guard let listener = call.context.audit.listen() else { throw ConsoleError.busy("streams") }
        var follower = listener.follower
        var writer = try await EventWriter(call)
        while !call.context.isClosing() {
            let piece = await follower.next(upTo: 64 << 10, within: .seconds(1)) { _ in true }
            do {
                try requireRight(.serverTrace, call)
            } catch let error as ConsoleError {
                return try await writer.end(error.code)
            }
            switch piece {
            case .bytes(let lines):
                for line in lines.split(separator: UInt8(ascii: "\n")) { try await writer.write("line", Array(line)) }
            case .silence: try await writer.keepAlive()
            // The browser begins again by itself.
            case .tooSlow: return try await writer.end("TooSlow")
            case .closed: return await call.stream.finish()
            }
        }
        await call.stream.finish()
        withExtendedLifetime(listener) {}
    }

    private static func requireRight(_ action: Action, _ call: Call) throws {
        guard try call.agent.allows(action, on: .service, in: call.request) else {
            throw ConsoleError(S3Error(.accessDenied))
        }
    }

    private static func live(_ call: Call) async throws {
        let place = try call.context.streams.enter(call.signedIn)
        defer { place.leave() }
        try requireRight(.serverInfo, call)
        var writer = try await EventWriter(call)
        var lastState: String?
        while !call.context.isClosing() {
            do {
                try requireRight(.serverInfo, call)
            } catch let error as ConsoleError {
                return try await writer.end(error.code)
            }
            let total = try await call.context.drive.buckets.usageOfAll().total
            let available = try await call.context.drive.offload { call.context.freeSpace() }
            var figures = JSONObject(["bytes": .integer(total.bytes), "objects": .integer(total.objects)])
            figures["available"] = .integer(available)
            figures["requests"] = ServerCalls.requests(call.context.pipeline.counts)
            if let reading = await call.context.keyService.reading, reading.state.rawValue != lastState {
                lastState = reading.state.rawValue
                figures["keyService"] = reading.document(call.context.settings, isFull: false)
            }
            try await writer.write("figures", figures.value.bytes)
            try await Task.sleep(for: .seconds(2))
        }
        await call.stream.finish()
    }
}
