import ArgumentParser

@main
struct CofferKES: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer-kes", abstract: "A KES-compatible key server.",
        subcommands: [ServerCommand.self])
}
