import KESProtocol
import Notation

/// What a request's target means, before anything else of the request is looked at.
package enum RequestPath {
    /// A call, with what follows its path; both percent-decoded.
    case call(Route, path: String, argument: String)
    /// The target without empty parts, `.` and `..`: the client has to ask for that itself.
    case redirect(String)
    /// No route has this path.
    case unknown
    /// The target is no path, or an escape in it is none.
    case malformed

    package init(target: String) {
        let (path, query) = Self.split(target)
        let scan = Scan(path)
        if scan.mayNeedCleaning {
            let clean = Self.clean(path)
            guard clean.utf8.elementsEqual(path.utf8) else {
                self = .redirect((RouteTable.route(withoutSlash: clean)?.name.path ?? clean) + query)
                return
            }
        }
        if scan.hasEscapes {
            self = Self.decoded(path, query: query)
        } else if let (route, argument) = Self.route(path) {
            self = .call(route, path: String(path), argument: String(argument))
        } else {
            self = Self.unended(String(path), query: query)
        }
    }

    /// What a path means that lacks the slash before an argument.
    private static func unended(_ path: String, query: String) -> RequestPath {
        guard let route = RouteTable.route(withoutSlash: path) else { return .unknown }
        // Go clients ask so for an empty pattern, and other servers send them on to the path with its slash.
        let whole = route.name.path
        return route.takesNoArgument ? .call(route, path: whole, argument: "") : .redirect(whole + query)
    }

    private static func decoded(_ path: Substring, query: String) -> RequestPath {
        // An encoded slash is no border between the parts of a route, so those are looked at one by one.
        let deepPath = RouteTable.deepPaths.first { path.utf8.starts(with: $0.utf8) }
        let maxSplits = deepPath.map(RouteTable.slashCount) ?? RouteTable.usualSlashCount
        let parts = path.utf8.split(
            separator: UInt8(ascii: "/"), maxSplits: maxSplits, omittingEmptySubsequences: false)
        var decoded: [String] = []
        for part in parts {
            guard let part = decode(String(Substring(part)), plus: .literal) else { return .malformed }
            decoded.append(part)
        }
        let hasEncodedSlash = decoded.prefix(maxSplits).contains { $0.utf8.contains(UInt8(ascii: "/")) }
        guard !hasEncodedSlash else { return .unknown }
        let whole = decoded.joined(separator: "/")
        if decoded.count > maxSplits, let route = RouteTable.route(decoded.dropLast().joined(separator: "/") + "/") {
            return .call(route, path: whole, argument: decoded[maxSplits])
        }
        return RouteTable.route(whole).map { .call($0, path: whole, argument: "") } ?? unended(whole, query: query)
    }

    /// One look at a path, for what most do not have.
    private struct Scan {
        var hasEscapes = false
        var mayNeedCleaning: Bool

        init(_ path: Substring) {
            let (slash, dot) = (UInt8(ascii: "/"), UInt8(ascii: "."))
            mayNeedCleaning = path.utf8.first != slash
            var previous: UInt8 = 0
            for byte in path.utf8 {
                if byte == UInt8(ascii: "%") { hasEscapes = true }
                if previous == slash, byte == slash || byte == dot { mayNeedCleaning = true }
                previous = byte
            }
        }
    }

    // MARK: Routes

    /// The route, by its whole path or by the first parts of it, and what follows.
    private static func route(_ path: Substring) -> (Route, Substring)? {
        var slashes = 0
        var index = path.utf8.startIndex
        while index < path.utf8.endIndex {
            let isSlash = path.utf8[index] == UInt8(ascii: "/")
            index = path.utf8.index(after: index)
            guard isSlash else { continue }
            slashes += 1
            guard slashes <= RouteTable.maximumSlashCount else { break }
            guard RouteTable.slashCounts.contains(slashes) else { continue }
            if let route = RouteTable.route(String(path[..<index])) { return (route, path[index...]) }
        }
        guard let route = RouteTable.route(String(path)) else { return nil }
        return (route, "")
    }

    // MARK: Text

    /// The path and, with its question mark, the query.
    private static func split(_ target: String) -> (Substring, String) {
        var rest = target[...]
        if rest.utf8.first != UInt8(ascii: "/"), let scheme = rest.firstRange(of: "://") {
            let authority = rest[scheme.upperBound...]
            rest = authority.utf8.firstIndex(of: UInt8(ascii: "/")).map { authority[$0...] } ?? "/"
        }
        guard let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) else { return (rest, "") }
        return (rest[..<mark], String(rest[mark...]))
    }

    /// Without empty parts, `.` and `..`; a slash at the end stays.
    private static func clean(_ path: Substring) -> String {
        var parts: [Substring] = []
        for part in path.utf8.split(separator: UInt8(ascii: "/")).map({ Substring($0) }) {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        let text = "/" + parts.joined(separator: "/")
        return path.utf8.last == UInt8(ascii: "/") && !parts.isEmpty ? text + "/" : text
    }

    /// The text that percent-encoding stands for; `nil` where a percent sign is not followed by two digits.
    ///
    /// Bytes that are not UTF-8 become replacement characters, which no name has.
    static func decode(_ text: String, plus: PercentEncoding.Plus) -> String? {
        PercentEncoding.decode(text.utf8, plus: plus).map { String(decoding: $0, as: UTF8.self) }
    }
}
