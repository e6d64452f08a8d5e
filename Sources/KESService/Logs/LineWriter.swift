import Dispatch
import Glibc
import Synchronization

/// Writes lines to a file descriptor, on a thread of its own: whoever logs never waits for the reader of a pipe.
///
/// When more than ``capacity`` bytes wait, further lines are dropped.
package final class LineWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
    }

    private static let capacity = 1024 * 1024

    private let descriptor: Int32
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "coffer.log")

    package init(_ descriptor: Int32) { self.descriptor = descriptor }

    /// Takes a line with its end.
    package func write(_ line: [UInt8]) {
        let begins = state.withLock { state in
            guard state.waiting.count + line.count <= Self.capacity else { return false }
            state.waiting += line
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.drain() } }
    }

    /// Returns when everything that was given before has been written.
    package func flush() {
        queue.sync { drain() }
    }

    private func drain() {
        while true {
            let lines = state.withLock { state in
                state.isWriting = !state.waiting.isEmpty
                defer { state.waiting = [] }
                return state.waiting
            }
            guard !lines.isEmpty else { return }
            lines.withUnsafeBytes { bytes in
                var rest = bytes[...]
                while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
                    let count = Glibc.write(descriptor, start, rest.count)
                    guard count > 0 || errno == EINTR else { return }
                    rest = rest.dropFirst(max(0, count))
                }
            }
        }
    }
}
