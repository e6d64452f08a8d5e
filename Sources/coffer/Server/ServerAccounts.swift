import Accounts
import Logging
import Requests
import S3Protocol
import SealedStorage

/// Everybody who can sign a request: root, and the accounts of the drive.
struct ServerAccounts: Sendable {
    let root: RootAccount
    let accounts: Accounts
    let logger: Logger

    /// Reads all of them from the drive, whose catalogue is open.
    ///
    /// - Returns: root's secret when it was generated, to be shown once.
    @discardableResult func load(_ records: SealedRecords) async throws -> String? {
        let secret = try await root.load(records)
        let damaged = try await accounts.load()
        if damaged > 0 {
            logger.error(
                "records of users, groups, policies or access keys are damaged: who depends on one may do nothing",
                metadata: ["records": "\(damaged)"])
        }
        return secret
    }

    /// The account of an access key, root's first; nil if there is none.
    func signingAccount(_ accessKey: String, token: String?) throws(S3Error) -> SigningAccount? {
        if let root = try root.signingAccount(accessKey, token: token, isAdmitted: accounts.setting.admitsRoot) {
            return root
        }
        return try accounts.signingAccount(accessKey, token: token, at: Clock.milliseconds())
    }

    /// Removes sessions that have expired, now and every minute, until it is cancelled.
    ///
    /// Keeps every ten minutes when access keys were used.
    func sweep() async {
        var minutes = 0
        while !Task.isCancelled {
            do {
                while try await accounts.sweepSessions(at: Clock.milliseconds()) { try Task.checkCancellation() }
            } catch is CancellationError {
                return
            } catch AccountError.locked {
                // They are not known yet.
            } catch {
                logger.error("expired sessions were not removed", metadata: ["cause": "\(error)"])
            }
            guard (try? await Task.sleep(for: .seconds(60))) != nil else { return }
            minutes += 1
            if minutes % 10 == 0 { await keepUses() }
        }
    }

    func keepUses() async {
        do {
            try await accounts.keepUses()
        } catch AccountError.locked {
            // Nobody's are known.
        } catch {
            logger.error("when access keys were used was not kept", metadata: ["cause": "\(error)"])
        }
    }
}
