import ArgumentParser
import CLinux
import Glibc

struct Coffer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer",
        abstract: "An S3-compatible object server that encrypts everything it stores.",
        subcommands: [
            ServerCommand.self, AdminCommand.self, KeysCommand.self, S3Command.self, CertsCommand.self,
            VerifyCommand.self, BackupCommand.self, RestoreCommand.self, ImportCommand.self, ExportCommand.self,
            DoctorCommand.self, HealthCommand.self, VersionCommand.self,
        ])
}

@main
enum Main {
    static func main() async {
        // Before anything secret is read.
        ProcessSettings.apply()
        do {
            var command = try Coffer.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            coffer_end_process(0)
        } catch {
            // Help goes to the standard output, faults to the other.
            let status = Coffer.exitCode(for: error)
            let text = Coffer.fullMessage(for: error)
            if !text.isEmpty { writeLine(text, to: status.isSuccess ? STDOUT_FILENO : STDERR_FILENO) }
            coffer_end_process(status.rawValue)
        }
    }
}
