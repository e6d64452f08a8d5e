import ArgumentParser
import HTTPClient
import JSON
import Notation

struct AdminInfoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "What the server is, how full its drive is, whether its key service answers.")

    @OptionGroup var options: AdminOptions

    mutating func run() async throws {
        let options = options
        try await orFail {
            options.show(try await options.server.client().json(.get, "info")) { Self.show($0) }
        }
    }

    private static func text(ofScrub scrub: JSONValue) -> String {
        let ended = scrub.number("lastEnded")
        let last = ended > 0 ? "last done at \(HTTPDate.iso8601(ended))" : "not done yet"
        let now = scrub["percent"] != nil ? ", \(scrub.number("percent")) % of the next" : ""
        let damaged = scrub.number("damaged")
        return last + now + (damaged > 0 ? TerminalText.red(", \(damaged) damaged or missing") : "")
    }

    private static func show(_ info: JSONValue) {
        guard let server = info["servers"]?.elements?.first else { return print("no server") }
        let isOnline = server.text("state") == "online"
        print("\(isOnline ? TerminalText.green("●") : TerminalText.red("●"))  \(server.text("endpoint"))")
        print("   Version      \(server.text("version"))")
        print("   Uptime       \(TerminalText.duration(server.number("uptime")))")
        if !info.text("region").isEmpty { print("   Region       \(info.text("region"))") }
        for drive in server["drives"]?.elements ?? [] {
            let (used, total) = (drive.number("usedspace"), drive.number("totalspace"))
            let share = total > 0 ? used * 100 / total : 0
            let state = drive.text("state") == "ok" ? "" : TerminalText.red(" \(drive.text("state"))")
            print(
                "   Drive        \(drive.text("path")): \(ByteCount.text(used)) of \(ByteCount.text(total)) "
                    + "used (\(share) %)\(state)")
        }
        if let scrub = server["scrub"] { print("   Scrubbing    \(Self.text(ofScrub: scrub))") }
        for service in info["services"]?["kmsStatus"]?.elements ?? [] {
            let state = service.text("status")
            print(
                "   Key service  \(service.text("endpoint")): "
                    + (state == "online" ? TerminalText.green(state) : TerminalText.red(state)))
        }
        let counts = [
            ("buckets", "count", "buckets"), ("objects", "count", "objects"), ("versions", "count", "versions"),
            ("deletemarkers", "count", "delete markers"),
        ].map { part, name, title in "\(info[part]?.number(name) ?? 0) \(title)" }
        print(
            "   Contents     \(ByteCount.text(info["usage"]?.number("size") ?? 0)): \(counts.joined(separator: ", "))"
        )
    }
}
