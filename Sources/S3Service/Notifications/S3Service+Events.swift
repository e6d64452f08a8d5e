import HTTPServer
import NIOCore
import Notifications
import Requests

extension S3Service {
    /// Sends events for as long as the client takes them.
    func send(
        _ head: ResponseHead, _ events: EventStream, _ record: RequestRecord, _ response: ResponseWriter
    ) async throws {
        record.answers(head)
        try await response.start(head)
        guard record.head.method != "HEAD" else { return await response.finish() }
        do {
            // A client that waits for the first event is to know that it is heard.
            try await response.write(ByteBuffer(string: " "))
            record.bytesSent += 1
            while true {
                switch await events.next() {
                case .bytes(let bytes):
                    try await response.write(ByteBuffer(bytes: bytes))
                    record.bytesSent += Int64(bytes.count)
                case .end(.closed): return await response.finish()
                case .end(.tooSlow), .end(.cancelled):
                    record.isAborted = true
                    return response.abort()
                }
            }
        } catch {
            record.isAborted = true
            response.abort()
        }
    }
}
