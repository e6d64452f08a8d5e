/// What a browser says of a request that a page of another origin makes, or is about to make.
package struct CrossOriginRequest: Sendable {
    /// The page's scheme, host and port, as the browser sends them.
    package let origin: String
    package let method: CORSRule.Method
    /// Names of the headers that the page wants to send, in lower case; of a preflight request alone.
    package let headers: [String]
    package let isPreflight: Bool

    /// More headers than a page sends; every one is compared with every pattern of a rule.
    static let maximumHeaders = 256

    /// An answer to one origin must not be given to another by a cache.
    static let vary = (
        name: "vary", value: "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
    )

    /// Reads a preflight request.
    ///
    /// - Throws: `badRequest` (400) without an origin, and for a method or header that could be none.
    package init(preflight headers: [(name: String, value: String)]) throws(S3Error) {
        guard let origin = headers.firstValue(of: "origin"), !origin.isEmpty else {
            throw S3Error(.badRequest, "Insufficient information. Origin request header needed.")
        }
        let method = headers.firstValue(of: "access-control-request-method")
        guard let known = method.flatMap(CORSRule.Method.init(rawValue:)) else {
            throw S3Error(.badRequest, "Invalid Access-Control-Request-Method: \(method ?? "null")")
        }
        var wanted: [String] = []
        for (name, value) in headers where name == "access-control-request-headers" {
            for header in value.split(separator: ",") {
                let header = header.trimmed
                guard !header.isEmpty else { continue }
                guard Self.isToken(header), wanted.count < Self.maximumHeaders else {
                    throw S3Error(.badRequest, "Invalid Access-Control-Request-Headers")
                }
                wanted.append(header.lowercased())
            }
        }
        self.origin = origin
        self.method = known
        self.headers = wanted
        isPreflight = true
    }

    /// A request that is made; nil when its method is none that rules know.
    ///
    /// - Parameter headers: a method named there as for a preflight request counts instead of the request's own, as on AWS.
    package init?(origin: String, method: String, headers: [(name: String, value: String)]) {
        let named = headers.firstValue(of: "access-control-request-method")
        guard !origin.isEmpty, let method = CORSRule.Method(rawValue: named ?? method) else { return nil }
        self.origin = origin
        self.method = method
        self.headers = []
        isPreflight = false
    }

    /// Whether it is a name that a header can have (RFC 9110, section 5.6.2), or a pattern of one.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
