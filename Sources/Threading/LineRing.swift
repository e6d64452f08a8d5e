/// The last lines of something, for however many follow it: one buffer for all, and a position for each.
///
/// What is too old goes when a new line needs its room, whoever has not taken it yet: whoever is so far behind is told.
/// Publishing never waits, and costs the same however many follow: they are woken by a task, so often at most.
package final class LineRing<Tag: Sendable>: Sendable {
    package struct Line: Sendable {
        /// What those who follow choose by.
        package let tag: Tag
        /// With its end.
        package let bytes: [UInt8]
    }

    private struct State {
        /// A line's place is its number modulo the capacity.
        var lines: [Line?]
        /// The numbers of the oldest line that is there and of the next one to come.
        var first: UInt64 = 0
        var next: UInt64 = 0
        var bytes = 0
        var waiting: [PendingAnswer<Bool>] = []
        /// A task is on its way that wakes those who wait.
        var isWaking = false
        var isClosed = false
    }

    /// How long those who wait are left to wait for further lines.
    private static var restraint: Duration { .milliseconds(20) }

    private let capacity: Int
    private let maximumBytes: Int
    private let state: ShortLock<State>

    /// - Parameters:
    ///   - lines: the most that are kept.
    ///   - bytes: of them together.
    package init(lines: Int, bytes: Int) {
        capacity = lines
        maximumBytes = bytes
        state = ShortLock(State(lines: Array(repeating: nil, count: lines)))
    }

    /// Keeps a line; one that is longer than all together may be is left out.
    package func publish(_ bytes: [UInt8], _ tag: Tag) {
        let wakes = state.withLock { state in
            guard bytes.count <= maximumBytes, !state.isClosed else { return false }
            while state.next - state.first >= UInt64(capacity) || state.bytes + bytes.count > maximumBytes {
                let place = Int(state.first % UInt64(capacity))
                state.bytes -= state.lines[place]?.bytes.count ?? 0
                state.lines[place] = nil
                state.first += 1
            }
            state.lines[Int(state.next % UInt64(capacity))] = Line(tag: tag, bytes: bytes)
            state.next += 1
            state.bytes += bytes.count
            guard !state.waiting.isEmpty, !state.isWaking else { return false }
            state.isWaking = true
            return true
        }
        guard wakes else { return }
        Task {
            try? await Task.sleep(for: Self.restraint)
            self.wake()
        }
    }

    /// Ends the following of everybody, for good.
    package func close() {
        state.withLock { $0.isClosed = true }
        wake()
    }

    /// Forgets all lines that are kept.
    package func removeAll() {
        state.withLock { state in
            for index in state.lines.indices { state.lines[index] = nil }
            state.first = state.next
            state.bytes = 0
        }
    }

    private func wake() {
        let waiting = state.withLock { state in
            state.isWaking = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.give(true) }
    }

    /// Follows from here on, after the last so many lines that are kept.
    package func follow(last count: Int = 0) -> Follower {
        state.withLock { state in
            let kept = state.next - state.first
            return Follower(ring: self, position: state.next - min(kept, UInt64(max(0, count))))
        }
    }

    package enum Piece: Sendable {
        case bytes([UInt8])
        /// No line has come for the time asked for.
        case silence
        /// Lines went before they were taken.
        case tooSlow
        /// The ring is closed, or the task was cancelled.
        case closed
    }

    /// One that takes the lines in their order; one task uses it.
    package struct Follower: Sendable {
        fileprivate let ring: LineRing
        fileprivate var position: UInt64

        /// The next lines for which `isWanted` says so, as many as are there up to about so many bytes.
        package mutating func next(
            upTo bytes: Int, within patience: Duration, where isWanted: (Tag) -> Bool
        ) async -> Piece {
            let deadline = ContinuousClock.now + patience
            while true {
                let answer = PendingAnswer<Bool>()
                if let piece = ring.take(&position, upTo: bytes, isWanted, orTell: answer) { return piece }
                let rest = ContinuousClock.now.duration(to: deadline)
                guard rest > .zero else {
                    ring.forget(answer)
                    return .silence
                }
                let timer = Task {
                    guard (try? await Task.sleep(for: rest)) != nil else { return }
                    answer.give(true)
                }
                let isThere = await answer.wait(cancelled: false)
                timer.cancel()
                ring.forget(answer)
                guard isThere else { return .closed }
            }
        }
    }

    /// `nil` when there is nothing for now: then the answer is told when there may be.
    private func take(
        _ position: inout UInt64, upTo bytes: Int, _ isWanted: (Tag) -> Bool, orTell answer: PendingAnswer<Bool>
    ) -> Piece? {
        var taken: [UInt8] = []
        while true {
            // Some at a time: others publish meanwhile.
            let step = state.withLock { state -> Step in
                guard position >= state.first else { return .piece(.tooSlow) }
                let end = min(state.next, position + 64)
                var lines: [Line] = []
                while position < end {
                    if let line = state.lines[Int(position % UInt64(capacity))] { lines.append(line) }
                    position += 1
                }
                if !lines.isEmpty { return .lines(lines) }
                if !taken.isEmpty { return .nothing }
                if state.isClosed { return .piece(.closed) }
                state.waiting.append(answer)
                return .nothing
            }
            switch step {
            case .piece(let piece): return taken.isEmpty ? piece : .bytes(taken)
            case .nothing: return taken.isEmpty ? nil : .bytes(taken)
            case .lines(let lines):
                for line in lines where isWanted(line.tag) { taken += line.bytes }
                if taken.count >= bytes { return .bytes(taken) }
            }
        }
    }

    private enum Step {
        case lines([Line])
        case piece(Piece)
        case nothing
    }

    private func forget(_ answer: PendingAnswer<Bool>) {
        state.withLock { state in state.waiting.removeAll { $0 === answer } }
    }
}
