import ArgumentParser

struct ImportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring over what another server has.",
        subcommands: [ImportMinIOCommand.self])
}
