import Notation
import S3Protocol

/// Which operation a request is, by its method and path.
enum AdminRoute {
    static let prefixes: [StaticString] = ["/minio/kms/", "/minio/admin/"]

    struct Match {
        let operation: any AdminOperation.Type
        /// What stands for the components in braces, decoded.
        let values: [String: String]
    }

    /// A route with components in braces.
    private struct Pattern {
        let method: String
        let components: [Substring]
        let operation: any AdminOperation.Type

        func match(_ method: String, _ path: [Substring]) -> [String: String]? {
            guard method == self.method, path.count == components.count else { return nil }
            var values: [String: String] = [:]
            for (component, text) in zip(components, path) {
                if component.hasPrefix("{") {
                    guard !text.isEmpty, let value = try? PercentEncoding.decode(text) else { return nil }
                    values[String(component.dropFirst().dropLast())] = value
                } else if component != text {
                    return nil
                }
            }
            return values
        }
    }

    private static let (exact, patterns): ([String: any AdminOperation.Type], [Pattern]) = {
        var exact: [String: any AdminOperation.Type] = [:]
        var patterns: [Pattern] = []
        for operation in AdminOperations.all {
            for route in operation.routes {
                let parts = route.split(separator: " ", maxSplits: 1)
                if route.contains("{"), let method = parts.first, let path = parts.last {
                    patterns.append(
                        Pattern(method: String(method), components: components(path), operation: operation))
                } else {
                    exact[route] = operation
                }
            }
        }
        return (exact, patterns)
    }()

    /// - Throws: what MinIO answers where it has no such endpoint.
    static func match(method: String, path: String) throws(S3Error) -> Match {
        if let operation = exact["\(method) \(path)"] { return Match(operation: operation, values: [:]) }
        let components = components(Substring(path))
        for pattern in patterns {
            if let values = pattern.match(method, components) {
                return Match(operation: pattern.operation, values: values)
            }
        }
        guard path.hasPrefix("/minio/admin/") else { throw S3Error(.badRequest) }
        throw S3Error(.xMinioAdminVersionMismatch, message(forUnknown: path))
    }

    private static func components(_ path: Substring) -> [Substring] {
        path.split(separator: "/", omittingEmptySubsequences: false)
    }

    private static func message(forUnknown path: String) -> String {
        let version = path.dropFirst("/minio/admin/".count).prefix { $0 != "/" }
        return switch version {
        case "v1", "v2": "The version \(version) of the 'admin' API is too old. Please upgrade the client."
        case "v3": "This 'admin' API is not supported by server in 'mode-server-xl-single'"
        default: "The version \(version) of the 'admin' API is not known. Please downgrade the client."
        }
    }
}
