import ArgumentParser
import HTTPClient
import S3Client

/// Which server is asked, and as whom.
struct S3Options: ParsableArguments {
    @Option(help: ArgumentHelp("The server's address; http://127.0.0.1:9000 if nothing names one.", valueName: "URL"))
    var endpoint: String?

    @Option(help: ArgumentHelp("The server's region.", valueName: "NAME"))
    var region: String?

    @Option(help: ArgumentHelp("A file or directory of certificates to trust besides the system's.", valueName: "PATH"))
    var ca: String?

    @Flag(name: [.customShort("k"), .long], help: "Do not verify the server's certificate.")
    var insecure = false

    func client() throws -> S3Client { try client(Environment.ofProcess()) }

    /// - Parameter environment: for who needs more of it: secrets are taken out of the process's own when it is read.
    func client(_ environment: Environment) throws -> S3Client {
        func variable(_ name: String) -> String? { environment.variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        let address =
            endpoint ?? variable("AWS_ENDPOINT_URL_S3") ?? variable("AWS_ENDPOINT_URL") ?? "http://127.0.0.1:9000"
        var configuration: S3ClientConfiguration
        if let key = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") {
            configuration = S3ClientConfiguration(
                endpoint: address, accessKey: key, secretKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
        } else {
            var notes: [String] = []
            guard let root = try RootCredentials(environment, notes: &notes) else {
                throw StartFailure(
                    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or MINIO_ROOT_USER and MINIO_ROOT_PASSWORD")
            }
            configuration = S3ClientConfiguration(
                endpoint: address, accessKey: root.accessKey, secretKey: root.secret)
        }
        configuration.region = region ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ?? "us-east-1"
        configuration.http.verifiesServer = !insecure
        configuration.http.caPaths = ca.map { [$0] } ?? []
        return try S3Client(configuration)
    }
}

extension AsyncParsableCommand {
    /// Runs a command whose failures, those of the server too, are one line.
    func orRefusal(_ body: () async throws -> Void) async throws {
        try await orFail {
            do {
                try await body()
            } catch let error as S3ClientError {
                throw StartFailure("\(error)")
            }
        }
    }
}

extension ObjectAddress {
    /// - Throws: when the argument is not of the form `s3://BUCKET[/KEY]`.
    init(argument: String) throws(StartFailure) {
        guard let address = ObjectAddress(argument), !address.bucket.isEmpty else {
            throw StartFailure("\(argument): not of the form s3://BUCKET/KEY")
        }
        self = address
    }

    /// - Throws: when the argument does not name an object.
    init(objectArgument argument: String) throws(StartFailure) {
        try self.init(argument: argument)
        guard !key.isEmpty else { throw StartFailure("\(argument): names no object; s3://BUCKET/KEY does") }
    }

    /// - Throws: when the argument names anything but a bucket.
    init(bucketArgument argument: String) throws(StartFailure) {
        if ObjectAddress(argument) == nil {
            self.init(bucket: argument, key: "")
        } else {
            try self.init(argument: argument)
        }
        guard key.isEmpty, !bucket.isEmpty, !bucket.contains("/") else {
            throw StartFailure("\(argument): names no bucket; s3://BUCKET does")
        }
    }
}
