import JSON

/// An answer that says why a call failed: a status and one message.
///
/// Clients tell faults apart by status *and* text, so these never change.
package struct KESFault: Error, Hashable, Sendable {
    /// The HTTP status.
    package let status: Int
    package let message: String

    package init(status: Int, message: String) {
        self.status = status
        self.message = message
    }

    /// The fault that a client received: the member `message`, or `error`, of a JSON body, else the text itself.
    package init(status: Int, body: [UInt8]) {
        if let document = try? FaultDocument(json: body), !document.message.isEmpty {
            self.init(status: status, message: document.message)
        } else {
            // A proxy in between may answer with a whole page.
            let text = String(decoding: body.prefix(512), as: UTF8.self)
            let lines = text.split(whereSeparator: \.isNewline)
            self.init(status: status, message: lines.first.map(String.init) ?? "HTTP status \(status)")
        }
    }

    /// The JSON body of the answer; a line feed stands before the closing brace and none after it.
    package var body: [UInt8] {
        var json: [UInt8] = []
        json.append("{")
        json.appendMember("message", text: message)
        json.append("\n}")
        return json
    }
}

/// The body as clients read it.
private struct FaultDocument: KESObject {
    var message = ""

    mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "message", "error": try scanner.readText(&message)
        default: return false
        }
        return true
    }

    func appendMembers(to json: inout [UInt8]) {
        json.appendMember("message", text: message)
    }
}

extension KESFault {
    package static let keyExists = KESFault(status: 400, message: "key already exists")
    package static let keyNotFound = KESFault(status: 404, message: "key does not exist")
    package static let policyNotFound = KESFault(status: 404, message: "policy does not exist")
    package static let identityNotFound = KESFault(status: 404, message: "identity does not exist")
    package static let notAuthorized = KESFault(status: 403, message: "not authorized: insufficient permissions")
    package static let notAuthentic = KESFault(
        status: 400, message: "decryption failed: ciphertext is not authentic")
    /// Of lists of data keys, which KES does not have.
    package static let tooManyDataKeys = KESFault(status: 400, message: "too many data keys")
    package static let tooManyCiphertexts = KESFault(status: 400, message: "too many ciphertexts")
    package static let hmacNotSupported = KESFault(status: 409, message: "key does not support HMAC")

    package static let invalidRequestBody = KESFault(status: 400, message: "invalid request body")
    package static let invalidImportRequestBody = KESFault(status: 400, message: "invalid import key request body")

    package static let keyCreationFailed = KESFault(status: 502, message: "failed to create key")
    package static let keyReadFailed = KESFault(status: 502, message: "failed to read key")
    package static let keyDeletionFailed = KESFault(status: 502, message: "failed to delete key")
    package static let keyListingFailed = KESFault(status: 502, message: "failed to list keys")
    package static let keyStoreUnreachable = KESFault(status: 504, message: "key store is not reachable")
    package static let keyStoreUnavailable = KESFault(status: 502, message: "key store is unavailable")
    /// Of the rotation of keys, which KES does not have.
    package static let keyRotationFailed = KESFault(status: 502, message: "failed to rotate key")
    /// Of the rotation of keys, which KES does not have: another server rotated or replaced it at the same time.
    package static let keyChanged = KESFault(status: 409, message: "key was changed meanwhile")
    /// Of the rotation of keys, which KES does not have.
    package static let tooManyKeyVersions = KESFault(status: 409, message: "key has too many versions")
    /// The time for the answer has passed.
    package static let timedOut = KESFault(status: 504, message: "request timed out")

    package static let clientCertificateRequired = KESFault(
        status: 400, message: "tls: client certificate is required")
    package static let tooManyClientCertificates = KESFault(
        status: 400, message: "tls: received more than one client certificate")

    /// Of requests that come through a TLS proxy.
    package static let noProxiedCertificate = KESFault(status: 400, message: "no client certificate is present")
    package static let tooManyProxiedCertificates = KESFault(
        status: 400, message: "too many client certificates are present")
    package static let invalidProxiedCertificate = KESFault(status: 400, message: "invalid client certificate")

    package static func invalidKeyName(_ text: String) -> KESFault { invalidName("key name", text) }
    /// Of a name that is good for KES, but not for the key store; `cause` says which names that can hold.
    package static func keyNameNotAllowed(_ cause: String) -> KESFault { KESFault(status: 400, message: cause) }
    package static func invalidPolicyName(_ text: String) -> KESFault { invalidName("policy name", text) }
    package static func invalidIdentity(_ text: String) -> KESFault { invalidName("identity", text) }

    package static func invalidListPattern(_ text: String) -> KESFault {
        KESFault(status: 400, message: "listing pattern '\(text)' is empty, too long or is invalid")
    }

    package static func unsupportedAlgorithm(_ name: String) -> KESFault {
        KESFault(status: 406, message: "algorithm '\(name)' is not supported")
    }

    package static func invalidKeySize(for algorithm: String) -> KESFault {
        KESFault(status: 406, message: "invalid key size for '\(algorithm)'")
    }

    package static func methodNotAllowed(_ received: String, expected: KESMethod) -> KESFault {
        KESFault(status: 405, message: "received method '\(received)' expected '\(expected.rawValue)'")
    }

    private static func invalidName(_ kind: String, _ text: String) -> KESFault {
        KESFault(status: 400, message: "\(kind) '\(text)' is empty, too long or contains invalid characters")
    }
}
