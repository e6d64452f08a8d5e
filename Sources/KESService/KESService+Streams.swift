import HTTPServer
import KESProtocol
import NIOCore

extension KESService {
    /// Sends events as they happen until the client goes away or the server stops; the head goes out at once.
    func send(_ feed: EventFeed, _ call: Call, _ response: ResponseWriter) async {
        guard let listener = feed.listen() else {
            return await response.send(
                refuse(call, KESFault(status: 503, message: "too many clients read this log")).response)
        }
        defer { feed.remove(listener) }
        logs.audit.record(call, status: 200, nanoseconds: call.start.elapsed)
        do throws(ResponseError) {
            try await response.start(
                ResponseHead(status: 200, headers: [("Content-Type", "application/x-ndjson")], contentLength: nil))
            while let events = await listener.next() {
                try await response.write(ByteBuffer(bytes: events))
            }
        } catch {
            // The client went away; there is nobody to tell.
        }
        await response.finish()
        let dropped = listener.dropped
        if dropped > 0 {
            logs.error.log(.warning, "a client read the log too slowly: \(dropped) events were dropped", of: call)
        }
    }
}
