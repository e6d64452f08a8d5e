import Cryptography

extension RequestHead {
    /// Makes the strings of a whole head, whose first byte `bytes` begin with, and of the values of `secretNames` what
    /// is no string.
    convenience init(_ scan: HeadScan, _ bytes: UnsafeRawBufferPointer, _ secretNames: SecretHeaderNames) {
        let names = HeaderNameTable.shared
        let fields = scan.fields
        var secrets: [(name: String, value: SecretBytes)] = []
        var headers: [(name: String, value: String)] = []
        headers.reserveCapacity(fields.count)
        for field in fields {
            let name = field.known.map { names.name($0) } ?? Self.lowercase(bytes[field.name])
            let raw = UnsafeRawBufferPointer(rebasing: bytes[field.value])
            let isSecret = secretNames.contains(field.known)
            if isSecret { secrets.append((name, SecretBytes(raw))) }
            let value =
                isSecret ? "" : scan.summary.hasNonASCIIValues ? Self.text(raw) : String(decoding: raw, as: UTF8.self)
            headers.append((name, value))
        }
        self.init(
            method: scan.method, target: String(decoding: bytes[scan.target], as: UTF8.self),
            versionMinor: scan.summary.versionMinor, headers: headers, secrets: secrets)
    }

    /// What is not UTF-8 is read as Latin-1: replaced bytes could not be signed any more.
    private static func text(_ value: UnsafeRawBufferPointer) -> String {
        String(validating: value, as: UTF8.self)
            ?? String(String.UnicodeScalarView(value.map { Unicode.Scalar($0) }))
    }

    private static func lowercase(_ name: Slice<UnsafeRawBufferPointer>) -> String {
        String(unsafeUninitializedCapacity: name.count) { buffer in
            for (index, byte) in name.enumerated() { buffer[index] = byte.lowercased }
            return name.count
        }
    }
}
