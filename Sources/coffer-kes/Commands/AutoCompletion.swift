import ArgumentParser
import CLinux
import Glibc

/// `--auto-completion`: writes a completion script to where the user's shell looks for one.
enum AutoCompletion {
    static func install() throws {
        let environment = ProcessEnvironment.variables()
        let shell = environment["SHELL"].flatMap { $0.split(separator: "/").last.map(String.init) } ?? ""
        guard let place = Place(shell) else { throw CommandFailure("auto-completion for '\(shell)' is not available") }
        guard let home = environment["HOME"], home.hasPrefix("/") else { throw CommandFailure("HOME is not set") }
        let directory = (environment[place.variable] ?? "\(home)/\(place.standard)") + "/" + place.directory
        let file = "\(directory)/\(place.file)"
        try makeDirectory(directory)
        let script = CofferKES.completionScript(for: place.shell)
        try SmallFile.write(Array(script.utf8), to: file, permissions: 0o644, existing: .replace)
        Terminal.write("\(file) is written; new shells use it.\n")
        if place.shell == .zsh { Terminal.write("For that, \(directory) has to be in fpath before compinit runs.\n") }
    }

    /// Where a shell looks for its user's completion scripts.
    private struct Place {
        let shell: CompletionShell
        /// The directory above, and what stands for it in the user's home when this is not set.
        let variable: String
        let standard: String
        let directory: String
        let file: String

        init?(_ name: String) {
            let program = CommandPath.program
            switch name {
            case "bash":
                self.init(.bash, "XDG_DATA_HOME", ".local/share", "bash-completion/completions", program)
            case "fish": self.init(.fish, "XDG_CONFIG_HOME", ".config", "fish/completions", program + ".fish")
            case "zsh": self.init(.zsh, "XDG_DATA_HOME", ".local/share", "zsh/site-functions", "_" + program)
            default: return nil
            }
        }

        private init(
            _ shell: CompletionShell, _ variable: String, _ standard: String, _ directory: String, _ file: String
        ) {
            self.shell = shell
            self.variable = variable
            self.standard = standard
            self.directory = directory
            self.file = file
        }
    }

    private static func makeDirectory(_ path: String) throws {
        let code = coffer_make_directories(path, 0o755)
        guard code == 0 else { throw CommandFailure("mkdir \(path): \(String(cString: strerror(code)))") }
    }
}
