/// Why bytes are not the JSON that was expected; for logs, never for clients.
///
/// It quotes nothing of what was read, which may be secret.
package struct JSONError: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
