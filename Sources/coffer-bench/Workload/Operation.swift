import ArgumentParser

/// What the requests of a load do.
enum Operation: String, ExpressibleByArgument, CaseIterable, Codable, Sendable {
    case put, get, head, list
    /// Of ten requests six GET, two PUT, one HEAD, one LIST of 100 keys.
    case mixed

    /// Whether there must be objects before the clock starts.
    var readsObjects: Bool {
        switch self {
        case .put: false
        case .get, .head, .list, .mixed: true
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
