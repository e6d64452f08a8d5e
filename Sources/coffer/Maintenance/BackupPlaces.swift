import ArgumentParser
import Glibc
import Maintenance
import S3Client

/// Where backups are kept, as a command names it: a directory, or `s3://BUCKET[/PREFIX]`.
enum BackupPlace {
    enum Use { case writing, reading }

    /// - Parameter server: of the bucket.
    static func target(
        _ text: String, for use: Use, _ server: S3Options, _ environment: Environment
    ) throws -> any BackupTarget {
        if text.hasPrefix("s3://") {
            return S3BackupTarget(
                try server.client(environment), try ObjectAddress(argument: text), workspace: try makeWorkspace())
        }
        switch use {
        case .writing: return try DirectoryTarget(writing: text)
        case .reading: return try DirectoryTarget(reading: text, workspace: try makeWorkspace())
        }
    }

    /// A new directory for files on their way, where the system has such.
    private static func makeWorkspace() throws(StartFailure) -> String {
        let place = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
        var template = Array("\(place)/coffer-backup-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw StartFailure("\(place): \(String(cString: strerror(errno)))") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension AsyncParsableCommand {
    /// Runs a command of backups: every failure is one line.
    func orBackupFailure(_ body: () async throws -> Void) async throws {
        try await orRefusal {
            do {
                try await body()
            } catch let code as ExitCode {
                throw code
            } catch let failure as StartFailure {
                throw failure
            } catch let away as OfflineDrive.KeysAway {
                throw StartFailure("key service: \(away.cause)")
            } catch let error as S3ClientError {
                throw error
            } catch {
                throw StartFailure("\(error)")
            }
        }
    }
}
