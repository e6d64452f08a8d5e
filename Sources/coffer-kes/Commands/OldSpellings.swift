import Glibc

/// Commands as KES spelt them in former years, which still work and say what they are called today.
enum OldSpellings {
    private static let replacements: [(old: [String], new: [String])] = [
        (["tool", "identity", "new"], ["identity", "new"]),
        (["tool", "identity", "of"], ["identity", "of"]),
        (["key", "derive"], ["key", "dek"]),
        (["key", "list"], ["key", "ls"]),
        (["key", "delete"], ["key", "rm"]),
        (["log", "trace"], ["log"]),
    ]

    static func replaced(in arguments: [String]) -> [String] {
        guard let (old, new) = replacements.first(where: { arguments.starts(with: $0.old) }) else { return arguments }
        func shown(_ names: [String]) -> String { "'\(names.joined(separator: " "))'" }
        Terminal.write("WARNING: \(shown(old)) is deprecated. Use \(shown(new)) instead.\n", to: STDERR_FILENO)
        let rest = Array(arguments.dropFirst(old.count))
        return new + (old == ["tool", "identity", "new"] ? newIdentity(rest) : rest)
    }

    /// `tool identity new` wrote files unless told where to, and had flags of its own.
    private static func newIdentity(_ arguments: [String]) -> [String] {
        var replaced: [String] = []
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count == 2 ? "=\(parts[1])" : ""
            switch parts[0] {
            case "--server": break
            case "-t", "--time": replaced.append("--expiry\(value)")
            default: replaced.append(argument)
            }
        }
        for (flag, path) in [("--key", "./private.key"), ("--cert", "./public.crt")] {
            let isGiven = replaced.contains { $0 == flag || $0.hasPrefix("\(flag)=") }
            if !isGiven { replaced += [flag, path] }
        }
        return replaced
    }
}
