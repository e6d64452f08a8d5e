/// What an administrator may do to the process as a whole; it happens after the answer has gone out.
package protocol ServerControl: Sendable {
    /// Finishes what is in flight, closes the drive, and begins anew with the same arguments.
    func restart()

    /// Finishes what is in flight, closes the drive, and ends.
    func stop()
}

/// For a service that nobody may end.
package struct NoServerControl: ServerControl {
    package init() {}
    package func restart() {}
    package func stop() {}
}
