import ArgumentParser

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find out what is wrong with a server.",
        discussion: """
            With DIR it looks at what a server would be started with on this machine: run it as the server's user, with its \
            environment. With a URL it looks at a running server from a client's place: clocks, signatures, and what a \
            proxy between the two does. What is to be fixed first stands first.

            Nothing is changed. The exit status is 1 when something is wrong.
            """)

    @Argument(help: ArgumentHelp("A drive's directory, or a server's address.", valueName: "DIR|URL"))
    var target: String

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the server's certificate.")
    var insecure = false

    mutating func run() async throws {
        let (target, ca, isInsecure) = (target, ca, insecure)
        try await orFail {
            let environment = try Environment.ofProcess()
            let findings: [Finding]
            if target.hasPrefix("http://") || target.hasPrefix("https://") {
                var notes: [String] = []
                findings = await
                    (try RemoteDiagnosis(
                        target, credentials: try RootCredentials(environment, notes: &notes), ca: ca,
                        isInsecure: isInsecure)).findings()
            } else {
                findings = await LocalDiagnosis(directory: target, environment: environment).findings()
            }
            let table = FindingTable(findings: findings)
            print(table.lines.joined(separator: "\n"))
            guard table.isGood else { throw ExitCode(1) }
        }
    }
}
