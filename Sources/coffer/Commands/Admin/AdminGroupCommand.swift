import ArgumentParser
import HTTPClient
import JSON

struct AdminGroupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Groups of users: ls, info, add, rm.",
        subcommands: [List.self, Info.self, Add.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "All groups.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                options.show(try await options.server.client().json(.get, "groups")) { groups in
                    for group in groups.elements ?? [] { print(TerminalText.plain(group.string ?? "")) }
                }
            }
        }
    }

    struct Info: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "info", abstract: "One group.")
        @Argument(help: ArgumentHelp(valueName: "GROUP")) var group: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, group) = (options, group)
            try await orFail {
                options.show(try await options.server.client().json(.get, "group", [("group", group)])) { info in
                    print("group     \(group)")
                    print("status    \(info.text("status"))")
                    print("policies  \(info.text("policy"))")
                    print("members   \(info.texts("members").joined(separator: ","))")
                }
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Put users into a group, which is made if it is not there.")
        @Argument(help: ArgumentHelp(valueName: "GROUP")) var group: String
        @Argument(help: ArgumentHelp(valueName: "USER")) var users: [String] = []
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await update(group, users, removes: false, options) }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Take users out of a group, or remove an empty group.")
        @Argument(help: ArgumentHelp(valueName: "GROUP")) var group: String
        @Argument(help: ArgumentHelp(valueName: "USER")) var users: [String] = []
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await update(group, users, removes: true, options) }
    }
}

extension AsyncParsableCommand {
    fileprivate func update(
        _ group: String, _ users: [String], removes: Bool, _ options: AdminOptions
    ) async throws {
        try await orFail {
            let document = JSONValue.object([
                ("group", .string(group)), ("members", .array(users.map { .string($0) })), ("groupStatus", .string("")),
                ("isRemove", .bool(removes)),
            ])
            _ = try await options.server.client().call(.put, "update-group-members", body: .plain(document.bytes))
            options.reportDone("group \(group) changed")
        }
    }
}
