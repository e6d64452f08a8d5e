import ArgumentParser

/// `update`: kept so that scripts are told what to do instead.
struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Tell how updates come.", shouldDisplay: false)

    @Flag(name: [.customShort("k"), .long], help: .hidden) var insecure = false
    @Flag(name: [.customShort("d"), .long], help: .hidden) var downgrade = false
    @Option(name: [.customShort("o"), .long], help: .hidden) var output: String?
    @Option(help: .hidden) var os: String?
    @Option(help: .hidden) var arch: String?
    @Option(help: .hidden) var minisignKey: String?
    @Argument(help: .hidden) var arguments: [String] = []

    func run() throws {
        throw CommandFailure("this program does not replace itself: updates come the way it was installed")
    }
}
