import S3Protocol

/// Which operation a request is: its method and path, exactly.
enum AdminRoute {
    static let prefixes: [StaticString] = ["/minio/kms/", "/minio/admin/"]

    private static let operations: [String: any AdminOperation.Type] = {
        var table: [String: any AdminOperation.Type] = [:]
        for operation in AdminOperations.all {
            for route in operation.routes { table[route] = operation }
        }
        return table
    }()

    /// - Throws: what MinIO answers where it has no such endpoint.
    static func operation(method: String, path: String) throws(S3Error) -> any AdminOperation.Type {
        if let operation = operations["\(method) \(path)"] { return operation }
        guard path.hasPrefix("/minio/admin/") else { throw S3Error(.badRequest) }
        throw S3Error(
            .xMinioAdminVersionMismatch, "This 'admin' API is not supported by server in 'mode-server-xl-single'")
    }
}

/// All of them; a new one is a file and a line here.
enum AdminOperations {
    static let all: [any AdminOperation.Type] = [
        CreateKey.self, ListKeys.self, KeyStatus.self, KeyServiceState.self, KMSVersion.self, ListKMSAPIs.self,
        ListDataKeys.self, RewrapDataKeys.self,
    ]
}
