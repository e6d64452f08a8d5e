/// Why a text is no policy, for its author: it names the element, action, operator or key that is wrong.
package struct PolicyMalformed: Error, Hashable, CustomStringConvertible {
    /// What clients of the administration are told apart.
    package enum Fault: Hashable, Sendable {
        case missingVersion, missingStatement
        case other
    }

    package let description: String
    package let fault: Fault

    package init(_ description: String, _ fault: Fault = .other) {
        self.description = description
        self.fault = fault
    }
}
