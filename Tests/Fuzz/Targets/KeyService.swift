import Cryptography
import KESProtocol
import KESService
import KeyManagement

extension FuzzTarget {
    /// Ciphertexts of key services, in all their layouts.
    static let wrappedKey = FuzzTarget("wrapped-key") { (bytes) throws(BrokenPromise) in
        _ = MasterKeyVersion(ofDataKey: bytes)
        guard let key = SecretKey([UInt8](repeating: 3, count: 32)) else { return }
        for cipher in [nil, MasterKeyCipher.aes256, .chaCha20] {
            let opened = try? KESCiphertext.open(bytes, key: key, cipher: cipher, context: [])
            try require(opened == nil, "a ciphertext that nobody sealed opened")
        }
    }

    /// The documents of KES; the first byte says which.
    static let kesDocument = FuzzTarget("kes-document") { (bytes) throws(BrokenPromise) in
        guard let kind = bytes.first else { return }
        let json = Array(bytes.dropFirst())
        try documents[Int(kind) % documents.count].readAgain(json)
        _ = try? GoDuration.parse(json.text)
        if let time = RFC3339Time(json.text) {
            try require(RFC3339Time("\(time)") == time, "\(json.text) is \(time)")
        }
        _ = try? APIKey(json.text)
        if let name = KeyName(json.text) { try require(name.text.utf8.count <= 128, "a long name") }
    }

    private static let documents: [any KESDocument.Type] = [
        GenerateRequest.self, GenerateResponse.self, EncryptRequest.self, DecryptRequest.self, DecryptResponse.self,
        BulkDecryptRequest.self, ImportRequest.self, KeyDescribeResponse.self, PolicyReadResponse.self, AuditEvent.self,
        APIListResponse.self,
    ]

    /// What a key store holds: JSON or protobuf in base64, and the same rotated.
    static let storedKey = FuzzTarget("stored-key") { (bytes) throws(BrokenPromise) in
        // Protobuf alone, too: base64 hides its structure.
        for text in [bytes, Array(Base64.encode(bytes).utf8)] {
            guard let key = try? MasterKey(storedValue: SecretBytes(text)) else { continue }
            guard
                let rotated = try? MasterKey.rotated(
                    storedValue: SecretBytes(text), createdAt: .unknown, createdBy: "")
            else { continue }
            let again = try? MasterKey(storedValue: rotated)
            try require(again?.versions.count == key.versions.count + 1, "rotation lost a version")
        }
    }

    /// A configuration file of the key server.
    static let kesConfiguration = FuzzTarget("kes-configuration") { (bytes) throws(BrokenPromise) in
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        _ = try? KESConfiguration.parse(text, environment: ["A": "value", "B": "*"])
    }
}

extension KESDocument {
    /// What is read and written is read the same again.
    fileprivate static func readAgain(_ json: [UInt8]) throws(BrokenPromise) {
        guard let document = try? Self(json: json) else { return }
        let once = document.json
        guard let second = try? Self(json: once) else { throw BrokenPromise("refused: \(once.text)") }
        try require(second.json == once, "written and read it differs: \(once.text)")
    }
}
