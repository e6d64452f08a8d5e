import ArgumentParser
import HTTPClient
import JSON

struct AdminConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Settings of the server: get, set, reset, export, import, history.",
        subcommands: [Get.self, Set.self, Reset.self, Export.self, Import.self, History.self])

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "get", abstract: "One group of settings.")
        @Argument(help: ArgumentHelp("Such as api, scanner, notify_webhook:NAME.", valueName: "GROUP")) var group:
            String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await text("get-config-kv", [("key", group)], options) }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "set", abstract: "Change settings of a group; the environment wins over them.")
        @Argument(help: ArgumentHelp(valueName: "GROUP")) var group: String
        @Argument(help: ArgumentHelp(valueName: "NAME=VALUE")) var values: [String]
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, group, values) = (options, group, values)
            try await orFail {
                let line = try values.map { (pair) throws(StartFailure) in try Self.quoted(pair) }.joined(
                    separator: " ")
                let isApplied = try await options.server.client().changeSettings(
                    .put, "set-config-kv", "\(group) \(line)")
                options.reportDone("set; \(inEffect(isApplied))")
            }
        }

        private static func quoted(_ pair: String) throws(StartFailure) -> String {
            guard let sign = pair.firstIndex(of: "=") else { throw StartFailure("\(pair): not NAME=VALUE") }
            let value = pair[pair.index(after: sign)...]
            guard value.contains(where: { $0.isWhitespace || $0 == "\"" || $0 == "\\" }) else { return pair }
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\(pair[...sign])\"\(escaped)\""
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "reset", abstract: "Let settings be what they are unless they were set.")
        @Argument(help: ArgumentHelp(valueName: "GROUP")) var group: String
        @Argument(help: ArgumentHelp("All of the group's, unless named.", valueName: "NAME")) var names: [String] = []
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, group, names) = (options, group, names)
            try await orFail {
                let line = ([group] + names).joined(separator: " ")
                let isApplied = try await options.server.client().changeSettings(.post, "del-config-kv", line)
                options.reportDone("reset; \(inEffect(isApplied))")
            }
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Everything that is set, as a text for import; secrets are in it.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws { try await text("config", [], options) }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import", abstract: "Put a text in the place of everything that is set.")
        @Argument(help: ArgumentHelp(valueName: "FILE")) var file: String
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let (options, file) = (options, file)
            try await orFail {
                let text = try fileContents(file)
                _ = try await options.server.client().call(.put, "config", body: .encrypted(text))
                options.reportDone("imported; all of it is in effect after `coffer admin service restart`")
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "history", abstract: "What was set before.")
        @OptionGroup var options: AdminOptions

        mutating func run() async throws {
            let options = options
            try await orFail {
                let answer = try await options.server.client().json(
                    .get, "list-config-history-kv", [("count", "0")], isEncrypted: true)
                options.show(answer) { answer in
                    for entry in answer.elements ?? [] {
                        print(TerminalText.bold("\(entry.text("createTime"))  \(entry.text("restoreId"))"))
                        print(entry["data"]?.string ?? "")
                    }
                }
            }
        }
    }
}

private func inEffect(_ isApplied: Bool) -> String {
    isApplied ? "in effect now" : "in effect after `coffer admin service restart`"
}

extension AsyncParsableCommand {
    fileprivate func text(
        _ path: String, _ query: [(name: String, value: String)], _ options: AdminOptions
    ) async throws {
        try await orFail {
            let bytes = try await options.server.client().call(.get, path, query, isEncrypted: true)
            let text = String(decoding: bytes, as: UTF8.self)
            options.show(.object([("config", .string(text))])) { _ in print(text, terminator: "") }
        }
    }
}
