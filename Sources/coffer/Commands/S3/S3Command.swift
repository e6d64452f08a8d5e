import ArgumentParser

/// A small S3 client: what operators need when they have no other.
struct S3Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "s3",
        abstract: "List, copy and remove objects of this or any other S3 server.",
        discussion: """
            Objects are written s3://BUCKET/KEY; what does not begin with s3:// is a file, and - the standard input or \
            output.

            ENVIRONMENT
              AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN
                    whose buckets they are; else MINIO_ROOT_USER and
                    MINIO_ROOT_PASSWORD, as for the server
              AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION
                    the server, where --endpoint does not name it
            """,
        subcommands: [
            S3ListCommand.self, S3CopyCommand.self, S3StatCommand.self, S3RemoveCommand.self,
            S3MakeBucketCommand.self, S3RemoveBucketCommand.self, S3EncryptCommand.self,
        ])
}
