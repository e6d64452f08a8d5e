import HTTPServer
import KESProtocol
import KESService
import NIOCore
import Synchronization

/// Answers `GET /v1/ready` and nothing else, to clients without certificates.
final class ReadinessProbe: AsyncHTTPHandler {
    private let vault: Mutex<KeyVault>

    init(_ vault: KeyVault) { self.vault = Mutex(vault) }

    /// Asks another vault from now on.
    func replace(_ vault: KeyVault) { self.vault.withLock { $0 = vault } }

    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        let path = request.head.target.prefix { $0 != "?" }
        guard path == KESRoute.ready.path else {
            return await answer(404, Array("404 page not found\n".utf8), "text/plain; charset=utf-8", response)
        }
        guard request.head.method == "GET" || request.head.method == "HEAD" else {
            return await answer(KESFault.methodNotAllowed(request.head.method, expected: .get), response)
        }
        let vault = vault.withLock { $0 }
        switch await vault.status() {
        case .available: await answer(200, [], nil, response)
        case .unreachable: await answer(.keyStoreUnreachable, response)
        case .unavailable: await answer(.keyStoreUnavailable, response)
        }
    }

    private func answer(_ fault: KESFault, _ response: ResponseWriter) async {
        await answer(fault.status, fault.body, "application/json", response)
    }

    private func answer(_ status: Int, _ body: [UInt8], _ type: String?, _ response: ResponseWriter) async {
        let head = ResponseHead(
            status: status, headers: type.map { [("content-type", $0)] } ?? [], contentLength: Int64(body.count))
        await response.send(head, body: body.isEmpty ? nil : ByteBuffer(bytes: body))
    }
}
