package import KESProtocol
package import KeyStores

/// What a configuration file says, checked.
package struct KESConfiguration: Sendable {
    /// Where to listen; `nil` when the file leaves it to the default, ``defaultAddress``.
    package var address: String?
    /// The identity that may do everything; a text that is no digest, such as `disabled`, is nobody's.
    package var admin: String
    package var tls: TLS
    /// Policies in the order of the file.
    package var policies: [Policy]
    package var cache = Cache()
    package var api: [KESRoute: API] = [:]
    package var log = Log()
    /// Keys to be made before serving, in the order of the file.
    package var keys: [KeyName] = []
    package var keyStore: KeyStoreConfiguration
    /// A second listener for probes without certificates.
    package var healthAddress: String?
    /// Warnings about settings that were accepted all the same, each with its line.
    package var warnings: [String] = []

    package static let defaultAddress = "0.0.0.0:7373"

    /// A configuration with the defaults.
    package init(admin: String, tls: TLS, keyStore: KeyStoreConfiguration) {
        self.admin = admin
        self.tls = tls
        self.keyStore = keyStore
        policies = []
    }

    /// Whether some call works without a client's certificate.
    package var allowsAnonymousCalls: Bool { api.values.contains(where: \.skipsAuthentication) }

    package struct TLS: Sendable {
        /// A PEM file, from the working directory unless it is absolute; so are the others.
        package var key: String
        package var certificate: String
        package var password: SecretText?
        /// Whether clients' certificates are verified.
        package var isVerifying = false
        /// A PEM file, or a directory of them, whose certificates are trusted beside the system's.
        package var authorities: String?
        package var proxies: [Identity] = []
        package var proxyHeader = "X-Tls-Client-Cert"

        package init(key: String, certificate: String) {
            self.key = key
            self.certificate = certificate
        }
    }

    package struct Policy: Sendable {
        package var name: PolicyName
        package var allow: [String] = []
        package var deny: [String] = []
        package var identities: [Identity] = []

        package init(name: PolicyName, allow: [String] = [], deny: [String] = [], identities: [Identity] = []) {
            self.name = name
            self.allow = allow
            self.deny = deny
            self.identities = identities
        }
    }

    package struct Cache: Sendable, Hashable {
        /// Every key is read again after so long.
        package var any: Duration = .seconds(300)
        /// A key that nobody asks for is dropped after so long.
        package var unused: Duration = .seconds(30)
        /// While the key store cannot be reached keys are served for so long; zero: they are not.
        package var offline: Duration = .zero

        package init() {}
    }

    package struct API: Sendable, Hashable {
        /// Whether the call needs no policy, and no certificate.
        package var skipsAuthentication = false
        /// `nil`: the call's own.
        package var timeout: Duration?

        package init(skipsAuthentication: Bool = false, timeout: Duration? = nil) {
            self.skipsAuthentication = skipsAuthentication
            self.timeout = timeout
        }
    }

    package struct Log: Sendable, Hashable {
        package var error: KESLogLevel
        package var audit: KESLogLevel

        package init(error: KESLogLevel = .info, audit: KESLogLevel = .info) {
            self.error = error
            self.audit = audit
        }
    }
}

/// From which level on events are written.
package struct KESLogLevel: RawRepresentable, Sendable, Hashable, Comparable, CustomStringConvertible {
    package let rawValue: Int

    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let debug = KESLogLevel(rawValue: -4)
    package static let info = KESLogLevel(rawValue: 0)
    package static let warning = KESLogLevel(rawValue: 4)
    package static let error = KESLogLevel(rawValue: 8)
    /// No event has this level: nothing is logged.
    package static let off = KESLogLevel(rawValue: 9)

    private static let names: [(name: String, level: KESLogLevel)] = [
        ("DEBUG", .debug), ("INFO", .info), ("WARN", .warning), ("ERROR", .error),
    ]

    /// A name with or without a difference (`INFO`, `warn+2`), a number, `on` or `off`, in any case; empty is `INFO`.
    package init?(_ text: String) {
        let text = text.trimmed.uppercased()
        switch text {
        case "", "ON": self = .info
        case "OFF": self = .off
        default:
            if let number = Int(text), (-1000...1000).contains(number) {
                self.init(rawValue: number)
                return
            }
            for (name, level) in Self.names where text.hasPrefix(name) {
                let difference = text.dropFirst(name.count)
                guard !difference.isEmpty else {
                    self = level
                    return
                }
                guard difference.hasPrefix("+") || difference.hasPrefix("-"), let number = Int(difference),
                    (-1000...1000).contains(number)
                else { return nil }
                self.init(rawValue: level.rawValue + number)
                return
            }
            return nil
        }
    }

    package static func < (a: KESLogLevel, b: KESLogLevel) -> Bool { a.rawValue < b.rawValue }

    /// `INFO`, or the nearest name below with what is added to it.
    package var description: String {
        let base = Self.names.last { $0.level <= self } ?? Self.names[0]
        let difference = rawValue - base.level.rawValue
        return difference == 0 ? base.name : base.name + (difference > 0 ? "+\(difference)" : "\(difference)")
    }
}
