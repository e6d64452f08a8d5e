/// Decides whether a principal may do what a request demands: the one place that does.
///
/// There are no policies yet: root may do everything, anonymous callers nothing.
package struct Authoriser: Sendable {
    package init() {}

    package func allows(_ principal: Principal, _ demand: Demand) -> Bool {
        switch principal {
        case .root: true
        case .anonymous: false
        }
    }

    /// False for whom every demand would be refused: such a request need not be read any further.
    package func mayDoAnything(_ principal: Principal) -> Bool {
        switch principal {
        case .root: true
        case .anonymous: false
        }
    }

    /// Whether the principal may do all of it; what demands nothing is refused like what is not allowed.
    package func allows(_ principal: Principal, _ demands: [Demand]) -> Bool {
        !demands.isEmpty && demands.allSatisfy { allows(principal, $0) }
    }
}
