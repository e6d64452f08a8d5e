import ArgumentParser

@main
struct Coffer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer",
        abstract: "An S3-compatible object server that encrypts everything it stores.",
        subcommands: [ServerCommand.self, KeysCommand.self, VersionCommand.self])
}
