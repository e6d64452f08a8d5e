import ArgumentParser
import JSON

struct AdminTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Requests as they end, and what the server does besides, until you interrupt it.")

    enum Kind: String, CaseIterable, ExpressibleByArgument { case s3, `internal`, storage, scanner, kms }

    @Flag(help: "Only those that were refused or have failed.") var errors = false
    @Option(
        help: ArgumentHelp("Only of this kind; may be given several times.", valueName: "KIND")
    ) var call: [Kind] = []
    @Flag(help: "Everything: administration, commits, walks of lifecycle rules and calls of the key service too.")
    var all = false
    @OptionGroup var options: AdminOptions

    mutating func run() async throws {
        let (options, errors) = (options, errors)
        let kinds = all ? Kind.allCases : call.isEmpty ? [.s3] : call
        try await orFail {
            let query =
                [(name: "err", value: "\(errors)"), ("threshold", "0s")]
                + kinds.map { (name: $0.rawValue, value: "true") }
            try await options.server.client().lines("trace", query) { record in
                options.show(record) { Self.show($0) }
            }
        }
    }

    private static func show(_ record: JSONValue) {
        guard record["http"] != nil else {
            let error = record.text("error")
            print(
                "\(record.text("time"))  \(record.text("funcname"))  \(record.text("path"))  "
                    + "\(record.number("dur") / 1000) µs  \(error.isEmpty ? "" : TerminalText.red(error))")
            return
        }
        let status = record["http"]?["response"]?.number("statuscode") ?? 0
        let shown = status >= 400 ? TerminalText.red("\(status)") : TerminalText.green("\(status)")
        let request = record["http"]?["request"]
        print(
            "\(record.text("time"))  [\(shown)]  \(record.text("funcname"))  \(request?.text("method") ?? "") "
                + "\(record.text("path"))  \(request?.text("client") ?? "")  \(record.number("dur") / 1000) µs")
    }
}
