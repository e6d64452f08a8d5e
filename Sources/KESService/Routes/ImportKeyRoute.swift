import Cryptography
import KESProtocol
import KeyManagement

/// `PUT /v1/key/import/<name>`: a key whose bytes the client gives.
enum ImportKeyRoute: WaitingRoute {
    static let route = Route(.importKey, bodyLimit: Route.bodyLimit, change: "created", .waiting(Self.self))

    static let invalidBody = KESFault.invalidImportRequestBody

    static func answer(_ call: Call, _ body: CallBody, in service: KESService) async throws(KESFault) -> ServiceAnswer {
        let name = try call.keyName()
        var request = try document(ImportRequest.self, call, body, in: service)
        defer { request.wipe() }
        guard let cipher = MasterKeyCipher(importName: request.cipher) else {
            throw .unsupportedAlgorithm(request.cipher)
        }
        guard let key = SecretKey(request.key) else { throw .invalidKeySize(for: request.cipher) }
        try await call.vault.importKey(name, key, cipher: cipher, by: call.identity?.text ?? "")
        return .empty
    }
}

extension MasterKeyCipher {
    /// Today's names and those of older releases; upper and lower case differ.
    fileprivate init?(importName: String) {
        switch importName {
        case "AES256", "AES256-GCM_SHA256": self = .aes256
        case "ChaCha20", "XCHACHA20-POLY1305": self = .chaCha20
        default: return nil
        }
    }
}
