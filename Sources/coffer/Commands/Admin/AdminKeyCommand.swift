import ArgumentParser
import HTTPClient
import JSON

struct AdminKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Access keys for applications: ls, create, info, rm.",
        subcommands: [List.self, Create.self, Info.self, Remove.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "The access keys of all users.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                let answer = try await options.server.client().json(
                    .get, "list-access-keys-bulk", [("listType", "all"), ("all", "true")], isEncrypted: true)
                options.show(answer) { answer in
                    var table = TextTable("USER", "ACCESS KEY", "KIND", "EXPIRES", "LAST USED")
                    for (user, keys) in answer.members {
                        for (member, kind) in [("serviceAccounts", "access key"), ("stsKeys", "session")] {
                            for key in keys[member]?.elements ?? [] {
                                let end = key.text("expiration")
                                table.add(
                                    TerminalText.plain(user), key.text("accessKey"), kind,
                                    end.hasPrefix("1970-") ? "never" : end, key.text("lastUsed"))
                            }
                        }
                    }
                    table.print()
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make an access key; its secret key is shown this once.")
        @Argument(help: ArgumentHelp("For whom (default: yourself).", valueName: "USER")) var user: String?
        @Option(help: ArgumentHelp("A name for people.", valueName: "NAME")) var name: String?
        @Option(help: ArgumentHelp("What it may do, less than its user.", valueName: "FILE")) var policy: String?
        @Option(help: ArgumentHelp("When it ends, such as 2027-01-01T00:00:00Z.", valueName: "DATE"))
        var expires: String?
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, user, name, policy, expires) = (options, user, name, policy, expires)
            try await orFail {
                var members: [(name: String, value: JSONValue)] = []
                if let user { members.append(("targetUser", .string(user))) }
                if let name { members.append(("name", .string(name))) }
                if let expires { members.append(("expiration", .string(expires))) }
                if let policy {
                    guard let document = JSONValue(try fileContents(policy)) else {
                        throw StartFailure("\(policy) is no JSON")
                    }
                    members.append(("policy", document))
                }
                let answer = try await options.server.client().json(
                    .put, "add-service-account", body: .encrypted(JSONValue.object(members).bytes), isEncrypted: true)
                options.show(answer) { answer in
                    print("access key  \(answer["credentials"]?.text("accessKey") ?? "")")
                    print("secret key  \(answer["credentials"]?.text("secretKey") ?? "")   (shown this once)")
                }
            }
        }
    }

    struct Info: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "info", abstract: "One access key.")
        @Argument(help: ArgumentHelp(valueName: "KEY")) var key: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, key) = (options, key)
            try await orFail {
                let answer = try await options.server.client().json(
                    .get, "info-access-key", [("accessKey", key)], isEncrypted: true)
                options.show(answer) { answer in
                    print("access key  \(key)")
                    print("user        \(answer.text("parentUser"))")
                    print("status      \(answer.text("accountStatus"))")
                    print("kind        \(answer.text("userType"))")
                    let used = answer.text("lastUsed")
                    print("last used   \(used.isEmpty ? "not known" : used)")
                    print(
                        "policy      \(answer["impliedPolicy"]?.boolean == true ? "its user's" : answer.text("policy"))"
                    )
                }
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove an access key.")
        @Argument(help: ArgumentHelp(valueName: "KEY")) var key: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, key) = (options, key)
            try await orFail {
                _ = try await options.server.client().call(.delete, "delete-service-account", [("accessKey", key)])
                options.reportDone("access key \(key) removed")
            }
        }
    }
}
