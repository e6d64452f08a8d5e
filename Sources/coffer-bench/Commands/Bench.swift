import ArgumentParser

/// Measures an S3 endpoint with a client light enough to share two cores with it, and the bare mechanisms that the
/// figures are compared to.
@main
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coffer-bench",
        abstract: "Measures Coffer, or any S3 endpoint, and the mechanisms underneath it.",
        subcommands: [
            RunCommand.self, CompareCommand.self, SuiteCommand.self, KESCommand.self, ReferenceCommand.self,
            TableCommand.self, AuthorisationCommand.self,
            ServeReferenceCommand.self,
        ])
}

/// Something that makes a measurement meaningless; the text is for the person at the terminal.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
