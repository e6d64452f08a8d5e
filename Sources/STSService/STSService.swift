package import Accounts
import Cryptography
package import HTTPServer
import NIOCore
import Notation
package import Requests
import S3Protocol

/// Answers the requests of AWS's Security Token Service: a form that is posted to `/`, and XML.
package final class STSService: HTTPHandler {
    /// Bytes of a form: a policy of 2 KiB and a token of some more, both escaped.
    private static let formLimit = 64 << 10

    /// Who has sessions without a user here.
    package struct Providers: Sendable {
        package var certificates: CertificateIdentity?
        package var openID: OpenIDProvider?

        package init(certificates: CertificateIdentity? = nil, openID: OpenIDProvider? = nil) {
            self.certificates = certificates
            self.openID = openID
        }
    }

    private let accounts: Accounts
    private let providers: Providers
    private let pipeline: RequestPipeline

    package init(accounts: Accounts, providers: Providers = Providers(), pipeline: RequestPipeline) {
        self.accounts = accounts
        self.providers = providers
        self.pipeline = pipeline
    }

    /// Whether a request to no bucket is this service's: S3 has none like it.
    package static func serves(_ head: RequestHead) -> Bool {
        guard head.method == "POST" else { return false }
        let target = head.originForm
        let path = target.prefix { $0 != "?" }
        guard path == "/" else { return false }
        if let type = head.header("content-type"), STSForm.isForm(contentType: type) { return true }
        // Some clients have everything in the query, and no body.
        return target.dropFirst(path.count + 1).split(separator: "&").contains { $0.hasPrefix("Action=") }
    }

    package func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let record = pipeline.begin(request, .sts)
        return pipeline.answer(record) { response in
            let document: [UInt8]
            do {
                document = try await self.perform(request, record)
                record.status = 200
            } catch {
                let refusal = STSError(error)
                self.pipeline.note(error, refusal.asS3, record)
                record.status = refusal.status
                document = STSDocument.error(refusal, requestID: record.id)
            }
            await self.send(document, record, response)
        }
    }

    private func perform(_ request: HTTPRequest, _ record: RequestRecord) async throws -> [UInt8] {
        let target = try RequestTarget(request.head.target)
        let body = [UInt8](try await request.body.collect(upTo: Self.formLimit).readableBytesView)
        record.bytesReceived = Int64(body.count)
        let form = try STSForm(body, target)
        let action = try form.required("Action")
        guard try form.required("Version") == "2011-06-15" else {
            throw STSError(.missingParameter, "Version is not that of this service: 2011-06-15.")
        }
        switch action {
        case "AssumeRole":
            record.operation = action
            let caller = try authenticate(request, target, body, record)
            return try await AssumeRole(form).perform(for: caller, accounts, record, pipeline)
        case "AssumeRoleWithWebIdentity": return try await webIdentity(form, action, .assumeRoleWithWebIdentity, record)
        case "AssumeRoleWithClientGrants":
            return try await webIdentity(form, action, .assumeRoleWithClientGrants, record)
        case "AssumeRoleWithLDAPIdentity":
            record.operation = action
            throw STSError(.invalidParameterValue, "This server knows no LDAP directory.")
        case "AssumeRoleWithCertificate":
            record.operation = action
            guard let identity = providers.certificates else {
                throw STSError(.notInitialized, "Sessions for certificates are not configured.")
            }
            return try await AssumeRoleWithCertificate(form)
                .perform(over: request.connection, identity, accounts, record)
        case "AssumeRoleWithCustomToken":
            record.operation = action
            throw STSError(.notInitialized, "This server knows no other providers of identities.")
        default:
            throw STSError(.invalidParameterValue, "Unsupported action \(STSError.shown(action)).")
        }
    }

    private func webIdentity(
        _ form: STSForm, _ action: String, _ names: STSDocument.Names, _ record: RequestRecord
    ) async throws -> [UInt8] {
        record.operation = action
        guard let provider = providers.openID else {
            throw STSError(.invalidParameterValue, "No provider of identities is configured: the role does not exist.")
        }
        return try await AssumeRoleWithWebIdentity(form).perform(provider, accounts, as: names, record)
    }

    /// Who has signed the request, of which the form is a part.
    private func authenticate(
        _ request: HTTPRequest, _ target: RequestTarget, _ body: [UInt8], _ record: RequestRecord
    ) throws -> VerifiedRequest {
        let head = request.head
        // The hash stands in the signature; S3's clients alone send it in a header, too.
        var headers = head.headers
        let hash = Digest.hash(.sha256, body)
        if head.header("x-amz-content-sha256") == nil { headers.append(("x-amz-content-sha256", Hex.encode(hash))) }
        let (verified, _) = try pipeline.authenticate(
            SigningRequest(
                method: head.method, target: target, headers: headers, secrets: head.secrets,
                isTLS: request.connection.isTLS),
            service: "sts", acceptsAnyRegion: false, record)
        guard verified.scheme == .v4Header, case .sha256(let signed) = verified.payload, signed == hash else {
            throw S3Error(.accessDenied)
        }
        return verified
    }

    private func send(_ document: [UInt8], _ record: RequestRecord, _ response: ResponseWriter) async {
        record.bytesSent = Int64(document.count)
        var head = ResponseHead(
            status: record.status, headers: RequestPipeline.commonHeaders(record),
            contentLength: Int64(document.count))
        head.headers.append(("content-type", "application/xml"))
        record.answers(head)
        await response.send(head, body: ByteBuffer(bytes: document))
    }
}
