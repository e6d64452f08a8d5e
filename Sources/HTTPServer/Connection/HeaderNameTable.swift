/// The header names that clients send every day, in lower case: a request's names are taken from here, and cost neither
/// memory nor a copy.
///
/// Those that a message's borders and the fate of its connection depend on come first.
struct HeaderNameTable: Sendable {
    static let shared = HeaderNameTable()

    /// Indices of the names this layer itself looks at.
    enum Framing: Int, CaseIterable {
        case host, expect, upgrade, connection, contentLength, transferEncoding
    }

    /// 1 + the index of a name, where its hash or the next free place after it is; 0: none.
    private let slots: [UInt8]
    /// The names' bytes, one after the other, and where each begins.
    private let bytes: [UInt8]
    private let starts: [Int]

    private static let slotCount = 1024

    private init() {
        var slots = [UInt8](repeating: 0, count: Self.slotCount)
        var bytes: [UInt8] = []
        var starts: [Int] = []
        for (index, name) in Self.names.enumerated() {
            starts.append(bytes.count)
            bytes += name.utf8
            var slot = Array(name.utf8).withUnsafeBytes(Self.hash)
            while slots[slot] != 0 { slot = (slot + 1) % Self.slotCount }
            slots[slot] = UInt8(index + 1)
        }
        starts.append(bytes.count)
        (self.slots, self.bytes, self.starts) = (slots, bytes, starts)
    }

    func name(_ index: Int) -> String { Self.names[index] }

    /// The index of `name`, which is not empty, in whatever case; nil for one that is no token, too.
    func index(of name: UnsafeRawBufferPointer) -> Int? {
        var slot = Self.hash(name)
        while slots[slot] != 0 {
            let index = Int(slots[slot]) - 1
            if isName(index, name) { return index }
            slot = (slot + 1) % Self.slotCount
        }
        return nil
    }

    /// Eight bytes at a time.
    ///
    /// The names here consist of lower-case letters, digits and hyphens. Bit 5 makes a letter in lower case of one in upper
    /// case, and digits and hyphens have it set; without it, and without the letters' bit 6, a byte is a control.
    private func isName(_ index: Int, _ name: UnsafeRawBufferPointer) -> Bool {
        let start = starts[index]
        guard starts[index + 1] - start == name.count else { return false }
        return bytes.withUnsafeBytes { bytes in
            let bits5: UInt64 = 0x2020_2020_2020_2020
            var offset = 0
            while offset + 8 <= name.count {
                let known = bytes.loadUnaligned(fromByteOffset: start + offset, as: UInt64.self)
                let sent = name.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard known == sent | bits5, (sent | sent >> 1) & bits5 == bits5 else { return false }
                offset += 8
            }
            while offset < name.count {
                let sent = name[offset]
                guard bytes[start + offset] == sent | 0x20, (sent | sent >> 1) & 0x20 != 0 else { return false }
                offset += 1
            }
            return true
        }
    }

    private static func hash(_ name: UnsafeRawBufferPointer) -> Int {
        let count = name.count
        var hash = UInt(truncatingIfNeeded: count)
        func add(_ byte: UInt8) { hash = hash &* 31 &+ UInt(byte | 0x20) }
        add(name[0])
        add(name[count / 3])
        add(name[count / 2])
        add(name[count - 1])
        return Int(hash % UInt(slotCount))
    }

    private static let names: [String] = [
        "host", "expect", "upgrade", "connection", "content-length", "transfer-encoding",
        "accept", "accept-encoding", "accept-language", "authorization", "cache-control", "content-disposition",
        "content-encoding", "content-language", "content-md5", "content-type", "cookie", "date", "expires", "forwarded",
        "if-match", "if-modified-since", "if-none-match", "if-unmodified-since", "keep-alive", "origin", "pragma",
        "range", "referer", "te", "trailer", "user-agent", "via", "x-forwarded-for", "x-forwarded-host",
        "x-forwarded-proto", "x-real-ip", "amz-sdk-invocation-id", "amz-sdk-request",
        "x-amz-acl", "x-amz-checksum-algorithm", "x-amz-checksum-crc32", "x-amz-checksum-crc32c",
        "x-amz-checksum-crc64nvme", "x-amz-checksum-mode", "x-amz-checksum-sha1", "x-amz-checksum-sha256",
        "x-amz-checksum-type", "x-amz-content-sha256", "x-amz-copy-source", "x-amz-copy-source-if-match",
        "x-amz-copy-source-if-modified-since", "x-amz-copy-source-if-none-match",
        "x-amz-copy-source-if-unmodified-since", "x-amz-copy-source-range",
        "x-amz-copy-source-server-side-encryption-customer-algorithm",
        "x-amz-copy-source-server-side-encryption-customer-key",
        "x-amz-copy-source-server-side-encryption-customer-key-md5", "x-amz-date", "x-amz-decoded-content-length",
        "x-amz-metadata-directive", "x-amz-sdk-checksum-algorithm", "x-amz-security-token",
        "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id",
        "x-amz-server-side-encryption-bucket-key-enabled", "x-amz-server-side-encryption-context",
        "x-amz-server-side-encryption-customer-algorithm", "x-amz-server-side-encryption-customer-key",
        "x-amz-server-side-encryption-customer-key-md5", "x-amz-storage-class", "x-amz-tagging",
        "x-amz-tagging-directive", "x-amz-trailer", "x-amz-user-agent",
    ]
}
