import Cryptography
import NIOCore

/// The MD5 of a member.
///
/// `@unchecked Sendable`: it serves one call at a time.
final class MemberDigest: @unchecked Sendable {
    private let digest = Digest(.md5)

    func update(_ bytes: ByteBuffer) { bytes.withUnsafeReadableBytes { digest.update($0) } }

    func finalize() -> [UInt8] { digest.finalize() }
}
