/// Why a command ends with exit status 1: one line, shown after `Error: `.
struct CommandFailure: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
