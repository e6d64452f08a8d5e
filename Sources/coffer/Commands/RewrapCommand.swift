import ArgumentParser

struct RewrapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rewrap",
        abstract: "Move every data key, the catalogue's too, under a key's newest version.",
        discussion: """
            Objects are not touched, and the server goes on serving. What is interrupted goes on when it is run again.

            To the same key, after it was rotated, this moves what older versions wrap. A data key whose key is gone \
            stays where it is; the others move, what stayed and why is listed, and the command fails.

            To another key service: start the server with the new one configured and the old one named by \
            COFFER_FORMER_KEYRING or COFFER_FORMER_KMS_SECRET_KEY, run this, and drop the old one's name.
            """)

    @Option(help: ArgumentHelp("The key to move to; it must exist in the key service.", valueName: "KEY"))
    var to: String

    @OptionGroup var server: ServerOptions

    mutating func run() async throws {
        let target = to
        let options = server
        try await orFail {
            let client = try options.client()
            let before = try await client.dataKeys()
            var bar = ProgressBar { "\($0)/\($1)" }
            let outcome = try await client.rewrap(to: target) { line in
                guard let examined = line.examined, let total = line.total else { return }
                bar.show(Int64(examined), of: Int64(total))
            }
            bar.end()
            print("\(outcome.moved) data keys moved to \(target)")
            let after = try await client.dataKeys()
            let kept = Set(after.keys.map(\.title)).subtracting(outcome.left.map(\.title))
            let left = Dictionary(outcome.left.map { ($0.title, $0.dataKeys) }, uniquingKeysWith: +)
            let old = Set(before.keys.map(\.title)).union(left.keys).subtracting(kept)
            for key in old.sorted() { print("\(left[key, default: 0]) data keys left under \(key)") }
            for cause in outcome.causes { print("\(cause.count) not moved: \(cause.cause)") }
            for failure in outcome.failures { print("  \(failure.what): \(failure.cause)") }
            if outcome.failures.count < outcome.failed { print("  …") }
            if before.defaultKey != target {
                print("new data keys are still made under \(before.defaultKey), the server's default key")
            }
            guard outcome.failed == 0 else { throw StartFailure("\(outcome.failed) keys could not be moved") }
            guard left.isEmpty else {
                throw StartFailure("requests still make data keys under other keys; bucket rules may name them")
            }
        }
    }
}
