import HTTPClient
import JSON
import KESProtocol
import Logging
import Notation

/// A vault keeps what was deleted for some days; until it is purged nothing new can have its name.
extension AzureKeyStore {
    /// Deletes a secret and purges it; whether there was one, or one that had been deleted.
    ///
    /// Once it is deleted nobody reads it any more. That it could not be purged therefore is a warning.
    func remove(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Bool {
        let answer = try await vault.send(.init(.delete, "/secrets/\(name)"), time)
        let failure = AzureFailure(answer)
        let isBeingDeleted = answer.status == 409 && failure.reason == "ObjectIsBeingDeleted"
        guard answer.isSuccess || failure.isSecretNotFound || isBeingDeleted else {
            throw failure.error("delete secret '\(name)'", needing: .deleteSecret)
        }
        let existed = answer.isSuccess || isBeingDeleted
        // What this call has not deleted itself may be a secret whose name differs in case.
        if !answer.isSuccess, let other = try await deletedSecret(name, time)?.name, other != name.text { return false }
        let end = ContinuousClock.now + Self.purgePatience
        while true {
            let purge: Purge
            do throws(KeyStoreError) { purge = try await self.purge(name, time) } catch {
                guard answer.isSuccess else { throw error }
                purge = .refused("\(error)")
            }
            switch purge {
            case .done: return true
            case .nothing: return existed
            case .refused(let reason):
                guard existed else { return false }
                logger.warning(
                    "the key was deleted, but not purged: its name is free when the vault's retention is over",
                    metadata: ["key": "\(name)", "cause": "\(reason)"])
                return true
            case .busy(let reason):
                guard .now < end, time.left > AzureVault.reserve else {
                    guard existed else { return false }
                    logger.warning(
                        "the key was deleted, but the vault is still busy with it: until it is purged its name is not free",
                        metadata: ["key": "\(name)", "cause": "\(reason)"])
                    return true
                }
                try await pause(Self.randomPause, time)
            }
        }
    }

    /// Purges the deleted secret that keeps a new one from being written, or waits a little where that is under way.
    func makeRoom(_ name: KeyName, _ failure: AzureFailure, _ time: CallTime) async throws(KeyStoreError) {
        guard time.left > AzureVault.reserve + Self.writeTime else {
            throw .unavailable(
                "azure: a deleted secret '\(name)' is being purged from Key Vault to make room (\(failure.reason)); "
                    + "try again in a minute")
        }
        switch failure.reason {
        case "ObjectIsDeletedButRecoverable", "ObjectIsBeingDeleted":
            // Nothing is purged unseen. The vault does not show it while the deletion is under way.
            guard let deleted = try await deletedSecret(name, time) else { break }
            if let other = deleted.name, other != name.text {
                throw .nameNotAllowed(
                    "the key store (Azure Key Vault) does not tell names apart that differ in case only, and a deleted "
                        + "'\(other)' may still be recovered")
            }
            switch try await purge(name, time) {
            case .done:
                logger.warning(
                    "purged a deleted secret from Key Vault, which can never be recovered, to create a key of its name",
                    metadata: ["key": "\(name)", "deletedDate": "\(deleted.date)"])
            case .refused(let reason):
                throw .notAuthorized(
                    "\(reason); a deleted secret '\(name)' is in the way: recover or purge it, or use another name")
            case .nothing, .busy: break
            }
        case "ObjectIsBeingRecovered": break
        default: throw failure.error("write secret '\(name)'", needing: .setSecret)
        }
        try await pause(Self.randomPause, time)
    }

    private enum Purge {
        case done
        /// There is no deleted secret of that name.
        case nothing
        /// The deletion is under way, or another purge.
        case busy(String)
        /// The right is missing, or the vault is protected from purges.
        case refused(String)
    }

    private func purge(_ name: KeyName, _ time: CallTime) async throws(KeyStoreError) -> Purge {
        let answer = try await vault.send(.init(.delete, "/deletedsecrets/\(name)"), time)
        guard !answer.isSuccess else { return .done }
        let failure = AzureFailure(answer)
        let error = failure.error("purge the deleted secret '\(name)'", needing: .purgeSecret)
        switch failure.status {
        case 404 where failure.isSecretNotFound: return .nothing
        case 409: return .busy("\(error)")
        // What a vault with purge protection says is one of the two.
        case 400, 403: return .refused("\(error)")
        default: throw error
        }
    }

    /// What the vault says of a deleted secret; `nil` when there is none, or the deletion is under way.
    private func deletedSecret(
        _ name: KeyName, _ time: CallTime
    ) async throws(KeyStoreError) -> (name: String?, date: String)? {
        let answer = try await vault.send(.init(.get, "/deletedsecrets/\(name)"), time)
        guard answer.isSuccess else {
            let failure = AzureFailure(answer)
            if failure.isSecretNotFound || answer.status == 409 { return nil }
            throw failure.error("look at the deleted secret '\(name)'", needing: .getSecret)
        }
        guard let json = answer.json else { throw vault.malformed("look at a deleted secret") }
        let spelt = json["tags"]?[AzureSecretVersion.Tag.key]?.string
        let path = json["id"]?.string.flatMap { AzureEndpoint.split($0)?.path }
        let parts = path?.split(separator: "/") ?? []
        let date = json["deletedDate"]?.integer.map { HTTPDate.iso8601(Int64($0) * 1000) } ?? "unknown"
        let deleted = parts.count > 1 ? AzureSecretVersion.keyName(String(parts[1]), tag: spelt) : nil
        return (deleted, date)
    }

    /// How long a deletion waits for the vault to finish it, so that the name is free.
    private static var purgePatience: Duration { .seconds(6) }
    /// What adding a version takes once there is room.
    private static var writeTime: Duration { .seconds(1) }
    private static var randomPause: Duration { .milliseconds(Int64.random(in: 200...800)) }
}
