import AdminService

/// Asks the process to end or to begin anew, as a signal would.
struct ProcessControl: ServerControl {
    let signals: AsyncStream<Signals>.Continuation

    func restart() { signals.yield(.restart) }
    func stop() { signals.yield(.stop) }
    func endForLostDrive() { signals.yield(.driveLost) }
}
