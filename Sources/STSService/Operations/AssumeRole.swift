import AccessPolicy
import Accounts
import Requests
import S3Protocol

/// Temporary credentials for who has signed the request: a user, or root.
///
/// A role is not looked at: what the session may do is what its user may, narrowed by the policy that comes along.
struct AssumeRole {
    private let parameters: SessionParameters

    init(_ form: STSForm) throws(STSError) { parameters = try SessionParameters(form) }

    func perform(
        for caller: VerifiedRequest, _ accounts: Accounts, _ record: RequestRecord, _ pipeline: RequestPipeline
    ) async throws -> [UInt8] {
        guard !pipeline.forbids(caller.principal, [parameters.demand], record) else { throw S3Error(.accessDenied) }
        let owner: AccountOwner
        switch caller.principal {
        case .root: owner = .root
        case .account(let identity) where identity.kind == .user: owner = .user(AccountName(identity.owner))
        // An access key or a session would make another of itself that outlives it.
        case .account, .anonymous: throw S3Error(.accessDenied)
        }
        let session = try await accounts.addSession(parameters.request(for: owner), at: record.time)
        return STSDocument.credentials(session, .assumeRole, requestID: record.id)
    }
}

/// What every action that makes a session takes.
struct SessionParameters {
    /// Seconds.
    private static let usualDuration: Int64 = 3600

    private let duration: Int64
    private let policy: IdentityPolicy?
    private let revocationType: String?

    init(_ form: STSForm) throws(STSError) {
        duration = try Self.duration(form["DurationSeconds"])
        policy = try form["Policy"].map { text throws(STSError) in
            guard text.utf8.count <= IdentityPolicy.maximumBytesOfSession else {
                throw STSError(
                    .invalidParameterValue,
                    "The policy has more than \(IdentityPolicy.maximumBytesOfSession) bytes.")
            }
            do throws(PolicyMalformed) {
                return try IdentityPolicy(Array(text.utf8), mayBeEmpty: true)
            } catch {
                throw STSError(.invalidParameterValue, "The policy is malformed: \(error.description)")
            }
        }
        revocationType = form["TokenRevokeType"]
        guard (revocationType?.utf8.count ?? 0) <= 128 else {
            throw STSError(.invalidParameterValue, "TokenRevokeType has more than 128 bytes.")
        }
    }

    private static func duration(_ text: String?) throws(STSError) -> Int64 {
        guard let text else { return usualDuration }
        guard let duration = Int64(text), Accounts.sessionDuration.contains(duration) else {
            throw STSError(
                .invalidParameterValue,
                "DurationSeconds is a number from \(Accounts.sessionDuration.lowerBound) to \(Accounts.sessionDuration.upperBound)."
            )
        }
        return duration
    }

    /// What a policy may forbid: sessions at all, or longer ones.
    var demand: Demand {
        Demand(.assumeRole, on: .service, conditions: [.sessionDuration: [String(duration)]])
    }

    func request(for owner: AccountOwner) -> SessionRequest {
        var request = SessionRequest(owner: owner, duration: duration)
        request.policy = policy
        request.revocationType = revocationType
        return request
    }
}
