import ArgumentParser
import JSON

/// What administrators ask of a running server.
struct AdminCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "admin",
        abstract: "Look at and change a running server: state, users, policies, keys, settings, jobs.",
        discussion: """
            The same requests as MinIO's `mc admin` sends, so that either works with either server.

            ENVIRONMENT
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    root's or a user's access key and secret key; also
                    ..._FILE, and MINIO_CONFIG_ENV_FILE, as for the server
            """,
        subcommands: [
            AdminInfoCommand.self, AdminUserCommand.self, AdminGroupCommand.self, AdminPolicyCommand.self,
            AdminKeyCommand.self, AdminConfigCommand.self, AdminServiceCommand.self, AdminQuotaCommand.self,
            AdminJobCommand.self, AdminTraceCommand.self, AdminLogsCommand.self,
        ])
}

/// Where the server is, and how its answers are shown.
struct AdminOptions: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Flag(help: "Show the server's answer as JSON.")
    var json = false

    /// Shows an answer: as it came, or as people read it.
    func show(_ answer: JSONValue, _ text: (JSONValue) -> Void) {
        if json { print(String(decoding: answer.bytes, as: UTF8.self)) } else { text(answer) }
    }

    /// Says what was done.
    func reportDone(_ text: String) {
        if json { print("{\"status\":\"success\"}") } else { print(text) }
    }
}

extension JSONValue {
    /// The text of a member; empty when there is none.
    func text(_ name: String) -> String { TerminalText.plain(self[name]?.string ?? "") }

    func number(_ name: String) -> Int64 {
        guard case .number(let text) = self[name] else { return 0 }
        return Int64(text) ?? Int64(Double(text) ?? 0)
    }

    /// The texts of an array.
    func texts(_ name: String) -> [String] {
        (self[name]?.elements ?? []).compactMap(\.string).map(TerminalText.plain)
    }

    var members: [(name: String, value: JSONValue)] {
        guard case .object(let members) = self else { return [] }
        return members
    }
}
