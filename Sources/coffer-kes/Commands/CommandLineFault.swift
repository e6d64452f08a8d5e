import ArgumentParser
import CLinux
import Glibc

/// What ends a command that did not simply succeed: KES's words for what the argument parser found, and its exit statuses.
struct CommandLineFault {
    private let text: String
    private let status: Int32

    init(_ error: any Error, arguments: [String]) {
        if let failure = error as? CommandFailure {
            self.init(reason: failure.reason)
        } else if let code = error as? ExitCode {
            // Who throws it has said all there is to say.
            self.init(text: "", status: code.rawValue)
        } else if CofferKES.exitCode(for: error) == .success {
            // Help was asked for, or there is nothing but help to give.
            self.init(text: CofferKES.fullMessage(for: error) + "\n", status: 2)
        } else {
            let command = CommandPath(arguments)
            self.init(reason: Self.reason(CofferKES.message(for: error), command: command))
        }
    }

    private init(reason: String) { self.init(text: "Error: \(reason)\n", status: 1) }

    private init(text: String, status: Int32) {
        self.text = text
        self.status = status
    }

    func end() -> Never {
        Terminal.write(text, to: STDERR_FILENO)
        coffer_end_process(status)
    }

    /// The parser's messages that KES words differently; the others stay as they are, on one line.
    private static func reason(_ message: String, command: CommandPath) -> String {
        let seeHelp = "See '\(command.text) --help'"
        let line = message.split(separator: "\n").first.map(String.init) ?? message
        if line.hasPrefix("Unknown option '"), let option = quoted(line) {
            let isLong = option.hasPrefix("--")
            return isLong
                ? "unknown flag: \(option). \(seeHelp)"
                : "unknown shorthand flag: '\(option.dropFirst().prefix(1))' in \(option). \(seeHelp)"
        }
        if line.contains("nexpected argument"), let argument = quoted(line) {
            return command.needsSubcommand
                ? "\"\(argument)\" is not a \(command.lastName) command. \(seeHelp)"
                : "too many arguments. \(seeHelp)"
        }
        if line.hasPrefix("Missing value for '"), let option = quoted(line) {
            return "flag needs an argument: \(option.split(separator: " ").first ?? "")"
        }
        return line
    }

    /// The first part of a message that stands between apostrophes.
    private static func quoted(_ message: String) -> String? {
        let parts = message.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
        return parts.count == 3 ? String(parts[1]) : nil
    }
}

/// The command that arguments name, as far as they name one.
struct CommandPath {
    /// With the program's own name: `coffer-kes key create`.
    private(set) var names: [String]
    /// Whether it does nothing by itself.
    let needsSubcommand: Bool

    init(_ arguments: [String]) {
        names = [Self.program]
        var configuration = CofferKES.configuration
        // Flags may stand before a command's name.
        for argument in arguments where !argument.hasPrefix("-") {
            let command = configuration.subcommands.first { $0.configuration.commandName == argument }
            guard let command else { break }
            names.append(argument)
            configuration = command.configuration
        }
        needsSubcommand = !configuration.subcommands.isEmpty && configuration.defaultSubcommand == nil
    }

    var text: String { names.joined(separator: " ") }
    var lastName: String { names.last ?? "" }

    /// What the program was started as.
    static var program: String {
        CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? "coffer-kes"
    }
}
