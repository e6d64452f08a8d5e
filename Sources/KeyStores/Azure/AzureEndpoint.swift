/// Where a vault is: the scheme `https`, a host, and a port where it is not 443.
package struct AzureEndpoint: Sendable, Hashable {
    /// In lower case, with its port unless that is 443.
    package let host: String

    var origin: String { "https://\(host)" }

    /// Takes a URL without a path, the scheme may be left out.
    ///
    /// Throws ``KeyStoreError/unavailable(_:)`` for anything else: a token must not go over a connection that is not
    /// encrypted.
    package init(_ text: String) throws(KeyStoreError) {
        let url = text.contains("://") ? text : "https://\(text)"
        guard let (host, path) = Self.split(url), path.isEmpty || path == "/" else {
            throw .unavailable("azure: the endpoint has to be https://HOST or https://HOST:PORT, not '\(text)'")
        }
        self.host = host
    }

    /// The path and query of a link into this vault; `nil` for any other, which must not see a token.
    package func path(of link: String) -> String? {
        guard let (host, path) = Self.split(link), host == self.host, path.hasPrefix("/") else { return nil }
        return path
    }

    /// Whether tokens for `resource`, a URL, are meant for this vault: its host is below the resource's.
    package func belongs(to resource: String) -> Bool {
        guard let (parent, _) = Self.split(resource) else { return false }
        return host.hasSuffix(".\(parent)")
    }

    /// The host of an `https` URL, in lower case and without the port 443, and what follows it.
    static func split(_ url: String) -> (host: String, path: String)? {
        let scheme = "https://"
        guard url.lowercased().hasPrefix(scheme) else { return nil }
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        var host = rest[..<end].lowercased()
        if host.hasSuffix(":443") { host.removeLast(4) }
        let isHost = { (character: Character) in
            character.isASCII && (character.isLetter || character.isNumber || ".-:[]".contains(character))
        }
        guard !host.isEmpty, host.allSatisfy(isHost) else { return nil }
        return (host, String(rest[end...]))
    }
}
