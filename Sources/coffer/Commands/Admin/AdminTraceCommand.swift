import ArgumentParser
import JSON

struct AdminTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Requests as they end, until you interrupt it.")

    @Flag(help: "Only those that were refused or have failed.") var errors = false
    @Flag(help: "Requests of administration too.") var all = false
    @OptionGroup var options: AdminOptions

    mutating func run() async throws {
        let (options, errors, all) = (options, errors, all)
        try await orFail {
            var query = [(name: "s3", value: "true"), ("err", "\(errors)"), ("threshold", "0s")]
            if all { query.append(("internal", "true")) }
            try await options.server.client().lines("trace", query) { record in
                options.show(record) { Self.show($0) }
            }
        }
    }

    private static func show(_ record: JSONValue) {
        let status = record["http"]?["response"]?.number("statuscode") ?? 0
        let shown = status >= 400 ? TerminalText.red("\(status)") : TerminalText.green("\(status)")
        let request = record["http"]?["request"]
        print(
            "\(record.text("time"))  [\(shown)]  \(record.text("funcname"))  \(request?.text("method") ?? "") "
                + "\(record.text("path"))  \(request?.text("client") ?? "")  \(record.number("dur") / 1000) µs")
    }
}
