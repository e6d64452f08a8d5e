import ArgumentParser
import FoundationEssentials
import HTTPClient
import JSON

struct AdminPolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Policies: ls, info, create, rm, attach, detach, entities.",
        subcommands: [
            List.self, Info.self, Create.self, Remove.self, Attach.self, Detach.self, Entities.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "All policies.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                options.show(try await options.server.client().json(.get, "list-canned-policies")) { policies in
                    for (name, _) in policies.members { print(TerminalText.plain(name)) }
                }
            }
        }
    }

    struct Info: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "info", abstract: "One policy's document.")
        @Argument(help: ArgumentHelp(valueName: "POLICY")) var policy: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, policy) = (options, policy)
            try await orFail {
                let answer = try await options.server.client().json(
                    .get, "info-canned-policy", [("name", policy), ("v", "2")])
                options.show(answer) { answer in
                    print(String(decoding: (answer["Policy"] ?? answer).bytes, as: UTF8.self))
                }
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a policy, or put another document in its place.")
        @Argument(help: ArgumentHelp(valueName: "POLICY")) var policy: String
        @Argument(help: ArgumentHelp("Its document.", valueName: "FILE")) var file: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, policy, file) = (options, policy, file)
            try await orFail {
                let document = try fileContents(file)
                _ = try await options.server.client().call(
                    .put, "add-canned-policy", [("name", policy)], body: .plain(document))
                options.reportDone("policy \(policy) created")
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "rm", abstract: "Remove a policy.")
        @Argument(help: ArgumentHelp(valueName: "POLICY")) var policy: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, policy) = (options, policy)
            try await orFail {
                _ = try await options.server.client().call(.delete, "remove-canned-policy", [("name", policy)])
                options.reportDone("policy \(policy) removed")
            }
        }
    }

    /// Whom policies are for.
    struct Holder: ParsableArguments {
        @Argument(help: ArgumentHelp(valueName: "POLICY")) var policies: [String]
        @Option(help: ArgumentHelp(valueName: "USER")) var user: String?
        @Option(help: ArgumentHelp(valueName: "GROUP")) var group: String?

        mutating func validate() throws {
            guard (user == nil) != (group == nil) else { throw ValidationError("either --user or --group") }
        }

        var document: JSONValue {
            let holder = user.map { ("user", JSONValue.string($0)) } ?? ("group", .string(group ?? ""))
            return .object([("policies", .array(policies.map { .string($0) })), holder])
        }
    }

    struct Attach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "attach", abstract: "Give policies to a user or a group.")
        @OptionGroup var holder: Holder
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await change("attach", holder, options) }
    }

    struct Detach: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "detach", abstract: "Take policies from a user or a group.")
        @OptionGroup var holder: Holder
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await change("detach", holder, options) }
    }

    struct Entities: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "entities", abstract: "Which users and groups have which policies.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                let answer = try await options.server.client().json(
                    .get, "idp/builtin/policy-entities", isEncrypted: true)
                options.show(answer) { answer in
                    var table = TextTable("POLICY", "USERS", "GROUPS")
                    for mapping in answer["policyMappings"]?.elements ?? [] {
                        table.add(
                            mapping.text("policy"), mapping.texts("users").joined(separator: ","),
                            mapping.texts("groups").joined(separator: ","))
                    }
                    table.print()
                }
            }
        }
    }
}

extension AsyncParsableCommand {
    fileprivate func change(
        _ word: String, _ holder: AdminPolicyCommand.Holder, _ options: AdminOptions
    ) async throws {
        try await orFail {
            let answer = try await options.server.client().json(
                .post, "idp/builtin/policy/\(word)", body: .encrypted(holder.document.bytes), isEncrypted: true)
            options.show(answer) { answer in
                let changed = answer.texts(word == "attach" ? "policiesAttached" : "policiesDetached")
                print("\(word)ed: \(changed.joined(separator: ", "))")
            }
        }
    }

    /// A small file's bytes.
    func fileContents(_ path: String) throws(StartFailure) -> [UInt8] {
        do {
            let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
            guard bytes.count <= 32 << 20 else { throw StartFailure("\(path) is too large") }
            return bytes
        } catch {
            throw error as? StartFailure ?? StartFailure("\(path) cannot be read")
        }
    }
}
