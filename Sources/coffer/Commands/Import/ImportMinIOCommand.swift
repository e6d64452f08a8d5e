import AdminService
import ArgumentParser
import KeyManagement
import Maintenance
import MinIODrive
import ObjectStorage
import S3Protocol
import SealedStorage

struct ImportMinIOCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "minio",
        abstract: "Bring over a MinIO drive, its encrypted objects too, with no MinIO running.",
        discussion: """
            SOURCE is the directory of a MinIO server of one drive, stopped, or a snapshot of it; nothing is written there. \
            DIR is a Coffer drive that no server runs on, and is made when it is not there. Buckets with their settings come, \
            objects with their versions, users, groups, policies and access keys. Every byte is checked, and what does not \
            verify stays behind and is named. Started again it goes on where it was, or brings what has come since, and tags, retention and legal holds that were changed.

            The environment names the key service, of the source and of DIR, as for the server. Where the source has another \
            one, name DIR's as for the server, and the source's in a file by --source-environment.

            EXIT STATUS
              0     everything is here
              1     it could not begin, or was broken off
              2     something stays behind; the table says how many versions
                    and why, --report which

            ENVIRONMENT
              as for the server
            """)

    @Argument(help: ArgumentHelp("The directory of MinIO's drive.", valueName: "SOURCE"))
    var source: String

    @Argument(help: ArgumentHelp("The directory of the Coffer drive.", valueName: "DIR"))
    var directory: String

    @Flag(help: "Read and check everything, and write nothing to DIR, which must be there.")
    var dryRun = false

    @Option(
        help: ArgumentHelp(
            "Customers' keys (SSE-C): lines of BUCKET or BUCKET/PREFIX, a blank, and the key in base64.",
            valueName: "FILE"))
    var customerKeys: String?

    @Option(
        help: ArgumentHelp(
            "KEY=value lines that name the source's key service, such as /etc/default/minio, where it is not DIR's.",
            valueName: "FILE"))
    var sourceEnvironment: String?

    @Option(help: ArgumentHelp("Read so many bytes a second at most, such as 50MiB.", valueName: "BYTES"))
    var rate: String?

    @Option(help: ArgumentHelp("Write a JSON line per version.", valueName: "FILE"))
    var report: String?

    @Option(help: ArgumentHelp("The drive's keyring.", valueName: "FILE"))
    var keyring: String?

    func validate() throws {
        guard rate.map({ ByteCount.parse($0) != nil }) ?? true else {
            throw ValidationError("--rate is a number of bytes, such as 50MiB.")
        }
        guard !directory.hasPrefix("http://"), !directory.hasPrefix("https://") else {
            throw ValidationError("DIR is a directory: stop the server, and import into its drive.")
        }
    }

    mutating func run() async throws {
        let command = self
        try await command.orFail {
            let environment = try Environment.ofProcess()
            let drive: MinIODrive
            do { drive = try MinIODrive(command.source) } catch { throw StartFailure("\(error)") }
            let keys = DriveKeySource(
                service: try command.sourceService(environment),
                customerKeys: try CustomerKeyList(file: command.customerKeys))
            let target = try await ImportTarget(
                command.directory, keyring: command.keyring, mustExist: command.dryRun, environment)
            defer { target.store.close() }
            if let path = target.keys.newKeyring {
                writeLine("made the keyring \(path): keep a copy of it elsewhere, nothing opens the drive without it")
            }
            var run = try ImportRun(command, drive, keys, target)
            do {
                try await run.perform()
            } catch let fault as DriveFault {
                throw StartFailure("\(command.source): \(fault)")
            } catch let error as StorageError {
                throw StartFailure("\(command.directory): \(error)")
            }
            guard run.finish() else { throw ExitCode(2) }
        }
    }

    /// The source's key service; nil where nothing names one.
    private func sourceService(_ environment: Environment) throws(StartFailure) -> (any KeyService)? {
        guard let sourceEnvironment else { return try? OfflineDrive.keyService(keyring: keyring, environment) }
        let file = try Environment(["MINIO_CONFIG_ENV_FILE": sourceEnvironment])
        guard file.variables.count > 1 else { throw StartFailure("\(sourceEnvironment): there is nothing in it") }
        return try OfflineDrive.keyService(keyring: nil, file)
    }
}
