import Glibc

/// Where output goes.
enum Terminal {
    /// Whether a person is watching: standard output or standard error is a terminal.
    static let isPresent = isatty(STDOUT_FILENO) == 1 || isatty(STDERR_FILENO) == 1

    /// Writes all of the text, without a line end of its own; what a closed pipe does not take is lost.
    static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
