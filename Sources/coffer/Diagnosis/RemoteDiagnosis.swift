import Glibc
import HTTPClient
import Notation
import Requests
import S3Protocol

/// Looks at a server from a client's place: what lies between the two shows from here.
///
/// Nothing is changed on the server.
struct RemoteDiagnosis {
    private let url: String
    private let host: String
    private let http: HTTPClient
    /// `nil` without credentials.
    private let signer: SigV4Signer?

    init(_ url: String, credentials: RootCredentials?, ca: String?, isInsecure: Bool) throws(StartFailure) {
        self.url = url.hasSuffix("/") ? String(url.dropLast()) : url
        host = String(self.url.drop { $0 != ":" }.dropFirst("://".count))
        var configuration = HTTPClientConfiguration()
        configuration.verifiesServer = !isInsecure
        configuration.caPaths = ca.map { [$0] } ?? []
        do {
            http = try HTTPClient(configuration)
        } catch {
            throw StartFailure("\(error)")
        }
        // The region is the server's to say; `us-east-1` is everybody's first guess.
        signer = credentials.map { SigV4Signer(accessKey: $0.accessKey, secretKey: $0.secret, region: "us-east-1") }
    }

    func findings() async -> [Finding] {
        let live: HTTPClientResponse
        do {
            live = try await http.send(request(.get, "/minio/health/live"))
        } catch {
            return [unreachable(error)]
        }
        let name = live.headers["server"] ?? "Coffer"
        guard live.status == 200 else {
            return [
                .wrong(
                    "Server", "\(url) answers \(live.status), and not as this server (\(name))",
                    remedy: "correct the URL, or the proxy's way to the server")
            ]
        }
        var findings: [Finding] = [
            name == "Coffer"
                ? .right("Server", "\(url) answers")
                : .doubtful(
                    "Server", "\(url) answers as \(name)",
                    remedy: "correct the URL, unless that is a proxy that puts its own name in the header")
        ]
        if url.hasPrefix("http://"), !host.hasPrefix("127.0.0.1"), !host.hasPrefix("localhost") {
            findings.append(
                .doubtful(
                    "TLS", "the connection is not encrypted", remedy: "use https: keys of SSE-C are refused without"))
        }
        findings.append(clock(live))
        findings += await readiness()
        findings.append(await signature())
        findings.append(await bodySize())
        findings.append(await buffering())
        return findings
    }

    private func request(_ method: HTTPClientMethod, _ target: String) -> HTTPClientRequest {
        var request = HTTPClientRequest(method, url + target)
        request.wantedHeaders = ["date", "server", "x-amz-request-id", "x-minio-server-status"]
        request.timeout = .seconds(15)
        return request
    }

    private func unreachable(_ error: HTTPClientError) -> Finding {
        let remedy =
            switch error {
            case .unresolvable: "correct the name, or add it to the DNS"
            case .refused, .unreachable, .timedOut: "start the server; check its --address, the port and firewalls"
            case .untrustedServer: "name the authority with --ca, or give the server a certificate for this name"
            case .tlsAlert, .tls: "check that the server speaks TLS here: without certificates it is plain HTTP"
            case .configuration, .invalidRequest, .connectionLost, .responseTooLarge, .cancelled, .overloaded, .other:
                "check that the URL is that of a server, http:// or https://"
            }
        return .wrong("Server", "\(error)", remedy: remedy)
    }

    private func clock(_ response: HTTPClientResponse) -> Finding {
        guard let time = response.headers["date"].flatMap({ HTTPDate.parse($0) }) else {
            return .unknown("Clock", "the server does not tell the time")
        }
        let difference = abs(time - Clock.milliseconds() / 1000)
        let text = "\(difference) s between this machine and the server"
        if difference > SigV4Verifier.allowedSkew {
            return .wrong("Clock", text, remedy: "set the clocks: signatures are refused")
        }
        guard difference > 60 else { return .right("Clock", text) }
        return .doubtful("Clock", text, remedy: "set the clocks: signatures are refused from 15 min on")
    }

    private func readiness() async -> [Finding] {
        do {
            let ready = try await http.send(request(.get, "/minio/health/ready"))
            let cluster = try await http.send(request(.get, "/minio/health/cluster"))
            var findings: [Finding] = []
            if cluster.status == 200 {
                findings.append(.right("Drive", "takes writes"))
            } else {
                findings.append(
                    .wrong(
                        "Drive", "it takes no writes (\(cluster.status))",
                        remedy: "see the server's log, and its drive's space"))
            }
            if ready.status == 200 {
                findings.append(.right("Key service", "answers"))
            } else if cluster.status == 200 {
                findings.append(
                    .wrong(
                        "Key service", "the server gets no data keys (\(ready.status))",
                        remedy: "run coffer-kes doctor on the server"))
            }
            return findings
        } catch {
            return [.wrong("Health", "\(error)", remedy: "let the proxy pass /minio/health/ on")]
        }
    }

    /// Whether what the client signs arrives as it was signed: the name of the host above all.
    private func signature() async -> Finding {
        let subject = "Signature"
        guard let signer else {
            return .unknown(subject, "no credentials: set MINIO_ROOT_USER and MINIO_ROOT_PASSWORD to look at more")
        }
        do {
            var request = request(.get, "/")
            request.headers = try signer.sign(
                method: "GET", target: "/", headers: [("host", host)], payload: .empty, now: Clock.milliseconds() / 1000
            ).headers
            let response = try await http.send(request)
            let text = String(decoding: response.body, as: UTF8.self)
            switch response.status {
            case 200: return .right(subject, "requests arrive as they were signed")
            case 403 where text.contains("SignatureDoesNotMatch"):
                return .wrong(
                    subject, "the server computes another one",
                    remedy:
                        "have the proxy pass the Host header on as it came (nginx: proxy_set_header Host $http_host), "
                        + "leave path and headers alone, and check the secret")
            case 403 where text.contains("InvalidAccessKeyId"):
                return .wrong(
                    subject, "the server does not know the access key", remedy: "use the server's credentials")
            case 403 where text.contains("RequestTimeTooSkewed"):
                return .wrong(subject, "the clocks differ too much", remedy: "set the clocks")
            default: return .doubtful(subject, "ListBuckets: \(response.status)", remedy: "see the server's log")
            }
        } catch {
            return .wrong(subject, "\(error)", remedy: "see the server's log")
        }
    }

    /// Whether a long body reaches the server: many proxies refuse more than a mebibyte.
    private func bodySize() async -> Finding {
        let subject = "Body size"
        // Nobody is asked for anything: it is refused without a look at more than its head.
        var request = request(.put, "/coffer-doctor/nothing")
        request.body = [UInt8](repeating: 0, count: 8 << 20)
        do {
            let response = try await http.send(request)
            guard response.headers["x-amz-request-id"] == nil else {
                return .right(subject, "bodies of 8 MiB are passed on")
            }
            let text = "something between answers \(response.status) to a body of 8 MiB"
            // A proxy whose upstream has answered and closed while it still sends may say that it has failed.
            guard response.status < 500 else { return .unknown(subject, text) }
            return .wrong(
                subject, text, remedy: "let the proxy pass long bodies on (nginx: client_max_body_size 0)")
        } catch .connectionLost {
            return .unknown(subject, "the connection ended early, as it may when a body is refused")
        } catch {
            return .unknown(subject, "\(error)")
        }
    }

    /// Whether what the server sends piece by piece comes piece by piece.
    private func buffering() async -> Finding {
        let subject = "Buffering"
        guard let signer else { return .unknown(subject, "no credentials") }
        let target = "/?events=s3%3AObjectCreated%3A%2A&ping=1"
        do {
            var request = request(.get, target)
            request.headers = try signer.sign(
                method: "GET", target: target, headers: [("host", host)], payload: .empty,
                now: Clock.milliseconds() / 1000
            ).headers
            request.longestSilence = .seconds(5)
            let stream = try await http.open(request)
            defer { stream.cancel() }
            guard stream.status == 200 else { return .unknown(subject, "the server answers \(stream.status)") }
            guard try await stream.next() != nil else { return .unknown(subject, "the stream ended") }
            return .right(subject, "answers come as they are made")
        } catch let error as HTTPClientError {
            guard case .timedOut = error else { return .unknown(subject, "\(error)") }
            return .doubtful(
                subject, "something between keeps answers back",
                remedy: "have the proxy pass them on at once (nginx: proxy_buffering off, proxy_request_buffering off)")
        } catch {
            return .unknown(subject, "\(error)")
        }
    }
}
