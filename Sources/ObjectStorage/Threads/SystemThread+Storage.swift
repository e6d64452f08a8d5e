import Threading

extension SystemThread {
    /// Starts a thread whose failure to start is one of storage.
    static func started(name: String, _ body: @escaping @Sendable () -> Void) throws(StorageError) -> SystemThread {
        do throws(SystemThreadError) { return try SystemThread(name: name, body) } catch {
            throw .system("start a thread", error.code)
        }
    }
}
