import Cryptography
import KESProtocol
import KESService

/// Stored keys as arrays, which tests can write down and change.
extension MasterKey {
    convenience init(storedValue text: [UInt8]) throws(StoredKeyError) {
        try self.init(storedValue: SecretBytes(text))
    }

    var storedText: [UInt8] { storedValue.withUnsafeBytes { Array($0) } }

    static func rotated(
        storedValue text: [UInt8], createdAt: RFC3339Time, createdBy: String
    ) throws(StoredKeyError) -> [UInt8] {
        try rotated(storedValue: SecretBytes(text), createdAt: createdAt, createdBy: createdBy)
            .withUnsafeBytes { Array($0) }
    }
}
