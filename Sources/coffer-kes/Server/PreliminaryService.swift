import HTTPServer
import KESProtocol
import KESService
import NIOCore
import Synchronization

final class PreliminaryService: HTTPHandler {
    private let vault: Mutex<KeyVault>

    init(_ vault: KeyVault) { self.vault = Mutex(vault) }

    func replace(_ vault: KeyVault) { self.vault.withLock { $0 = vault } }

    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        let vault = vault.withLock { $0 }
        guard request.head.target == "/version" else { return await ReadinessProbe(vault).handle(request, response) }
        let body = Array("{\"version\":\"\(KESVersion.release)\",\"commit\":\"\"}\n".utf8)
        await response.send(
            ResponseHead(
                status: 200, headers: [("content-type", "application/json")], contentLength: Int64(body.count)),
            body: ByteBuffer(bytes: body))
    }
}
