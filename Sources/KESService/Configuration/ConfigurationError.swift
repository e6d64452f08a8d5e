/// Why a configuration is refused, in the words that the operator reads.
///
/// A value that came from the environment, and a secret, is never part of it.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }

    /// What does not hold for one part of the file: `kesconf: invalid fs keystore: no path specified`.
    static func invalid(_ part: String, _ reason: String) -> ConfigurationError {
        ConfigurationError("kesconf: invalid \(part): \(reason)")
    }

    /// What the YAML itself has wrong, or a value of the wrong kind.
    static func yaml(line: Int, _ reason: String) -> ConfigurationError {
        ConfigurationError("yaml: line \(line): \(reason)")
    }
}
