import HTTPServer
package import SealedStorage

/// What an operation answers.
///
/// The service adds the headers that every answer carries.
package struct S3Response: Sendable {
    package enum Body: Sendable {
        case empty
        case xml([UInt8])
        case json([UInt8])
        /// A HEAD answer: the length that a GET would have, and no bytes.
        case described(length: Int64)
        /// The bytes of an object, or of a slice of it, opened package by package.
        case object(ObjectBody)
        /// What happens, for as long as the client stays.
        case events(EventStream)
    }

    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: Body

    package init(status: Int = 200, headers: [(name: String, value: String)] = [], body: Body = .empty) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// Whether it is so long that it takes a share of the memory for bodies.
    var isLong: Bool {
        switch body {
        case .xml(let document), .json(let document): document.count > ResponseWriter.smallestBlockBytes
        case .empty, .described, .object, .events: false
        }
    }

    static func xml(_ document: [UInt8], headers: [(name: String, value: String)] = []) -> S3Response {
        S3Response(headers: headers, body: .xml(document))
    }

    static let noContent = S3Response(status: 204)
}
