/// Why a text is no policy, for its author: it names the element, action, operator or key that is wrong.
package struct PolicyMalformed: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
