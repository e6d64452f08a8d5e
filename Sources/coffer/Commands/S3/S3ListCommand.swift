import ArgumentParser
import S3Client

struct S3ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List buckets, or the objects of one.")

    @Argument(help: ArgumentHelp("s3://BUCKET or s3://BUCKET/PREFIX; all buckets without it.", valueName: "address"))
    var address: String?

    @Flag(name: [.short, .long], help: "List what lies behind the next slash too.")
    var recursive = false

    @Flag(help: "One JSON object a line.")
    var json = false

    @OptionGroup var server: S3Options

    private struct Line: Encodable {
        let key: String
        let size: Int64?
        let lastModified: String?
    }

    mutating func run() async throws {
        let command = self
        try await command.orRefusal {
            let client = try command.server.client()
            guard let address = command.address else { return try await command.showBuckets(client) }
            try await command.showObjects(client, try ObjectAddress(argument: address))
        }
    }

    private func showBuckets(_ client: S3Client) async throws {
        for bucket in try await client.buckets() {
            if json {
                JSONLine.print(Line(key: bucket.name + "/", size: nil, lastModified: bucket.created))
            } else {
                print("\(Self.moment(bucket.created))  \(TerminalText.shown(bucket.name))")
            }
        }
    }

    private func showObjects(_ client: S3Client, _ address: ObjectAddress) async throws {
        var token: String?
        repeat {
            let page = try await client.list(address, isRecursive: recursive, after: token)
            for prefix in page.prefixes {
                if json {
                    JSONLine.print(Line(key: prefix, size: nil, lastModified: nil))
                } else {
                    print("\(String(repeating: " ", count: 31))  \(TerminalText.shown(prefix))")
                }
            }
            for object in page.objects {
                if json {
                    JSONLine.print(Line(key: object.key, size: object.size, lastModified: object.modified))
                } else {
                    let size = ByteCount.text(object.size)
                    let indent = String(repeating: " ", count: max(0, 10 - size.utf8.count))
                    print("\(Self.moment(object.modified))  \(indent)\(size)  \(TerminalText.shown(object.key))")
                }
            }
            token = page.next
        } while token != nil
    }

    /// `2006-01-02 15:04:05` of `2006-01-02T15:04:05.000Z`.
    private static func moment(_ text: String) -> String {
        String(text.prefix(19).map { $0 == "T" ? " " : $0 })
    }
}
