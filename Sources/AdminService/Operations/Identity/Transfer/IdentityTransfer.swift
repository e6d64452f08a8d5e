package import Accounts

/// Users, groups, policies and access keys from elsewhere, by the documents that MinIO's archives have of them.
package enum IdentityTransfer {
    /// What could not be taken, and why.
    package struct Refusal: Sendable {
        package let name: String
        package let reason: String
    }

    /// Takes them as ``ImportIAM`` does, in one commit and with root's rights.
    ///
    /// - Parameters:
    ///   - files: documents by the names of an archive's files, such as `users`.
    ///   - time: milliseconds since 1970.
    /// - Returns: how many were taken, and those that were not.
    package static func take(
        _ files: [String: [UInt8]], into accounts: Accounts, at time: Int64
    ) async throws -> (taken: Int, refused: [Refusal]) {
        let contents = try IAMContents { files[$0.rawValue] }
        let report = try await accounts.inOneCommit { draft in
            var run = IAMImport(accounts: draft, isByRoot: true, time: time)
            try await run.take(contents)
            return run.report
        }
        let failed = report.failed
        let refused = [
            failed.policies, failed.users, failed.groups, failed.serviceAccounts, failed.userPolicies,
            failed.groupPolicies,
        ].flatMap { $0 ?? [] }
        let added = report.added
        let taken =
            [added.policies, added.users, added.groups, added.serviceAccounts].reduce(0) { $0 + ($1?.count ?? 0) }
            + [added.userPolicies, added.groupPolicies].reduce(0) { $0 + ($1?.count ?? 0) }
        return (taken, refused.map { Refusal(name: $0.name, reason: $0.error) })
    }
}
