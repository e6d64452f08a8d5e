import Cryptography

/// Headers of customers' keys.
enum CustomerKeys {
    typealias Headers = [(name: String, value: String)]

    /// The headers of a key of 32 such bytes; of a copy's source with `copy-source-` in their names.
    static func headers(_ byte: UInt8, ofSource isOfSource: Bool = false) -> Headers {
        let key = [UInt8](repeating: byte, count: 32)
        let prefix = "x-amz-\(isOfSource ? "copy-source-" : "")server-side-encryption-customer-"
        return [
            ("\(prefix)algorithm", "AES256"), ("\(prefix)key", Base64.encode(key)),
            ("\(prefix)key-md5", Base64.encode(Digest.hash(.md5, key))),
        ]
    }
}
