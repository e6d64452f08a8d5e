package import Accounts
import FoundationEssentials

extension IdentityTransfer {
    /// Users, groups, policies, access keys and attachments, root's access keys too, by the names of an archive's files.
    ///
    /// Secrets stand in it in clear: see ``withoutSecrets(_:)``.
    package static func documents(of accounts: Accounts) throws -> [String: [UInt8]] {
        let snapshot = try accounts.snapshot
        var files: [String: [UInt8]] = [:]
        for file in IAMFile.allCases {
            files[file.rawValue] = ExportIAM.content(of: file, snapshot, accounts, showsRoot: true)
        }
        return files
    }

    /// The same documents with empty secrets.
    ///
    /// - Throws: for a document that is none: it is not known then whether it has secrets.
    package static func withoutSecrets(_ files: [String: [UInt8]]) throws -> [String: [UInt8]] {
        var files = files
        if let users = files[IAMFile.users.rawValue] {
            var documents = try JSONDecoder().decode([String: IAMUser].self, from: Data(users))
            for name in documents.keys { documents[name]?.secretKey = "" }
            files[IAMFile.users.rawValue] = AdminReply.json(documents)
        }
        if let accounts = files[IAMFile.serviceAccounts.rawValue] {
            var documents = try JSONDecoder().decode([String: IAMServiceAccount].self, from: Data(accounts))
            for name in documents.keys { documents[name]?.secretKey = "" }
            files[IAMFile.serviceAccounts.rawValue] = AdminReply.json(documents)
        }
        return files
    }
}
