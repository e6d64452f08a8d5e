import ArgumentParser
import S3Client

struct S3RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove an object, or all under a prefix.",
        discussion: "In a bucket with versioning they are hidden by delete markers, not removed.")

    @Argument(help: ArgumentHelp("The object; with --recursive, what keys begin with.", valueName: "s3://BUCKET/KEY"))
    var address: String

    @Flag(name: [.short, .long], help: "Remove every object whose key begins so.")
    var recursive = false

    @OptionGroup var server: S3Options

    mutating func run() async throws {
        let command = self
        try await command.orRefusal {
            let client = try command.server.client()
            guard command.recursive else {
                let address = try ObjectAddress(objectArgument: command.address)
                try await client.remove(address)
                return print("removed \(address)")
            }
            try await Self.removeAll(under: try ObjectAddress(argument: command.address), client)
        }
    }

    private static func removeAll(under address: ObjectAddress, _ client: S3Client) async throws {
        var (removed, kept) = (0, 0)
        var token: String?
        repeat {
            // A page is removed after it was listed: the next one begins behind it, whatever is gone.
            let page = try await client.list(address, isRecursive: true, after: token)
            let failures = try await client.remove(page.objects.map(\.key), from: address.bucket)
            for object in failures { writeLine("s3://\(address.bucket)/\(object.key): \(object.reason)") }
            removed += page.objects.count - failures.count
            kept += failures.count
            token = page.next
        } while token != nil
        print("removed \(removed) objects")
        guard kept == 0 else { throw StartFailure("\(kept) objects could not be removed") }
    }
}
