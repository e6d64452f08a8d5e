import AccessPolicy
import JSON
import Requests
import S3Protocol
import SealedStorage

/// The server as a whole.
enum ServerCalls {
    static let routes = [CallRoute("GET overview", overview)]

    private static func overview(_ call: Call) async throws {
        let answer = try await call.agent.perform(InnerRequest("GET", administration: "/minio/admin/v3/info"))
        let info = try await call.context.drive.offload { try answer.json() }
        let settings = call.context.settings
        let drive = info["servers"]?.elements?.first?["drives"]?.elements?.first
        var document = JSONObject(["version": .string(settings.version), "started": .time(settings.started)])
        document["drive"] = .object([
            "path": .string(settings.drive), "total": drive?["totalspace"], "used": drive?["usedspace"],
            "available": drive?["availspace"],
        ])
        // `lastEnded` in milliseconds since 1970, `percent` of the pass that goes on, `damaged`.
        document["scrub"] = info["servers"]?.elements?.first?["scrub"]
        document["buckets"] = info["buckets"]?["count"]
        document["objects"] = info["objects"]?["count"]
        document["versions"] = info["versions"]?["count"]
        document["deleteMarkers"] = info["deletemarkers"]?["count"]
        document["bytes"] = info["usage"]?["size"]
        document["certificateEnds"] = call.context.certificateEnd().map { .time($0 * 1000) }
        let mayAsk = try call.agent.allows(.keyServiceStatus, on: .service, in: call.request)
        document["keyService"] = await call.context.keyService.reading?.document(settings, isFull: mayAsk)
        document["requests"] = requests(call.context.pipeline.counts)
        try await call.answer(document.value)
    }

    /// Requests of all services since the start.
    static func requests(_ counts: RequestCounts) -> JSONValue {
        var (active, total, failed) = (0, 0, 0)
        for row in counts.operations.indices {
            let figures = counts.figures(row)
            active += figures.inFlight
            total += figures.total
            failed += figures[.failed]
        }
        return .object(["active": .integer(active), "total": .integer(total), "failed": .integer(failed)])
    }
}
