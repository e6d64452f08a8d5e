import Cryptography
import JSON
import KESProtocol
import KeyManagement

/// What was found in the text that a key store holds.
struct StoredKeyDocument {
    private(set) var versions: [MasterKey.Version]
    private(set) var hmacKey: SecretKey?
    /// The protobuf message as it was; empty when the text was JSON.
    ///
    /// It holds the secret keys until ``wipe()``.
    private(set) var protobuf: [UInt8] = []

    /// Copies of secrets are made in memory that is wiped, here or with what it says.
    init(_ text: UnsafeRawBufferPointer) throws(StoredKeyError) {
        // Text from an editor or a web console ends in a line feed; base64 from one is broken into lines.
        var packed: [UInt8] = []
        packed.reserveCapacity(text.count)
        for byte in text where !Self.isSpace(byte) { packed.append(byte) }
        defer { Cryptography.wipe(&packed) }
        if packed.first == UInt8(ascii: "{") {
            try self.init(json: text)
        } else {
            guard var message = packed.withUnsafeBufferPointer({ Base64.decode($0) }) else { throw .malformed }
            do throws(StoredKeyError) { try self.init(protobuf: message) } catch {
                Cryptography.wipe(&message)
                throw error
            }
        }
    }

    /// Overwrites what was decoded; the keys that were made of it stay.
    mutating func wipe() { Cryptography.wipe(&protobuf) }

    // MARK: JSON

    /// `{"bytes":…}` and, in later times, `algorithm`, `created_at` and `created_by`.
    private init(json text: UnsafeRawBufferPointer) throws(StoredKeyError) {
        var members = StoredKeyMembers()
        defer { Cryptography.wipe(&members.bytes) }
        do throws(KESDocumentError) { try members.read(text) } catch { throw .malformed }
        guard !members.bytes.isEmpty else { throw .malformed }
        guard let key = SecretKey(members.bytes) else { throw .invalidKeyLength }
        let version = MasterKey.Version(
            number: 1, key: key, cipher: try Self.cipher(members.algorithm), createdAt: members.createdAt,
            createdBy: members.createdBy)
        versions = [version]
    }

    private static func cipher(_ name: String) throws(StoredKeyError) -> MasterKeyCipher? {
        guard name != "", name != "undefined" else { return nil }
        guard let cipher = MasterKeyCipher(algorithm: name) else { throw .unknownAlgorithm(name) }
        return cipher
    }

    // MARK: Protobuf

    private init(protobuf message: [UInt8]) throws(StoredKeyError) {
        var fields = KeyFields()
        var createdHere = TimeFields()
        var createdBy = ""
        var hmac: KeyFields?
        var isUnrecorded = false
        var later: [MasterKey.Version] = []
        try message.withUnsafeFields { (field, value) throws(StoredKeyError) in
            switch (field, value) {
            case (StoredField.key, .bytes(let bytes)): try fields.merge(bytes)
            case (StoredField.hmacKey, .bytes(let bytes)):
                var merged = hmac ?? KeyFields()
                try merged.merge(bytes)
                hmac = merged
            case (StoredField.createdAt, .bytes(let bytes)): try createdHere.merge(bytes)
            case (StoredField.createdBy, .bytes(let bytes)): createdBy = try Self.text(bytes)
            case (StoredField.cipherIsUnrecorded, .varint(let number)): isUnrecorded = number != 0
            case (StoredField.laterVersion, .bytes(let bytes)):
                guard later.count + 1 < MasterKey.maximumVersionCount else { throw .tooManyVersions }
                later.append(try Self.laterVersion(bytes))
            default: break
            }
        }
        let cipher = try fields.cipher
        let first = MasterKey.Version(
            number: 1, key: try fields.secret, cipher: isUnrecorded ? nil : cipher, createdAt: createdHere.time,
            createdBy: createdBy)
        versions = [first] + later
        guard zip(versions, versions.dropFirst()).allSatisfy({ $0.number < $1.number }) else { throw .invalidVersions }
        if let hmac {
            guard hmac.type == StoredField.sha256 else { throw .unknownAlgorithm("HMAC \(hmac.type)") }
            hmacKey = try hmac.secret
        }
        protobuf = message
    }

    private static func laterVersion(_ bytes: UnsafeRawBufferPointer) throws(StoredKeyError) -> MasterKey.Version {
        var number: UInt64 = 0
        var key = KeyFields()
        var createdAt = TimeFields()
        var createdBy = ""
        try bytes.forEachField { (field, value) throws(StoredKeyError) in
            switch (field, value) {
            case (StoredField.Later.number, .varint(let value)): number = value
            case (StoredField.Later.key, .bytes(let bytes)): try key.merge(bytes)
            case (StoredField.Later.createdAt, .bytes(let bytes)): try createdAt.merge(bytes)
            case (StoredField.Later.createdBy, .bytes(let bytes)): createdBy = try text(bytes)
            default: break
            }
        }
        guard let number = UInt32(exactly: number) else { throw .invalidVersions }
        return MasterKey.Version(
            number: number, key: try key.secret, cipher: try key.cipher, createdAt: createdAt.time, createdBy: createdBy
        )
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) throws(StoredKeyError) -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw .malformed }
        return text
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
    }
}

/// The members of a key in JSON, as far as they are there.
private struct StoredKeyMembers {
    var bytes: [UInt8] = []
    var algorithm = ""
    var createdAt = RFC3339Time.unknown
    var createdBy = ""

    mutating func read(_ text: UnsafeRawBufferPointer) throws(KESDocumentError) {
        var scanner = JSONScanner(text)
        try scanner.readObject { (name, scanner) throws(KESDocumentError) in
            switch name {
            case "bytes":
                guard let value = try scanner.readBase64() else { break }
                // Of several the last counts.
                Cryptography.wipe(&bytes)
                bytes = value
            case "algorithm": algorithm = try scanner.readText() ?? algorithm
            case "created_at": createdAt = try scanner.readTime() ?? createdAt
            case "created_by": createdBy = try scanner.readText() ?? createdBy
            default: return false
            }
            return true
        }
        try scanner.readEnd()
    }
}

/// `{1: bytes key; 2: uint32 type}`, for a cipher's key as for HMAC's.
private struct KeyFields {
    private var key: SecretKey?
    private(set) var type: UInt64 = 0

    mutating func merge(_ message: UnsafeRawBufferPointer) throws(StoredKeyError) {
        try message.forEachField { (field, value) throws(StoredKeyError) in
            switch (field, value) {
            case (1, .bytes(let bytes)):
                guard let key = SecretKey(bytes) else { throw .invalidKeyLength }
                self.key = key
            case (2, .varint(let number)): type = number
            default: break
            }
        }
    }

    var secret: SecretKey {
        get throws(StoredKeyError) {
            guard let key else { throw .invalidKeyLength }
            return key
        }
    }

    var cipher: MasterKeyCipher {
        get throws(StoredKeyError) {
            guard let cipher = MasterKeyCipher.allCases.first(where: { $0.storedNumber == type }) else {
                throw .unknownAlgorithm("\(type)")
            }
            return cipher
        }
    }
}

/// `{1: int64 seconds; 2: int32 nanos}`.
private struct TimeFields {
    private var isThere = false
    private var seconds: Int64 = 0
    private var nanoseconds: Int32 = 0

    mutating func merge(_ message: UnsafeRawBufferPointer) throws(StoredKeyError) {
        isThere = true
        try message.forEachField { (field, value) throws(StoredKeyError) in
            switch (field, value) {
            case (1, .varint(let number)): seconds = Int64(bitPattern: number)
            case (2, .varint(let number)):
                guard number < 1_000_000_000 else { throw .malformed }
                nanoseconds = Int32(number)
            default: break
            }
        }
    }

    /// The years that RFC 3339 can spell; anything else is no time.
    var time: RFC3339Time {
        guard isThere, -62_135_596_800..<253_402_300_800 ~= seconds else { return .unknown }
        return RFC3339Time(seconds: seconds, nanoseconds: nanoseconds)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func forEachField(
        _ body: (UInt64, ProtobufReader.Value) throws(StoredKeyError) -> Void
    ) throws(StoredKeyError) {
        var reader = ProtobufReader(self)
        while let (field, value) = try reader.next() { try body(field, value) }
    }
}

extension [UInt8] {
    fileprivate func withUnsafeFields(
        _ body: (UInt64, ProtobufReader.Value) throws(StoredKeyError) -> Void
    ) throws(StoredKeyError) {
        try withUnsafeBufferPointer { (bytes) throws(StoredKeyError) in
            try UnsafeRawBufferPointer(bytes).forEachField(body)
        }
    }
}
