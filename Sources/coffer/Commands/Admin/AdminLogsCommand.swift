import ArgumentParser
import JSON

struct AdminLogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "The last lines of the server's log, and those to come, until you interrupt it.")

    @Option(help: "So many of the lines that there are; all of them unless it is given.") var last: Int?
    @OptionGroup var options: AdminOptions

    func validate() throws {
        if let last, last < 1 { throw ValidationError("--last is a number above 0") }
    }

    mutating func run() async throws {
        let (options, last) = (options, last)
        try await orFail {
            let query = [(name: "limit", value: "\(last ?? 0)"), ("logType", "all")]
            try await options.server.client().lines("log", query) { record in
                options.show(record) { Self.show($0) }
            }
        }
    }

    private static func show(_ record: JSONValue) {
        let level = record.text("level")
        let shown = level == "INFO" ? level : TerminalText.red(level)
        let request = record.text("requestID")
        print(
            "\(record.text("time"))  \(shown)  \(record.text("message"))\(request.isEmpty ? "" : "  [\(request)]")")
    }
}
