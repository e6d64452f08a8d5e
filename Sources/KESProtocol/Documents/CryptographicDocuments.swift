/// Asks for a data key.
///
/// No body at all means the same as an empty context.
package struct GenerateRequest: KESDocument {
    package var context: [UInt8]

    package init(context: [UInt8]) { self.context = context }
}

/// A data key, plain (32 bytes) and sealed.
package struct GenerateResponse: KESDocument {
    package var plaintext: [UInt8]
    package var ciphertext: [UInt8]

    package init(plaintext: [UInt8], ciphertext: [UInt8]) {
        self.plaintext = plaintext
        self.ciphertext = ciphertext
    }
}

package struct EncryptRequest: KESDocument {
    package var plaintext: [UInt8]
    package var context: [UInt8]

    package init(plaintext: [UInt8], context: [UInt8]) {
        self.plaintext = plaintext
        self.context = context
    }
}

package struct EncryptResponse: KESDocument {
    package var ciphertext: [UInt8]

    package init(ciphertext: [UInt8]) { self.ciphertext = ciphertext }
}

package struct DecryptRequest: KESDocument {
    package var ciphertext: [UInt8]
    package var context: [UInt8]

    package init(ciphertext: [UInt8], context: [UInt8]) {
        self.ciphertext = ciphertext
        self.context = context
    }
}

package struct DecryptResponse: KESDocument {
    package var plaintext: [UInt8]

    package init(plaintext: [UInt8]) { self.plaintext = plaintext }
}

package struct HMACRequest: KESDocument {
    package var message: [UInt8]

    package init(message: [UInt8]) { self.message = message }
}

/// 32 bytes.
package struct HMACResponse: KESDocument {
    package var hmac: [UInt8]

    package init(hmac: [UInt8]) { self.hmac = hmac }
}
