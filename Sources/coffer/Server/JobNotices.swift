import Glibc
import HTTPClient
import Maintenance

/// Tells webhooks of the ends of batch jobs.
struct JobNotices: Sendable {
    private let client: HTTPClient

    struct NotTaken: Error, CustomStringConvertible {
        let description: String
    }

    /// - Parameter authorities: a directory of certificates that webhooks' may be issued by; it may be missing.
    init(authorities: String) throws(StartFailure) {
        var transport = HTTPClientConfiguration()
        if access(authorities, F_OK) == 0 { transport.caPaths = [authorities] }
        transport.maxConnections = 1
        do {
            client = try HTTPClient(transport)
        } catch {
            throw StartFailure("\(authorities): \(error)")
        }
    }

    /// - Parameter document: JSON.
    /// - Throws: when it is not answered with 2xx.
    func send(_ document: [UInt8], to notice: JobNotice) async throws {
        var request = HTTPClientRequest(.post, notice.endpoint)
        request.body = document
        request.headers = [("content-type", "application/json")]
        if let token = notice.token { request.headers.append(("authorization", token)) }
        let answer = try await client.send(request)
        guard (200..<300).contains(answer.status) else { throw NotTaken(description: "answered \(answer.status)") }
    }
}
