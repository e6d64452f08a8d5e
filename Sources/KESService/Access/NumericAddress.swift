import Glibc

/// Addresses as proxies write them.
enum NumericAddress {
    /// The address in `text`, an IPv4 or IPv6 address with or without a port; `nil` for anything else.
    static func withoutPort(_ text: String) -> String? {
        if isAddress(text) { return text }
        var host = text[...]
        if let colon = host.lastIndex(of: ":") { host = host[..<colon] }
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        return isAddress(String(host)) ? String(host) : nil
    }

    private static func isAddress(_ text: String) -> Bool {
        var address = in6_addr()
        return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1
    }
}
