import ArgumentParser

/// A reference mechanism in a process of its own; started by the commands that compare with it.
struct ServeReferenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve-reference", abstract: "Serve a reference mechanism.", shouldDisplay: false)

    @Argument var kind: ReferenceServer.Kind
    @Option var port: UInt16
    @Option var size: Int
    @Option var directory: String

    func run() async throws {
        switch kind {
        case .responder: try BareResponder.serve(on: port, bodyBytes: size)
        case .pipeline:
            let pipeline = try await BlobPipeline(directory: "\(directory)/drive", size: size)
            pipeline.serve(try ListeningSocket(port: port))
        }
    }
}

extension ReferenceServer.Kind: ExpressibleByArgument {}
