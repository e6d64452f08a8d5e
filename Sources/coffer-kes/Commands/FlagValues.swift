/// Flags that are given with a value, as in `--json=true`: KES's command line knows that form, the argument parser does not.
enum FlagValues {
    private static let flags: Set<Substring> = [
        "-k", "--insecure", "--json", "-f", "--force", "--encrypt", "--short", "--api", "--audit", "--error", "--merge",
        "--dev", "--fail-fast", "--mlock", "-q", "--quiet", "-i", "--identity", "-p", "--policy",
    ]

    /// `arguments` with flags that are true given without the value, and those that are false left out.
    static func replaced(in arguments: [String]) -> [String] {
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].compactMap(replaced) + arguments[end...]
    }

    private static func replaced(_ argument: String) -> String? {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, flags.contains(parts[0]) else { return argument }
        switch parts[1] {
        case "1", "t", "T", "true", "TRUE", "True": return String(parts[0])
        case "0", "f", "F", "false", "FALSE", "False": return nil
        default: return argument
        }
    }
}
