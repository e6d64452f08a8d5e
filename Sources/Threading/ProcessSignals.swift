import Dispatch
import Glibc

/// Signals that are told to a handler instead of what they do by default, until this is let go of.
///
/// Each signal once in the life of a process: on Linux, Dispatch never tells of a signal whose source was cancelled.
///
/// `@unchecked Sendable`: the array is never changed, and Dispatch's sources may be cancelled from any thread.
package final class ProcessSignals: @unchecked Sendable {
    private let sources: [any DispatchSourceSignal]

    /// Returns when every signal that comes will be told, which takes the system a moment.
    ///
    /// - Parameters:
    ///   - numbers: such as `SIGTERM`.
    ///   - handler: is told the number, on any thread; of equal signals that come at once maybe only one.
    package init(_ numbers: [Int32], _ handler: @escaping @Sendable (Int32) -> Void) {
        let unregistered = DispatchGroup()
        sources = numbers.map { number in
            // The default action would end the process before the source sees the signal.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { handler(number) }
            // Dispatch registers a source some time after it is resumed; a signal that comes before is ignored for good.
            unregistered.enter()
            source.setRegistrationHandler { unregistered.leave() }
            source.resume()
            return source
        }
        unregistered.wait()
    }

    deinit { cancel() }

    /// No further signal is told; they stay ignored.
    package func cancel() {
        for source in sources { source.cancel() }
    }
}
