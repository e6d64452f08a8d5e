import Glibc

/// A bar on the standard error output that grows in place; nothing where no terminal is.
struct ProgressBar {
    private static let width = 40
    private let isShown = isatty(STDERR_FILENO) == 1
    /// What is counted, and how much of it there is; 0 when that is not known.
    private var total: Int64
    /// Written behind the bar, from what is done and the total.
    private let legend: (Int64, Int64) -> String
    private var done: Int64 = 0
    private var longest = 0

    init(total: Int64 = 0, legend: @escaping (Int64, Int64) -> String) {
        self.total = total
        self.legend = legend
    }

    mutating func advance(by count: Int64) {
        done += count
        show()
    }

    mutating func show(_ done: Int64, of total: Int64) {
        (self.done, self.total) = (done, total)
        show()
    }

    /// Ends the line.
    func end() {
        if isShown, longest > 0 { write("\n") }
    }

    private mutating func show() {
        guard isShown else { return }
        let share = total > 0 ? min(1, Double(done) / Double(total)) : 0
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        let text = (total > 0 ? "[\(bar)] " : "") + legend(done, total)
        // What was longer before is written over.
        let rest = String(repeating: " ", count: max(0, longest - text.utf8.count))
        longest = max(longest, text.utf8.count)
        write("\r" + text + rest)
    }

    private func write(_ text: String) {
        _ = text.withCString { Glibc.write(STDERR_FILENO, $0, strlen($0)) }
    }
}
