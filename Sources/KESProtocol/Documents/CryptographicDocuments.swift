import Cryptography
package import JSON

/// Asks for a data key.
///
/// No body at all means the same as an empty context.
package struct GenerateRequest: KESObject {
    package var context: [UInt8]

    package init(context: [UInt8]) { self.context = context }

    package init() { self.init(context: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "context": try scanner.readBase64(&context)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("context", base64: context)
    }
}

/// A data key, plain (32 bytes) and sealed.
package struct GenerateResponse: KESObject {
    package var plaintext: [UInt8]
    package var ciphertext: [UInt8]

    package init(plaintext: [UInt8], ciphertext: [UInt8]) {
        self.plaintext = plaintext
        self.ciphertext = ciphertext
    }

    package init() { self.init(plaintext: [], ciphertext: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "plaintext": try scanner.readBase64(&plaintext)
        case "ciphertext": try scanner.readBase64(&ciphertext)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + 64 + (plaintext.count + ciphertext.count) * 4 / 3)
        json.appendMember("plaintext", base64: plaintext)
        json.appendMember("ciphertext", base64: ciphertext)
    }

    package mutating func wipe() { Cryptography.wipe(&plaintext) }
}

package struct EncryptRequest: KESObject {
    package var plaintext: [UInt8]
    package var context: [UInt8]

    package init(plaintext: [UInt8], context: [UInt8]) {
        self.plaintext = plaintext
        self.context = context
    }

    package init() { self.init(plaintext: [], context: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "plaintext": try scanner.readBase64(&plaintext)
        case "context": try scanner.readBase64(&context)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + 64 + (plaintext.count + context.count) * 4 / 3)
        json.appendMember("plaintext", base64: plaintext)
        json.appendMember("context", base64: context)
    }

    package mutating func wipe() { Cryptography.wipe(&plaintext) }
}

package struct EncryptResponse: KESObject {
    package var ciphertext: [UInt8]

    package init(ciphertext: [UInt8]) { self.ciphertext = ciphertext }

    package init() { self.init(ciphertext: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "ciphertext": try scanner.readBase64(&ciphertext)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("ciphertext", base64: ciphertext)
    }
}

package struct DecryptRequest: KESObject {
    package var ciphertext: [UInt8]
    package var context: [UInt8]

    package init(ciphertext: [UInt8], context: [UInt8]) {
        self.ciphertext = ciphertext
        self.context = context
    }

    package init() { self.init(ciphertext: [], context: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "ciphertext": try scanner.readBase64(&ciphertext)
        case "context": try scanner.readBase64(&context)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.appendMember("ciphertext", base64: ciphertext)
        json.appendMember("context", base64: context)
    }
}

package struct DecryptResponse: KESObject {
    package var plaintext: [UInt8]

    package init(plaintext: [UInt8]) { self.plaintext = plaintext }

    package init() { self.init(plaintext: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "plaintext": try scanner.readBase64(&plaintext)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + 64 + plaintext.count * 4 / 3)
        json.appendMember("plaintext", base64: plaintext)
    }

    package mutating func wipe() { Cryptography.wipe(&plaintext) }
}

package struct HMACRequest: KESObject {
    package var message: [UInt8]

    package init(message: [UInt8]) { self.message = message }

    package init() { self.init(message: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "message": try scanner.readBase64(&message)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + 64 + message.count * 4 / 3)
        json.appendMember("message", base64: message)
    }

    package mutating func wipe() { Cryptography.wipe(&message) }
}

/// 32 bytes.
package struct HMACResponse: KESObject {
    package var hmac: [UInt8]

    package init(hmac: [UInt8]) { self.hmac = hmac }

    package init() { self.init(hmac: []) }

    package mutating func readMember(
        _ member: JSONName, from scanner: inout JSONScanner
    ) throws(KESDocumentError) -> Bool {
        switch member {
        case "hmac": try scanner.readBase64(&hmac)
        default: return false
        }
        return true
    }

    package func appendMembers(to json: inout [UInt8]) {
        json.reserveCapacity(json.count + 64 + hmac.count * 4 / 3)
        json.appendMember("hmac", base64: hmac)
    }
}
