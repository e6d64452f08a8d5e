import ArgumentParser

struct ListDataKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Which keys of the key service wrap how many data keys.")

    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        try await orFail {
            let state = try await server.client().dataKeys()
            print("default key    \(state.defaultKey)")
            print("catalogue key  under \(state.catalogueKey ?? "none")")
            for key in state.keys { print("\(key.dataKeys) data keys under \(key.kmsKey)") }
        }
    }
}
