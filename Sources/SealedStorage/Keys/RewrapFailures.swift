import KeyManagement
import ObjectStorage

/// What did not move to another key, and why: all of it counted, some of it by name.
package struct RewrapFailures: Sendable {
    package struct Failure: Sendable {
        /// `data key 42`, or `the catalogue key`.
        package let what: String
        package let cause: String
    }

    /// How many causes are counted by themselves; there are few, as a rule keys that are gone.
    ///
    /// Further ones count as ``others``.
    private static let maximumCauses = 32
    private static let maximumNamed = 100
    private static let others = "other causes"

    package private(set) var count = 0
    /// How many data keys did not move; the catalogue key is not among them.
    private(set) var dataKeys = 0
    /// How many did not move because the key service was not available.
    private(set) var unavailable = 0
    /// How many did not move for each cause.
    package private(set) var causes: [String: Int] = [:]
    /// The first failures, at most ``maximumNamed``.
    package private(set) var named: [Failure] = []

    mutating func add(catalogueKey cause: RewrapFailureCause) { add("the catalogue key", cause) }

    mutating func add(_ id: DataKeyID, _ cause: RewrapFailureCause) {
        dataKeys += 1
        add("data key \(id.rawValue)", cause)
    }

    private mutating func add(_ what: String, _ cause: RewrapFailureCause) {
        if cause.isUnavailable { unavailable += 1 }
        let cause = cause.description
        count += 1
        causes[causes[cause] != nil || causes.count < Self.maximumCauses ? cause : Self.others, default: 0] += 1
        if named.count < Self.maximumNamed { named.append(Failure(what: what, cause: cause)) }
    }
}

/// Why a data key was not wrapped anew.
enum RewrapFailureCause: Sendable, CustomStringConvertible {
    case keyService(KeyServiceError)
    /// The data key's row in the catalogue is damaged.
    case damaged

    var isUnavailable: Bool {
        if case .keyService(.unavailable) = self { return true }
        return false
    }

    var description: String {
        switch self {
        case .keyService(let error): error.description
        case .damaged: "damaged at rest"
        }
    }
}
