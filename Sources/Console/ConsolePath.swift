import Notation

/// What an address of the console leads to.
enum ConsolePath: Equatable {
    /// The page itself.
    case page
    /// A part of it: `HASH/NAME`.
    case file(String)
    /// A call, by its name.
    case call(String)
    /// Somewhere else, by a relative address.
    case redirect(String)

    /// - Parameters:
    ///   - target: path and query as they came.
    ///   - publicPath: the path under which browsers find the console, with a slash at both ends; a proxy has removed it,
    ///     or not.
    init(_ target: String, under publicPath: String) {
        let whole = target.prefix { $0 != "?" }
        var path = Substring(whole)
        if publicPath != "/" {
            if path + "/" == publicPath {
                // Without the slash at the end, everything relative would be found beside the page.
                let name = path.split(separator: "/").last ?? ""
                self = .redirect("./\(name)/")
                return
            }
            if path.hasPrefix(publicPath) { path = path.dropFirst(publicPath.count - 1) }
        }
        let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch parts.first {
        case nil: self = .page
        case "" where parts.count == 1, "index.html" where parts.count == 1: self = .page
        case "api": self = .call(parts.dropFirst().joined(separator: "/"))
        case "assets": self = .file(parts.dropFirst().joined(separator: "/"))
        default:
            let depth = parts.count - 1
            let up = depth == 0 ? "./" : String(repeating: "../", count: depth)
            self = FormerAddress.route(parts).map { .redirect("\(up)#\($0)") } ?? .file("")
        }
    }
}

/// The addresses of MinIO's console, which people have written down.
enum FormerAddress {
    /// Where in the page what such an address led to is; nil for an address that was none.
    static func route(_ parts: [String]) -> String? {
        let rest = Array(parts.dropFirst())
        switch parts.first {
        case "login": return "/login"
        case "browser":
            guard let bucket = rest.first, !bucket.isEmpty else { return "/buckets" }
            let prefix = rest.dropFirst().joined(separator: "%2F")
            return "/buckets/\(safe(bucket))/objects" + (prefix.isEmpty ? "" : "?prefix=\(safe(prefix))")
        case "buckets":
            guard let bucket = rest.first, !bucket.isEmpty, bucket != "add-bucket" else { return "/buckets" }
            return "/buckets/\(safe(bucket))"
        case "kms": return rest.first == "status" ? "/keys/status" : "/keys"
        case "identity":
            return ["users", "groups"].contains(rest.first ?? "") ? "/identity/\(rest[0])" : "/identity/users"
        case "policies": return "/identity/policies"
        case "access-keys": return "/identity/access-keys"
        case "tools": return "/activity"
        default: return nil
        }
    }

    /// What is escaped stays so; what else could mean something is escaped.
    private static func safe(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: "%") || PercentEncoding.isUnreserved(byte) {
                bytes.append(byte)
            } else {
                PercentEncoding.appendEscape(byte, to: &bytes)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
