/// What a vault answers who comes without a token: which tokens it takes, and where they are given out.
///
/// Sovereign clouds have other addresses, so nothing of this is fixed. `WWW-Authenticate: Bearer
/// authorization="https://login.microsoftonline.com/TENANT", resource="https://vault.azure.net"`.
package struct AzureChallenge: Sendable, Hashable {
    /// The host that gives out tokens, as a URL without a path.
    package let authority: String
    /// What tokens are asked for, as in `https://vault.azure.net`.
    package let resource: String

    /// `nil` when the header is not such a challenge.
    package init?(header: String) {
        let scheme = "bearer "
        guard header.lowercased().hasPrefix(scheme) else { return nil }
        var parameters: [String: String] = [:]
        for part in header.dropFirst(scheme.count).split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { continue }
            let trimmed = pair.map { $0.drop { $0 == " " } }
            parameters[trimmed[0].lowercased()] = trimmed[1].filter { $0 != "\"" && $0 != " " }
        }
        guard let authorization = parameters["authorization"] ?? parameters["authorization_uri"],
            let (host, _) = AzureEndpoint.split(authorization),
            var resource = parameters["resource"] ?? parameters["scope"]
        else { return nil }
        if resource.hasSuffix("/.default") { resource.removeLast("/.default".count) }
        while resource.hasSuffix("/") { resource.removeLast() }
        guard AzureEndpoint.split(resource) != nil else { return nil }
        authority = "https://\(host)"
        self.resource = resource
    }

    /// Whether secrets may be shown to the authority because a vault says so: it is one of Microsoft's.
    package var namesKnownAuthority: Bool {
        Self.knownAuthorities.contains(String(authority.dropFirst("https://".count)))
    }

    private static let knownAuthorities: Set = [
        "login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "login.microsoftonline.us",
        "login.chinacloudapi.cn", "login.partner.microsoftonline.cn", "login.microsoftonline.de",
    ]
}
