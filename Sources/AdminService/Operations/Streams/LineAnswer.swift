import HTTPServer
import Requests
import Threading

extension AdminReply {
    /// Begins an answer that goes on for as long as its client takes it.
    func startStream(_ headers: Headers = []) async throws {
        try await start(
            type: "text/event-stream",
            headers: [("cache-control", "no-cache"), ("x-accel-buffering", "no")] + headers)
        // A client that waits for the first line is to know that it is heard.
        try await write([UInt8(ascii: " ")])
    }

    /// Sends lines as they come, and a blank when none has for a while, until the client goes or the server stops.
    ///
    /// - Parameters:
    ///   - tooSlow: called when the client has taken too little: then it is cut off.
    ///   - lines: what is sent of the lines.
    func follow<Tag>(
        _ follower: LineRing<Tag>.Follower, blankEvery interval: Duration, where isWanted: (Tag) -> Bool,
        tooSlow: () -> Void, _ lines: ([UInt8]) -> [UInt8]
    ) async throws {
        var follower = follower
        while true {
            switch await follower.next(upTo: 16 << 10, within: interval, where: isWanted) {
            case .bytes(let bytes): try await write(lines(bytes))
            case .silence: try await write([UInt8(ascii: " ")])
            case .tooSlow:
                tooSlow()
                return abort()
            case .closed: return await finish()
            }
        }
    }
}
