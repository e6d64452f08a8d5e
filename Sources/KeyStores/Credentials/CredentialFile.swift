import Cryptography
import Glibc

/// Reads the small files that credentials are in, anew at every use, since others rotate them.
enum CredentialFile {
    static let maximumByteCount = 1 << 20

    /// The file's bytes, which the caller wipes.
    ///
    /// Throws ``KeyStoreError/notAuthorized(_:)`` when it cannot be read: without it the server is nobody to the store.
    static func read(_ path: String) throws(KeyStoreError) -> [UInt8] {
        guard let file = fopen(path, "re") else { throw failure(path, errno) }
        defer { fclose(file) }
        // What a buffer of the C library holds would not be wiped.
        setvbuf(file, nil, Int32(_IONBF), 0)
        var bytes = [UInt8](repeating: 0, count: maximumByteCount + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw failure(path, errno) }
        guard count <= maximumByteCount else {
            throw .notAuthorized("the credentials in \(path) are longer than \(maximumByteCount) bytes")
        }
        defer { wipe(&bytes) }
        return Array(bytes[..<count])
    }

    /// The file's text without white space at its ends, such as a token and the line feed after it.
    static func readText(_ path: String) throws(KeyStoreError) -> String {
        var bytes = try read(path)
        defer { wipe(&bytes) }
        let isSpace = { (byte: UInt8) in byte == 0x20 || 0x09...0x0d ~= byte }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { throw .notAuthorized("there are no credentials in \(path)") }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }

    private static func failure(_ path: String, _ code: Int32) -> KeyStoreError {
        .notAuthorized("the credentials in \(path) cannot be read: \(String(cString: strerror(code)))")
    }
}
