import Glibc

/// How far a transfer has come, on a terminal alone.
struct ProgressBar {
    private let total: Int64
    private let isShown = isatty(STDERR_FILENO) == 1

    /// - Parameter total: bytes.
    init(total: Int64) { self.total = total }

    func show(_ done: Int64) {
        guard isShown else { return }
        let width = 40
        let filled = total == 0 ? width : Int(done * Int64(width) / total)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let line = "\r[\(bar)] \(TerminalText.bytes(done)) of \(TerminalText.bytes(total))   "
        _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
    }

    func end() {
        guard isShown else { return }
        _ = "\n".withCString { write(STDERR_FILENO, $0, 1) }
    }
}
