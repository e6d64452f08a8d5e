import Glibc

/// Reads the small files that credentials are kept in.
enum AWSFile {
    private static let maximumByteCount = 1 << 20

    /// The file's text; `nil` when there is none.
    ///
    /// Throws ``KeyStoreError/notAuthorized(_:)`` when it cannot be read, and for one that is too long to be meant.
    ///
    /// - Parameter mayBeForbidden: One that may not be read counts as not there.
    static func text(_ path: String, mayBeForbidden: Bool = false) throws(KeyStoreError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            let reason = errno
            if reason == ENOENT || reason == ENOTDIR { return nil }
            if mayBeForbidden, reason == EACCES || reason == EPERM { return nil }
            throw failure(path, reason)
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = read(descriptor, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(path, errno) }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(contentsOf: piece[..<count])
            guard bytes.count <= maximumByteCount else { throw failure(path, EFBIG) }
        }
    }

    private static func failure(_ path: String, _ reason: Int32) -> KeyStoreError {
        .notAuthorized("aws: \(path): \(String(cString: strerror(reason)))")
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    var trimmedLine: String {
        guard let end = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[...end].drop(while: \.isWhitespace))
    }
}
