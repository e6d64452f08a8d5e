package import HTTPClient
package import KESProtocol

/// Why a call to a key server brought no result.
package enum KESClientError: Error, Hashable, CustomStringConvertible {
    /// An endpoint, certificate or key that cannot be used; the text names it.
    case configuration(String)
    /// A server's answer that says no.
    case fault(KESFault)
    /// No server gave an answer; of several, the last that was asked.
    case connection(HTTPClientError, endpoint: String)
    /// An answer that is not what the API promises.
    case invalidResponse(String)
    case cancelled

    package var description: String {
        switch self {
        case .configuration(let reason), .invalidResponse(let reason): reason
        case .fault(let fault): fault.message
        case .connection(let error, _): "kes: connection error: \(error)"
        case .cancelled: "cancelled"
        }
    }

    /// The same with the server it came from, for logs.
    package var detail: String {
        switch self {
        case .configuration, .invalidResponse, .cancelled: description
        case .fault(let fault): "\(fault.status) \(fault.message)"
        case .connection(let error, let endpoint): "\(endpoint): \(error)"
        }
    }
}
