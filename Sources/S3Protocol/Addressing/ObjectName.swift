/// An object's key: 1 to 1024 bytes of UTF-8, every one of them significant.
///
/// `a//b`, `../x`, a lone space and a trailing `/` are ordinary keys: nothing on disk is named after a key. Two keys are
/// equal when their bytes are, whereas Swift strings are equal when they look alike ("é" composed or not).
package struct ObjectName: Sendable, CustomStringConvertible {
    package static let maximumByteCount = 1024

    package let rawValue: String

    /// Throws `KeyTooLongError` (400) above 1024 bytes and `XMinioInvalidObjectName` (400) for none.
    package init(_ key: String) throws(S3Error) {
        let count = key.utf8.count
        guard count > 0 else { throw S3Error(.xMinioInvalidObjectName, "Object name is empty.") }
        guard count <= Self.maximumByteCount else {
            throw S3Error(
                .keyTooLongError,
                details: [
                    (name: "Size", value: "\(count)"), (name: "MaxSizeAllowed", value: "\(Self.maximumByteCount)"),
                ])
        }
        rawValue = key
    }

    package var description: String { rawValue }
}

extension ObjectName: Hashable {
    package static func == (one: ObjectName, other: ObjectName) -> Bool {
        one.rawValue.hasSameBytes(as: other.rawValue)
    }

    package func hash(into hasher: inout Hasher) {
        var key = rawValue
        key.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension ObjectName: Comparable {
    /// The order of listings: by UTF-8 bytes.
    package static func < (one: ObjectName, other: ObjectName) -> Bool {
        one.rawValue.utf8.lexicographicallyPrecedes(other.rawValue.utf8)
    }
}
