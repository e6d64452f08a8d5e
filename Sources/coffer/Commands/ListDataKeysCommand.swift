import ArgumentParser

struct ListDataKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "Which versions of which keys wrap how many data keys.")

    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        try await orFail {
            let state = try await server.client().dataKeys()
            print("default key    \(state.defaultKey)")
            let catalogueKey = state.catalogueKey.map { AdminClient.title($0, state.catalogueKeyVersion) }
            print("catalogue key  under \(catalogueKey ?? "none")")
            for key in state.keys { print("\(key.dataKeys) data keys under \(key.title)") }
        }
    }
}
