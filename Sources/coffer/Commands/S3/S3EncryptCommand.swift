import ArgumentParser
import HTTPClient
import S3Protocol

struct S3EncryptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encrypt", abstract: "How a bucket's new objects are encrypted: shows it, or sets it.",
        discussion: "Without a rule objects are SSE-S3: nothing is ever stored unencrypted.")

    @Argument(help: ArgumentHelp("s3://BUCKET.", valueName: "ADDRESS")) var address: String
    @Flag(help: "Under keys of the server's own, SSE-S3.") var s3 = false
    @Option(help: ArgumentHelp("Under this key of the key service, SSE-KMS.", valueName: "KEY")) var kms: String?
    @Flag(help: "By no rule.") var clear = false
    @OptionGroup var options: S3Options

    mutating func validate() throws {
        guard [s3, kms != nil, clear].count(where: { $0 }) <= 1 else {
            throw ValidationError("only one of --s3, --kms and --clear")
        }
    }

    mutating func run() async throws {
        let (text, s3, kms, clear, options) = (address, s3, kms, clear, options)
        try await orFail {
            let client = try options.client()
            let bucket = S3Address(bucket: try S3Address(requiring: text).bucket)
            let query = [(name: "encryption", value: "")]
            if clear {
                _ = try await client.call(.delete, bucket, query)
            } else if s3 || kms != nil {
                let algorithm: ServerSideEncryptionConfiguration.Algorithm = kms.map { .sseKMS(keyID: $0) } ?? .sseS3
                _ = try await client.call(
                    .put, bucket, query, body: ServerSideEncryptionConfiguration(algorithm: algorithm).xml())
            }
            print(try await Self.rule(of: bucket, client, query))
        }
    }

    private static func rule(
        of bucket: S3Address, _ client: S3Client, _ query: [(name: String, value: String)]
    ) async throws -> String {
        var found: S3Client.Answer?
        do {
            found = try await client.call(.get, bucket, query)
        } catch {
            // Not of a bucket that is not there.
            guard error.isNotFound, error.reason.contains("encryption configuration") else { throw error }
        }
        guard let answer = found else { return "no rule: SSE-S3" }
        switch try ServerSideEncryptionConfiguration.parse(answer.body).algorithm {
        case .sseS3: return "SSE-S3"
        case .sseKMS(let key): return "SSE-KMS under \(key ?? "the default key")"
        case .dsseKMS(let key): return "DSSE-KMS under \(key ?? "the default key")"
        case nil: return "no rule"
        }
    }
}
