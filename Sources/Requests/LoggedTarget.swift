/// A request target as logs may show it: without the query of a presigned request.
package struct LoggedTarget: CustomStringConvertible {
    package let description: String

    package init(_ target: String) {
        guard let mark = target.firstIndex(of: "?") else {
            description = target
            return
        }
        let query = target[target.index(after: mark)...].split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            return Self.shown.contains(name.lowercased()) ? String(pair) : "\(name)=…"
        }
        description = target[..<mark] + "?" + query.joined(separator: "&")
    }

    /// Values that help and cannot be secret.
    private static let shown: Set<String> = [
        "list-type", "prefix", "delimiter", "max-keys", "partnumber", "uploadid", "versionid", "encoding-type", "x-id",
    ]
}
