import FoundationEssentials
import S3Protocol
import SealedStorage

extension AccountsSnapshot {
    /// When an access key, a user's own among them, has last signed a request: milliseconds since 1970, to the minute; nil
    /// where nothing is known of any.
    package func lastUse(of accessKey: AccountName) -> Int64? { use(of: accessKey)?.last.map { $0 * 1000 } }

    func use(of accessKey: AccountName) -> AccessKeyUse? {
        members[accessKey]?.use ?? serviceAccounts[accessKey]?.use ?? sessions[accessKey]?.use
    }

    /// Seconds since 1970, of every access key that was used, in no order.
    fileprivate var uses: [(name: AccountName, last: Int64)] {
        members.values.compactMap { member in member.use.last.map { (member.user.name, $0) } }
            + serviceAccounts.values.compactMap { account in account.use.last.map { (account.accessKey, $0) } }
    }
}

extension Accounts {
    private static let usesSetting = "access-key-uses"
    /// Access keys whose last use outlives the process, those that were used last: what is kept is one record.
    private static let mostKeptUses = 50_000

    /// Keeps when access keys were last used, if any was since this was asked last: now and then, and at the end.
    ///
    /// What was noted since is lost with a crash: it is told to people, and nothing depends on it.
    /// - Throws: while the catalogue is locked, and what the drive does.
    package func keepUses() async throws {
        let snapshot = try snapshot
        let secrets = secrets
        let encoded = try await secrets.offload {
            let latest = snapshot.uses.sorted { $0.last > $1.last }.prefix(Self.mostKeptUses)
            let uses = Dictionary(latest.map { ($0.name.text, $0.last) }, uniquingKeysWith: max)
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return [UInt8](try encoder.encode(uses))
        }
        _ = try await secrets.updateSecretSetting(Self.usesSetting, ifDamaged: .replace) { _ in encoded }
    }

    /// Takes up what was kept; a record that cannot be read says nothing.
    func takeUpUses() {
        guard let bytes = try? secrets.secretSetting(Self.usesSetting),
            let uses = try? JSONDecoder().decode([String: Int64].self, from: Data(bytes)),
            let snapshot = try? snapshot
        else { return }
        for (name, last) in uses { snapshot.use(of: AccountName(name))?.note(last) }
    }
}
