import KESProtocol
import KESService

/// A configuration with nothing in it but what has to be there, and the lines a test adds.
enum ConfigurationFixture {
    static let admin = "3ecfcdf38fcbe141ae26a1030f81e96b753365a46760ae6b578698a97c59fd22"
    static let other = "a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5"

    static let adminLines = "admin:\n  identity: \(admin)\n"
    static let tlsLines = "tls:\n  key: ./private.key\n  cert: ./public.crt\n"
    static let storeLines = "keystore:\n  fs:\n    path: ./keys\n"

    static func parse(_ text: String, environment: [String: String] = [:]) throws(ConfigurationError)
        -> KESConfiguration
    {
        try KESConfiguration.parse(text, environment: environment)
    }

    /// The smallest configuration, followed by `lines`.
    static func with(_ lines: String, environment: [String: String] = [:]) throws(ConfigurationError)
        -> KESConfiguration
    {
        try parse(adminLines + tlsLines + storeLines + lines, environment: environment)
    }

    /// The smallest configuration with another section `tls`.
    static func withTLS(_ lines: String, environment: [String: String] = [:]) throws(ConfigurationError)
        -> KESConfiguration
    {
        try parse(adminLines + storeLines + "tls:\n" + lines, environment: environment)
    }

    /// The smallest configuration with another section `keystore`.
    static func withStore(_ lines: String, environment: [String: String] = [:]) throws(ConfigurationError)
        -> KESConfiguration
    {
        try parse(adminLines + tlsLines + "keystore:\n" + lines, environment: environment)
    }

    /// What a configuration is refused with, or a text that says that it is not.
    static func refusal(_ body: () throws -> KESConfiguration) -> String {
        do {
            _ = try body()
            return "accepted"
        } catch {
            return "\(error)"
        }
    }
}
