/// The methods that are known: those of HTTP, WebDAV and UPnP that the registry of methods lists and that open no tunnel.
///
/// What a handler does with them is its own affair; all others are answered with 501.
enum RequestMethod {
    /// The method's name, if it is known; names are compared with regard to case.
    static func named(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard let key = Key(bytes) else { return nil }
        for known in table where known.key == key { return known.name }
        return nil
    }

    /// Up to 16 bytes of a name.
    private struct Key: Equatable {
        var low: UInt64 = 0
        var high: UInt64 = 0

        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count <= 16 else { return nil }
            for (index, byte) in bytes.enumerated() {
                if index < 8 { low = low << 8 | UInt64(byte) } else { high = high << 8 | UInt64(byte) }
            }
        }
    }

    private static let table: [(key: Key, name: String)] = [
        "GET", "PUT", "HEAD", "POST", "DELETE", "OPTIONS", "PATCH", "TRACE", "ACL", "BIND", "CHECKOUT", "COPY", "LINK",
        "LOCK", "M-SEARCH", "MERGE", "MKACTIVITY", "MKCALENDAR", "MKCOL", "MOVE", "NOTIFY", "PROPFIND", "PROPPATCH",
        "PURGE", "REBIND", "REPORT", "SEARCH", "SUBSCRIBE", "UNBIND", "UNLINK", "UNLOCK", "UNSUBSCRIBE",
    ].compactMap { name in Array(name.utf8).withUnsafeBytes { Key($0) }.map { ($0, name) } }
}
