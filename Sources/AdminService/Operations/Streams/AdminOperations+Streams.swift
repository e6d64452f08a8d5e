extension AdminOperations {
    /// What goes on as long as its client listens: traces and logs.
    static let streams: [any AdminOperation.Type] = [Trace.self, ConsoleLog.self]
}
