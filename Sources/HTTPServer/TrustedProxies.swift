package import Notation

/// The peers whose word is taken for who their client is, and the header in which they give it.
///
/// Every proxy appends the address that it has seen itself, so the header is read from its end: what stands before the
/// first address that no trusted proxy has, anybody may have written.
package struct TrustedProxies: Sendable {
    package enum Header: String, Sendable, CaseIterable {
        case xForwardedFor = "x-forwarded-for"
        /// RFC 7239.
        case forwarded
    }

    /// Bytes of the header that are looked at, from its end; further ones are longer than any chain of proxies.
    private static let most = 4096

    private let ranges: [AddressRange]
    /// The one that the proxies write: of another one, a client's own would be passed on.
    private let header: Header

    package init(_ ranges: [AddressRange], header: Header) {
        self.ranges = ranges
        self.header = header
    }

    /// - Parameter address: numeric.
    package func trusts(_ address: String) -> Bool { AddressRange(address).map(isTrusted) ?? false }

    private func isTrusted(_ address: AddressRange) -> Bool { ranges.contains { $0.contains(address) } }

    /// The address of a request's client, numeric: the peer's own where the header is missing or no address stands last.
    ///
    /// - Parameter peer: a trusted proxy.
    package func client(of head: RequestHead, behind peer: String) -> String {
        var last = peer
        for value in head.headers(named: header.rawValue).reversed() {
            for element in elements(of: value).reversed() {
                guard let text = address(element), let address = AddressRange(text) else { return last }
                last = text
                guard isTrusted(address) else { return last }
            }
        }
        return last
    }

    // MARK: The headers

    private func elements(of value: String) -> [Substring] {
        let value = value.utf8.count <= Self.most ? value[...] : value.suffix(Self.most)
        switch header {
        case .xForwardedFor: return value.split(separator: ",", omittingEmptySubsequences: false)
        case .forwarded:
            // Within quotation marks a comma is no end.
            var isQuoted = false
            return value.split(omittingEmptySubsequences: false) { character in
                if character == "\"" { isQuoted.toggle() }
                return character == "," && !isQuoted
            }
        }
    }

    private func address(_ element: Substring) -> String? {
        switch header {
        case .xForwardedFor: return Self.host(element.trimmed)
        case .forwarded:
            for pair in element.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[0].trimmed.lowercased() == "for" else { continue }
                var value = parts[1].trimmed
                if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") {
                    value = value.dropFirst().dropLast()
                }
                return Self.host(value)
            }
            return nil
        }
    }

    /// A node's numeric address without its port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
    private static func host(_ node: Substring) -> String? {
        var host = node
        if node.hasPrefix("[") {
            guard let end = node.firstIndex(of: "]") else { return nil }
            guard isPort(node[node.index(after: end)...]) else { return nil }
            host = node[node.index(after: node.startIndex)..<end]
        } else if node.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1, let colon = node.firstIndex(of: ":") {
            guard isPort(node[colon...]) else { return nil }
            host = node[..<colon]
        }
        // A range is no address.
        guard !host.contains("/") else { return nil }
        return String(host)
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.isEmpty || text.hasPrefix(":") && UInt16(text.dropFirst()) != nil
    }
}

extension Substring {
    /// Without blanks at its ends.
    fileprivate var trimmed: Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text = text.dropFirst() }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return text
    }
}
