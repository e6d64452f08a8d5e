import AccessPolicy
import Requests
import S3Protocol
import SealedStorage
import Threading

/// The last lines of the server's log, and those to come: `mc admin logs`.
enum ConsoleLog: AdminOperation {
    static let routes = ["GET /minio/admin/v3/log"]

    static func demands(_ request: AdminRequest) -> AdminDemands { .action(.consoleLog) }

    static func perform(_ request: AdminRequest, in context: AdminContext, _ reply: AdminReply) async throws {
        let deployment = (try? await context.drive.records.deploymentID()) ?? "00000000-0000-0000-0000-000000000000"
        guard let listener = context.streams.log.listen(last: lastLines(request)) else {
            throw S3Error(.slowDown, "Too many follow the log.", headers: [("retry-after", "5")])
        }
        try await reply.startStream([("connection", "close")])
        // The lines of another server are not here.
        let isOurs = request.nonEmpty("node").map { $0 == context.streams.node() } ?? true
        try await reply.follow(
            listener.follower, blankEvery: .milliseconds(500), where: { _ in isOurs },
            tooSlow: { context.streams.noteSlow("log", request) }
        ) { lines in
            LogFeed.complete(lines, deployment: deployment).flatMap { $0 + [UInt8(ascii: "\n")] }
        }
        withExtendedLifetime(listener) {}
    }

    /// As MinIO reads it: none or too many are all, and what is no number is ten.
    private static func lastLines(_ request: AdminRequest) -> Int {
        guard let text = request.nonEmpty("limit") else { return LogFeed.capacity }
        guard let number = Int(text) else { return 10 }
        return number > 0 ? min(number, LogFeed.capacity) : LogFeed.capacity
    }
}
