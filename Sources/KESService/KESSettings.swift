package import KESProtocol

/// What requests are answered by: one immutable value, replaced as a whole when the configuration changes.
package struct KESSettings: Sendable {
    /// May be a text that is nobody's identity.
    package var admin: String
    package var policies: [KESConfiguration.Policy]
    package var apis: [KESRoute: KESConfiguration.API]
    package var log: KESConfiguration.Log
    /// `nil`: no proxy may speak for clients.
    package var proxy: TLSProxy?
    package var vault: KeyVault
    /// When the server's certificate ends, in seconds since 1970, for the metrics.
    package var certificateEnd: @Sendable () -> Int64?
    /// Tell of a key store that does not answer as KES does, which its own client takes for an error.
    package var reportsStatusAsKES: Bool
    /// Whether the key store is a Vault, whose token's life has a metric of its own.
    package var storeIsVault: Bool

    package init(
        admin: String, policies: [KESConfiguration.Policy] = [], apis: [KESRoute: KESConfiguration.API] = [:],
        log: KESConfiguration.Log = .init(), proxy: TLSProxy? = nil, vault: KeyVault,
        certificateEnd: @escaping @Sendable () -> Int64? = { nil }, reportsStatusAsKES: Bool = false,
        storeIsVault: Bool = false
    ) {
        self.admin = admin
        self.policies = policies
        self.apis = apis
        self.log = log
        self.proxy = proxy
        self.vault = vault
        self.certificateEnd = certificateEnd
        self.reportsStatusAsKES = reportsStatusAsKES
        self.storeIsVault = storeIsVault
    }
}

/// Settings in the form that requests need, made once.
final class ServiceState: Sendable {
    let settings: KESSettings
    let access: AccessTable

    init(_ settings: KESSettings) {
        self.settings = settings
        access = AccessTable(admin: settings.admin, policies: settings.policies)
    }

    var vault: KeyVault { settings.vault }

    func skipsAuthentication(_ route: Route) -> Bool {
        !settings.apis.isEmpty && settings.apis[route.name]?.skipsAuthentication == true
    }

    /// How long the route's answer may take: as configured, else the route's own limit; zero for no limit.
    func timeout(_ route: Route) -> Duration {
        guard !settings.apis.isEmpty, let own = settings.apis[route.name]?.timeout, own > .zero else {
            return route.timeout
        }
        return own
    }
}
