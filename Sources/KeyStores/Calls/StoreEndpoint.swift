/// Where a store is, as a configuration spells it: a URL, or a host with or without a port.
enum StoreEndpoint {
    /// The URL, without a slash at its end; `https` unless another scheme is there.
    static func url(_ text: String) -> String {
        var url = text.contains("://") ? text : "https://\(text)"
        while url.hasSuffix("/") { url.removeLast() }
        return url
    }
}
