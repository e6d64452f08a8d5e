import NIOCore

extension HTTPServer {
    /// Returns when every event loop has taken a turn, and so not while one of them is stuck; at once after a shutdown.
    package func turnOfEveryLoop() async {
        for loop in loops { try? await loop.loop.submit {}.get() }
    }
}
