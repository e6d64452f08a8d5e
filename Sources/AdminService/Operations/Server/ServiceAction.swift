import AccessPolicy
import Requests
import S3Protocol

/// Ends the process or begins it anew, holds S3 requests back or lets them through: `mc admin service`.
enum ServiceAction: AdminOperation {
    static let routes = ["POST /minio/admin/v3/service"]
    static let required = ["action"]
    static let optional = ["type", "dry-run", "by-host"]

    private enum Action: String {
        case restart, stop, freeze, unfreeze
    }

    static func demands(_ request: AdminRequest) -> AdminDemands {
        switch action(request) {
        case .restart: .action(.serviceRestart)
        case .stop: .action(.serviceStop)
        case .freeze, .unfreeze: .action(.serviceFreeze)
        case nil: .anyAction(.serviceRestart, .serviceStop, .serviceFreeze)
        }
    }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        guard let action = action(request) else {
            throw S3Error(.malformedPOSTRequest, "The service has no action of that name.")
        }
        let isTrial = try request.flag("dry-run")
        let document = Document(
            action: action.rawValue, dryRun: isTrial, results: [Result(host: context.facts.endpoint)])
        // Before the answer: who has it can rely on it.
        switch action {
        case .freeze where !isTrial: context.gate.freeze()
        case .unfreeze where !isTrial: context.gate.unfreeze()
        case .restart, .stop, .freeze, .unfreeze: break
        }
        // Older clients want none.
        if request.value("type") == "2" { try await reply.send(document) } else { await reply.sendNothing() }
        // After it: what is in flight is finished, this request too.
        switch action {
        case .restart where !isTrial: context.control.restart()
        case .stop where !isTrial: context.control.stop()
        case .restart, .stop, .freeze, .unfreeze: break
        }
    }

    private static func action(_ request: AdminRequest) -> Action? {
        request.value("action").flatMap(Action.init(rawValue:))
    }

    private struct Document: Encodable, Sendable {
        let action: String
        let dryRun: Bool
        let results: [Result]
    }

    private struct Result: Encodable, Sendable {
        let host: String
    }
}
