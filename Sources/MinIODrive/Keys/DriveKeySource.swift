package import Cryptography
package import KeyManagement

/// The key of a version's data, opened.
package struct DriveObjectKey: Sendable {
    let key: SecretKey

    /// Of something that belongs to the object and is sealed by itself.
    func derived(_ label: String) -> SecretKey { key.derived(Array(label.utf8)) }

    /// Of a part of an object whose parts have keys of their own.
    func partKey(_ number: Int) -> SecretKey {
        key.derived(withUnsafeBytes(of: UInt32(number).littleEndian) { [UInt8]($0) })
    }
}

extension SecretKey {
    /// HMAC-SHA256 of a message, as a key.
    fileprivate func derived(_ message: [UInt8]) -> SecretKey {
        SecretKey { output in
            var code = HMACSHA256.code(message, key: self)
            output.copyBytes(from: code)
            wipe(&code)
        }
    }
}

/// What opens the encrypted objects of a drive.
package struct DriveKeySource: Sendable {
    private let service: (any KeyService)?
    private let customerKeys: CustomerKeyList

    /// - Parameter service: the one that the server had; nil for none.
    package init(service: (any KeyService)?, customerKeys: CustomerKeyList = CustomerKeyList()) {
        self.service = service
        self.customerKeys = customerKeys
    }

    /// The key of a version, and the customer's key that has opened it.
    package func open(
        _ encryption: DriveEncryption, bucket: String, key: String
    ) async throws(DriveFault) -> (key: DriveObjectKey, customerKey: SecretKey?) {
        let path = Self.cleaned("\(bucket)/\(key)")
        guard let kmsKey = encryption.kmsKey else {
            for candidate in customerKeys.keys(bucket: bucket, key: key) {
                if let opened = try? Self.unseal(encryption, under: candidate, path) { return (opened, candidate) }
            }
            throw .customerKeyMissing
        }
        var context = encryption.context ?? KMSContext()
        if context.pairs[bucket] == nil { context.pairs[bucket] = path }
        let dataKey = try await decrypt(encryption.wrappedDataKey, under: kmsKey, context)
        do {
            return (try Self.unseal(encryption, under: dataKey, path), nil)
        } catch {
            throw .damaged("the key of its data")
        }
    }

    func decrypt(
        _ wrapped: [UInt8], under name: String, _ context: KMSContext
    ) async throws(DriveFault) -> SecretKey {
        guard let service, let key = try? KeyID(name) else { throw .keyMissing(name) }
        do {
            return try await service.decryptDataKey(wrapped, under: key, context: context)
        } catch {
            switch error {
            case .keyNotFound, .invalidKeyID, .keyExists, .notSupported: throw .keyMissing(name)
            case .notAuthentic: throw .keyWrong(name)
            case .notAuthorized: throw .keyServiceAway("it does not permit the use of “\(name)”")
            case .unavailable(let reason): throw .keyServiceAway(reason)
            }
        }
    }

    private static func unseal(
        _ encryption: DriveEncryption, under key: SecretKey, _ path: String
    ) throws(DriveFault) -> DriveObjectKey {
        let message =
            encryption.initializationVector
            + Array("\(encryption.kind.domain)DAREv2-HMAC-SHA256\(path)".utf8)
        var plain = try DAREStream.open(encryption.sealedKey, key: key.derived(message))
        defer { wipe(&plain) }
        guard let key = SecretKey(plain) else { throw .damaged("the key of its data") }
        return DriveObjectKey(key: key)
    }

    /// A path without empty segments, those of one dot, and a slash at its end.
    static func cleaned(_ path: String) -> String {
        path.utf8.split(separator: UInt8(ascii: "/")).filter { !$0.elementsEqual(".".utf8) }
            .map { String(Substring($0)) }.joined(separator: "/")
    }
}
