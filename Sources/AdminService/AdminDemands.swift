import AccessPolicy
import Requests
import S3Protocol

/// The rights that a request of administration needs: one of several sets, or that it is about the caller itself.
///
/// Nobody gets anything without a signature.
struct AdminDemands: Sendable {
    /// Sets of demands of which one must be allowed as a whole.
    private let alternatives: [[Demand]]
    /// Whether every account may.
    private let isOpenToAccounts: Bool
    /// The access key whose owner needs no right, as long as nothing denies it one.
    private let owner: String?

    private init(_ alternatives: [[Demand]], isOpenToAccounts: Bool = false, owner: String? = nil) {
        self.alternatives = alternatives
        self.isOpenToAccounts = isOpenToAccounts
        self.owner = owner
    }

    /// All of the rights, at least one.
    static func all(_ demands: Demand...) -> AdminDemands { AdminDemands([demands]) }

    /// Any one of the rights.
    static func any(_ demands: Demand...) -> AdminDemands { AdminDemands(demands.map { [$0] }) }

    /// The right to do this to the server as a whole.
    static func action(_ action: Action) -> AdminDemands { .all(Demand(action, on: .service)) }

    /// The right to do this to a bucket.
    static func action(_ action: Action, bucket: String?) -> AdminDemands {
        .all(Demand(action, on: bucket.map { .bucket($0) } ?? .service))
    }

    /// Any one of these rights to do something to the server as a whole.
    static func anyAction(_ actions: Action...) -> AdminDemands {
        AdminDemands(actions.map { [Demand($0, on: .service)] })
    }

    /// Every account may, and nobody else.
    static let anyAccount = AdminDemands([], isOpenToAccounts: true)

    /// The same, or that the caller owns the access key; `nil` for a request that is about nobody.
    func orOwner(of accessKey: String?) -> AdminDemands {
        AdminDemands(alternatives, isOpenToAccounts: isOpenToAccounts, owner: accessKey)
    }

    /// Whether the sender of a request has them.
    func areMet(by principal: Principal, _ record: RequestRecord, _ pipeline: RequestPipeline) -> Bool {
        guard !principal.isAnonymous else { return false }
        if isOpenToAccounts { return true }
        if let owner, pipeline.isOwner(principal, of: owner, unlessDenied: alternatives.flatMap(\.self), record) {
            return true
        }
        return alternatives.contains { pipeline.allows(principal, $0, record) }
    }
}
