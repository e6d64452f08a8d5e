import ArgumentParser

/// What the requests of a load do.
enum Operation: String, ExpressibleByArgument, CaseIterable, Codable, Sendable {
    case put, get
    /// GET of 64 KiB, or of half an object that is smaller, at a place that changes.
    case range
    case head, list, delete
    /// DeleteObjects of 100 keys.
    case deleteMany = "delete-many"
    /// CopyObject under the same key.
    case copy
    /// Of twenty requests nine GET, six HEAD, three PUT, two DELETE: the mix of MinIO's `warp`.
    case mixed

    /// Whether there must be objects before the clock starts.
    var readsObjects: Bool {
        switch self {
        case .put, .delete, .deleteMany: false
        case .get, .range, .head, .list, .copy, .mixed: true
        }
    }

    /// Whether each round consumes objects of its own, which are there before its clock starts.
    var removesObjects: Bool {
        switch self {
        case .delete, .deleteMany: true
        case .put, .get, .range, .head, .list, .copy, .mixed: false
        }
    }

    var title: String {
        switch self {
        case .put, .get, .head, .delete, .copy: rawValue.uppercased()
        case .range: "GET of a range of"
        case .list: "LIST of 1000,"
        case .deleteMany: "DeleteObjects of 100,"
        case .mixed: "mix 45/30/15/10"
        }
    }
}

/// The encryption a PUT asks for.
enum SSEKind: String, ExpressibleByArgument, CaseIterable, Codable, Sendable {
    /// No header: the server's own default.
    case none
    case s3, kms
    /// The client's key, on every request; servers take it over TLS only.
    case c

    /// Headers of a request that writes an object.
    var uploadHeaders: [(name: String, value: String)] {
        switch self {
        case .none: []
        case .s3: [("x-amz-server-side-encryption", "AES256")]
        case .kms: [("x-amz-server-side-encryption", "aws:kms")]
        case .c: CustomerKeyHeaders.all
        }
    }

    /// Headers of a request that reads one.
    var readHeaders: [(name: String, value: String)] {
        switch self {
        case .none, .s3, .kms: []
        case .c: CustomerKeyHeaders.all
        }
    }
}
