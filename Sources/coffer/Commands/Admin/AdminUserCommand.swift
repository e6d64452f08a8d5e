import ArgumentParser
import HTTPClient
import JSON

struct AdminUserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Users: ls, add, info, enable, disable, rm.",
        subcommands: [List.self, Add.self, Info.self, Enable.self, Disable.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "All users.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                let users = try await options.server.client().json(.get, "list-users", isEncrypted: true)
                options.show(users) { users in
                    var table = TextTable("USER", "STATUS", "POLICIES", "GROUPS", "LAST USED")
                    for (name, user) in users.members {
                        table.add(
                            TerminalText.plain(name), user.text("status"), user.text("policyName"),
                            user.texts("memberOf").joined(separator: ","), user.text("lastUsed"))
                    }
                    table.print()
                }
            }
        }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Make a user, or give one another secret key.",
            discussion: "The secret key is read from the standard input when it is not given.")
        @Argument(help: ArgumentHelp("The user's access key.", valueName: "USER")) var user: String
        @Argument(help: ArgumentHelp("Its secret key: 8 to 40 bytes.", valueName: "SECRET")) var secret: String?
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, user, given) = (options, user, secret)
            try await orFail {
                let document = try Self.document(given)
                _ = try await options.server.client().call(
                    .put, "add-user", [("accessKey", user)], body: .encrypted(document))
                options.reportDone("user \(user) added")
            }
        }

        private static func document(_ given: String?) throws(StartFailure) -> [UInt8] {
            guard let secret = given ?? readLine(strippingNewline: true) else {
                throw StartFailure("a secret key is needed")
            }
            return JSONValue.object([("secretKey", .string(secret)), ("status", .string("enabled"))]).bytes
        }
    }

    struct Info: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "info", abstract: "One user.")
        @Argument(help: ArgumentHelp("The user's access key.", valueName: "USER")) var user: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, user) = (options, user)
            try await orFail {
                options.show(try await options.server.client().json(.get, "user-info", [("accessKey", user)])) { info in
                    print("user      \(user)")
                    print("status    \(info.text("status"))")
                    print("policies  \(info.text("policyName"))")
                    print("groups    \(info.texts("memberOf").joined(separator: ","))")
                }
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let a user in again.")
        @Argument(help: ArgumentHelp("The user's access key.", valueName: "USER")) var user: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await setStatus("enabled", of: user, options) }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "disable", abstract: "Let a user in no more.")
        @Argument(help: ArgumentHelp("The user's access key.", valueName: "USER")) var user: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await setStatus("disabled", of: user, options) }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Remove a user with its access keys and sessions.")
        @Argument(help: ArgumentHelp("The user's access key.", valueName: "USER")) var user: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, user) = (options, user)
            try await orFail {
                _ = try await options.server.client().call(.delete, "remove-user", [("accessKey", user)])
                options.reportDone("user \(user) removed")
            }
        }
    }
}

extension AsyncParsableCommand {
    fileprivate func setStatus(_ status: String, of user: String, _ options: AdminOptions) async throws {
        try await orFail {
            _ = try await options.server.client().call(
                .put, "set-user-status", [("accessKey", user), ("status", status)])
            options.reportDone("user \(user) \(status)")
        }
    }
}
