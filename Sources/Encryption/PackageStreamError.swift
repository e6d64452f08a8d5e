/// Why a package stream does not open.
package enum PackageStreamError: Error, Hashable {
    /// The header is no header of a package stream: wrong length, magic, cipher, package size, or a reserved byte set.
    case badHeader
    /// A stream of a later format.
    case unsupportedVersion(UInt8)
    /// Header and catalogue name different lengths, or the bytes given are not whole packages of this stream.
    case lengthMismatch
    /// A package was not sealed under this key, as this package, of this stream.
    case notAuthentic(package: Int64)
}
