import Accounts
import AdminService
import HTTPClient
import Maintenance
import S3Protocol
import SealedStorage

/// What is set for buckets, and users, groups, policies and access keys, as documents.
struct ExportedSettings {
    /// By bucket and name of a file, such as `policy.json`.
    private(set) var buckets: [String: [String: [UInt8]]] = [:]
    /// By name of a file without its ending, such as `users`.
    private(set) var identities: [String: [UInt8]] = [:]
    /// What could not be read, and why.
    private(set) var faults: [String] = []

    /// Of a drive of this process.
    init(_ drive: SealedDrive, _ names: [String]) async {
        for name in names {
            do {
                let record = try drive.buckets.bucket(BucketName(name)).record
                buckets[name] = BucketSettingDocuments.documents(of: record)
            } catch {
                faults.append("settings of bucket \(name): \(error)")
            }
        }
        do {
            let accounts = Accounts(
                records: drive.records,
                setting: Accounts.Setting(rootAccessKey: { RootCredentials.generatedUser }, admitsRoot: true))
            let damaged = try await accounts.load()
            if damaged > 0 { faults.append("\(damaged) records of users, groups, policies or access keys are damaged") }
            identities = try IdentityTransfer.documents(of: accounts)
        } catch {
            faults.append("users and policies: \(error)")
        }
    }

    /// Of a running server.
    init(_ client: AdminClient, _ names: [String]) async {
        do {
            let archive = try await client.call(.get, "export-bucket-metadata", [("bucket", "")])
            let wanted = Set(names)
            buckets = try TransferArchive.buckets(archive).filter { wanted.contains($0.key) }
        } catch {
            faults.append("settings of buckets: \((error as? StartFailure)?.reason ?? "\(error)")")
        }
        do {
            identities = try TransferArchive.identities(try await client.call(.get, "export-iam"))
        } catch {
            faults.append("users and policies: \((error as? StartFailure)?.reason ?? "\(error)")")
        }
    }

    /// - Parameter withSecrets: whether secret keys stand in the documents.
    func write(to target: FileExportTarget, withSecrets: Bool) async throws {
        for (bucket, documents) in buckets {
            for (name, document) in documents {
                try await target.write(document: document, to: ["settings", "buckets", bucket, name])
            }
        }
        let files = withSecrets ? identities : try IdentityTransfer.withoutSecrets(identities)
        for (name, document) in files {
            try await target.write(document: document, to: ["settings", "identities", "\(name).json"])
        }
    }
}
