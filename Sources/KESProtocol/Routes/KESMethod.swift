/// The methods that routes are declared with.
package enum KESMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"

    /// Whether a request with the method `name` is meant; what is declared PUT takes POST as well.
    package func accepts(_ name: String) -> Bool {
        name == rawValue || self == .put && name == "POST"
    }
}
