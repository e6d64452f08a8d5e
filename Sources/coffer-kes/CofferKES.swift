import ArgumentParser
import CLinux

struct CofferKES: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer-kes",
        abstract: "A KES-compatible key server, and a client for it.",
        subcommands: [
            ServerCommand.self, KeyCommand.self, PolicyCommand.self, IdentityCommand.self, ListCommand.self,
            StatusCommand.self, MetricCommand.self, LogCommand.self, DoctorCommand.self, HealthCommand.self,
            MigrateCommand.self, SealCommand.self, UpdateCommand.self,
        ])
}

/// Runs the command line with KES's conventions: faults as one line that begins with `Error: `, exit status 1; help on the
/// standard error, exit status 2.
@main
enum Main {
    static func main() async {
        let arguments = FlagValues.replaced(in: OldSpellings.replaced(in: Array(CommandLine.arguments.dropFirst())))
        do {
            if ["-v", "--version"].contains(arguments.first) {
                Terminal.write(VersionText.text)
                coffer_end_process(0)
            }
            if arguments.first == "--auto-completion" {
                try AutoCompletion.install()
                coffer_end_process(0)
            }
            var command = try CofferKES.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            coffer_end_process(0)
        } catch {
            CommandLineFault(error, arguments: arguments).end()
        }
    }
}
