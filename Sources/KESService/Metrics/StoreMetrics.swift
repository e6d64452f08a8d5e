import KeyStores
import Threading

/// Counts of calls to key stores.
///
/// They belong to the process: a vault that takes another's place goes on with them.
package final class StoreMetrics: Sendable {
    enum Operation: Int, CaseIterable {
        case create, get, replace, delete, list, status

        var label: String { "\(self)" }
    }

    /// What a call failed of.
    ///
    /// That a key exists, does not exist, or was changed is an answer and no failure.
    enum FailureKind: Int, CaseIterable {
        case unreachable, unavailable, notAuthorized, corrupt, nameNotAllowed, cancelled

        init?(_ error: KeyStoreError) {
            switch error {
            case .keyExists, .keyNotFound, .keyChanged: return nil
            case .nameNotAllowed: self = .nameNotAllowed
            case .corrupt: self = .corrupt
            case .notAuthorized: self = .notAuthorized
            case .unavailable: self = .unavailable
            case .unreachable: self = .unreachable
            case .cancelled: self = .cancelled
            }
        }

        var label: String {
            switch self {
            case .unreachable: "unreachable"
            case .unavailable: "unavailable"
            case .notAuthorized: "not_authorized"
            case .corrupt: "corrupt"
            case .nameNotAllowed: "name_not_allowed"
            case .cancelled: "cancelled"
            }
        }
    }

    private let times = Operation.allCases.map { _ in Histogram(ServiceMetrics.durationBounds) }
    private let failures = AtomicCounts(Operation.allCases.count * FailureKind.allCases.count)

    package init() {}

    /// A call is over, as far as the server waited for it.
    func record(_ operation: Operation, nanoseconds: Int64, failure: KeyStoreError?) {
        times[operation.rawValue].record(Int(nanoseconds))
        guard let kind = failure.flatMap(FailureKind.init) else { return }
        failures.add(at: Self.index(operation, kind))
    }

    // MARK: Reading

    func times(_ operation: Operation) -> Histogram { times[operation.rawValue] }

    func failures(_ operation: Operation, _ kind: FailureKind) -> Int { failures[Self.index(operation, kind)] }

    private static func index(_ operation: Operation, _ kind: FailureKind) -> Int {
        operation.rawValue * FailureKind.allCases.count + kind.rawValue
    }
}
