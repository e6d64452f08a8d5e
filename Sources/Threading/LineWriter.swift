import Dispatch
import Glibc
import Synchronization

/// Writes lines to a file descriptor, on a thread of its own: whoever logs never waits for the reader of a pipe.
///
/// When more than ``capacity`` bytes wait, further lines are lost, as are those that the descriptor does not take. They
/// are counted, and where they are missing a line says how many.
package final class LineWriter: Sendable {
    private struct State {
        var waiting: [UInt8] = []
        var isWriting = false
        /// Lines that were lost in all, and since the last line that says so.
        var dropped = 0
        var untold = 0
        /// The last write ended within a line.
        var isTorn = false

        /// Whether writing is to be begun: nobody writes, perhaps because the descriptor took nothing the last time.
        mutating func begin() -> Bool {
            defer { isWriting = true }
            return !isWriting
        }
    }

    /// How many bytes may wait.
    package static let capacity = 1024 * 1024

    private let descriptor: Int32
    private let gap: @Sendable (Int) -> [UInt8]
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "coffer.log")

    /// - Parameters:
    ///   - descriptor: Is written to; it stays the caller's, and must be open as long as this object is there.
    ///   - gap: The line, with its end, that says how many lines are missing where it stands.
    package init(_ descriptor: Int32, gap: @escaping @Sendable (Int) -> [UInt8]) {
        self.descriptor = descriptor
        self.gap = gap
    }

    /// How many lines were lost.
    package var droppedCount: Int { state.withLock { $0.dropped } }

    /// Takes a line with its end.
    package func write(_ line: [UInt8]) {
        let begins = state.withLock { state in
            guard state.waiting.count + line.count <= Self.capacity else {
                state.dropped += 1
                state.untold += 1
                return state.begin()
            }
            state.waiting += line
            return state.begin()
        }
        if begins { queue.async { self.drain() } }
    }

    /// Returns when everything that was given before has been written, after two seconds at most: who reads may not.
    package func flush() {
        let written = DispatchSemaphore(value: 0)
        queue.async {
            self.drain()
            written.signal()
        }
        _ = written.wait(timeout: .now() + 2)
    }

    private func drain() {
        while true {
            let (lines, lost, isTorn) = state.withLock { state in
                state.isWriting = !state.waiting.isEmpty || state.untold > 0
                defer { (state.waiting, state.untold) = ([], 0) }
                return (state.waiting, state.untold, state.isTorn)
            }
            guard !lines.isEmpty || lost > 0 else { return }
            // A new line ends what was torn. What waits came before what was lost.
            let all = (isTorn ? [UInt8(ascii: "\n")] : []) + (lost == 0 ? lines : lines + gap(lost))
            let rest = write(all: all)
            state.withLock { if rest.count < all.count { $0.isTorn = all[rest.startIndex - 1] != UInt8(ascii: "\n") } }
            let unwritten = rest.count { $0 == UInt8(ascii: "\n") }
            guard unwritten > 0 else { continue }
            state.withLock { state in
                // The line about the gap, which is unwritten as well, is none of those that were lost.
                let lines = lost == 0 ? unwritten : unwritten - 1
                state.dropped += lines
                // Told with the next line that can be written.
                state.untold += lines + lost
                state.isWriting = false
            }
            return
        }
    }

    /// Writes what the descriptor takes; what it did not take.
    private func write(all lines: [UInt8]) -> ArraySlice<UInt8> {
        var written = 0
        lines.withUnsafeBytes { bytes in
            while written < bytes.count, let start = bytes.baseAddress {
                let count = Glibc.write(descriptor, start + written, bytes.count - written)
                guard count > 0 || errno == EINTR else { return }
                written += max(0, count)
            }
        }
        return lines[written...]
    }
}
