import HTTPClient
import KESProtocol

extension KESClient {
    package enum LogKind: Sendable {
        case audit
        case error

        fileprivate var route: KESRoute {
            switch self {
            case .audit: .auditLog
            case .error: .errorLog
            }
        }
    }

    /// The server's events from now on, from the first server that gives them.
    package func log(_ kind: LogKind) async throws(KESClientError) -> KESLogStream {
        var last = KESClientError.invalidResponse("no server was asked")
        for endpoint in endpoints {
            do throws(HTTPClientError) {
                let stream = try await http.open(request(Call(route: kind.route), to: endpoint))
                if stream.status == 200 { return KESLogStream(lines: stream, endpoint: endpoint) }
                last = .fault(try await Self.fault(stream))
            } catch .cancelled {
                throw .cancelled
            } catch {
                last = .connection(error, endpoint: endpoint.url)
            }
            if case .fault(let fault) = last, fault.status < 500 { break }
        }
        throw last
    }

    private static func fault(_ stream: HTTPLineStream) async throws(HTTPClientError) -> KESFault {
        var body: [UInt8] = []
        while body.count < 4096, let line = try await stream.next() { body += line + [UInt8(ascii: "\n")] }
        return KESFault(status: stream.status, body: body)
    }
}

/// Events of a server, one JSON document a line.
package final class KESLogStream: Sendable {
    private let lines: HTTPLineStream
    private let endpoint: KESEndpoint

    init(lines: HTTPLineStream, endpoint: KESEndpoint) {
        self.lines = lines
        self.endpoint = endpoint
    }

    /// The next event; nil when the server ends the stream.
    package func next() async throws(KESClientError) -> [UInt8]? {
        do throws(HTTPClientError) {
            while let line = try await lines.next() {
                if !line.isEmpty { return line }
            }
            return nil
        } catch .cancelled {
            throw .cancelled
        } catch {
            throw .connection(error, endpoint: endpoint.url)
        }
    }
}
