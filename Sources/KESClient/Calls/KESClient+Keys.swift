import Cryptography
import HTTPClient
package import KESProtocol

extension KESClient {
    package func createKey(_ name: KeyName) async throws(KESClientError) {
        _ = try await perform(Call(route: .createKey, argument: name.text, isRepeatable: false))
    }

    /// The caller wipes its own copy of the key.
    package func importKey(
        _ name: KeyName, key: [UInt8], cipher: String = "AES256"
    ) async throws(KESClientError) {
        var body = ImportRequest(key: key, cipher: cipher).json
        defer { wipe(&body) }
        _ = try await perform(Call(route: .importKey, argument: name.text, body: body, isRepeatable: false))
    }

    package func describeKey(_ name: KeyName) async throws(KESClientError) -> KeyDescribeResponse {
        try await document(Call(route: .describeKey, argument: name.text))
    }

    package func deleteKey(_ name: KeyName) async throws(KESClientError) {
        _ = try await perform(Call(route: .deleteKey, argument: name.text, isRepeatable: false))
    }

    /// Gives the key a new version for what is sealed from now on; servers other than Coffer's answer 404.
    package func rotateKey(_ name: KeyName) async throws(KESClientError) -> KeyRotateResponse {
        try await document(Call(route: .rotateKey, argument: name.text, isRepeatable: false))
    }

    /// A fresh data key; the caller wipes the plain one.
    package func generateKey(
        under name: KeyName, context: [UInt8]
    ) async throws(KESClientError) -> GenerateResponse {
        let request = GenerateRequest(context: context)
        return try await document(Call(route: .generateKey, argument: name.text, body: request.json))
    }

    /// A data key for each context, in one call; the caller wipes the plain ones.
    ///
    /// KES answers a 400: it takes one context a call.
    func generateKeys(
        under name: KeyName, contexts: [[UInt8]]
    ) async throws(KESClientError) -> [GenerateResponse] {
        let request = BulkGenerateRequest(requests: contexts.map(GenerateRequest.init(context:)))
        var answer: BulkGenerateResponse = try await document(
            Call(route: .generateKey, argument: name.text, body: request.json))
        guard answer.keys.count == contexts.count else {
            defer { answer.wipe() }
            throw .invalidResponse("kes: \(answer.keys.count) data keys instead of \(contexts.count)")
        }
        return answer.keys
    }

    package func encrypt(
        _ plaintext: [UInt8], under name: KeyName, context: [UInt8]
    ) async throws(KESClientError) -> [UInt8] {
        var body = EncryptRequest(plaintext: plaintext, context: context).json
        defer { wipe(&body) }
        let answer: EncryptResponse = try await document(Call(route: .encrypt, argument: name.text, body: body))
        return answer.ciphertext
    }

    /// What was sealed; the caller wipes it.
    package func decrypt(
        _ ciphertext: [UInt8], under name: KeyName, context: [UInt8]
    ) async throws(KESClientError) -> [UInt8] {
        let request = DecryptRequest(ciphertext: ciphertext, context: context)
        let answer: DecryptResponse = try await document(
            Call(route: .decrypt, argument: name.text, body: request.json))
        return answer.plaintext
    }

    package func hmac(_ message: [UInt8], under name: KeyName) async throws(KESClientError) -> [UInt8] {
        let answer: HMACResponse = try await document(
            Call(route: .hmac, argument: name.text, body: HMACRequest(message: message).json))
        return answer.hmac
    }

    /// The names of all keys that begin with `prefix`, sorted.
    package func listKeys(prefix: String = "") async throws(KESClientError) -> [String] {
        try await list(.listKeys, .keys, prefix: prefix)
    }

    /// Performs the call and reads the answer; the answer's bytes are wiped.
    func document<Document: KESDocument>(_ call: Call) async throws(KESClientError) -> Document {
        let response = try await perform(call)
        defer { response.wipeBody() }
        do throws(KESDocumentError) {
            return try Document(json: response.body)
        } catch {
            throw .invalidResponse("kes: invalid answer to \(call.route.path): \(error)")
        }
    }
}
