import NIOCore
import Synchronization
import Threading

extension HTTPServer {
    /// Returns when every event loop has taken a turn, and so not while one of them is stuck.
    ///
    /// At once when the server shuts down, whose loops end, and when its task is cancelled.
    package func turnOfEveryLoop() async {
        for loop in loops where !state.isShuttingDown.load(ordering: .relaxed) {
            // Not a future of the loop's: one that has ended would never fulfil it.
            let turn = PendingAnswer<Bool>()
            loop.loop.execute { turn.give(true) }
            _ = await turn.wait(cancelled: false)
        }
    }
}
