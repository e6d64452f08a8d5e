import ArgumentParser

/// A small S3 client, so that a first look at a server needs nothing else.
struct S3Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "s3",
        abstract: "List, copy and remove objects of a running server: ls, cp, stat, rm, mb, rb, encrypt.",
        discussion: """
            ENVIRONMENT
              MINIO_ROOT_USER, MINIO_ROOT_PASSWORD
                    root's or a user's access key and secret key; also
                    ..._FILE, and MINIO_CONFIG_ENV_FILE, as for the server
            """,
        subcommands: [
            S3ListCommand.self, S3CopyCommand.self, S3StatCommand.self, S3RemoveCommand.self, S3MakeBucketCommand.self,
            S3RemoveBucketCommand.self, S3EncryptCommand.self,
        ])
}

/// Where the server is.
struct S3Options: ParsableArguments {
    @OptionGroup var server: ServerOptions

    @Option(help: ArgumentHelp("The server's region, where it has one.", valueName: "REGION"))
    var region = "us-east-1"

    func client() throws(StartFailure) -> S3Client { try S3Client(server, region: region) }
}
