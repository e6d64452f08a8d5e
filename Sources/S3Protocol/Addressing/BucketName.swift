/// A bucket's name: 3 to 63 characters of `a-z0-9.-`, as AWS has it for general purpose buckets.
///
/// It begins and ends with a letter or digit, has no two dots and no dot and hyphen side by side, and is not an IPv4
/// address. AWS's reserved prefixes and suffixes (`xn--`, `-s3alias` …) stand for services that do not exist here, and are
/// allowed.
package struct BucketName: Sendable, CustomStringConvertible {
    package let rawValue: String

    /// Names whose paths belong to this server's own interfaces (`/minio/health/live`), so that no bucket can have them.
    package static let reserved: Set<String> = ["minio"]

    /// Throws `InvalidBucketName` (400) with the name in its details.
    package init(_ name: String) throws(S3Error) {
        guard Self.isValid(name.utf8) else {
            throw S3Error(.invalidBucketName, details: [(name: "BucketName", value: name)])
        }
        rawValue = name
    }

    package var description: String { rawValue }

    private static func isValid(_ name: String.UTF8View) -> Bool {
        guard (3...63).contains(name.count) else { return false }
        let dot = UInt8(ascii: ".")
        let hyphen = UInt8(ascii: "-")
        // As if a dot stood before the first character: that forbids a dot or hyphen there too.
        var previous = dot
        var dots = 0
        var onlyDigits = true
        for byte in name {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                break
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                onlyDigits = false
            case hyphen:
                guard previous != dot else { return false }
                onlyDigits = false
            case dot:
                guard previous != dot, previous != hyphen else { return false }
                dots += 1
            default:
                return false
            }
            previous = byte
        }
        return previous != dot && previous != hyphen && !(onlyDigits && dots == 3)
    }
}

extension BucketName: Hashable {
    package static func == (one: BucketName, other: BucketName) -> Bool {
        one.rawValue.hasSameBytes(as: other.rawValue)
    }

    package func hash(into hasher: inout Hasher) {
        var name = rawValue
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension BucketName: Comparable {
    /// The order of listings: by bytes.
    package static func < (one: BucketName, other: BucketName) -> Bool {
        one.rawValue.utf8.lexicographicallyPrecedes(other.rawValue.utf8)
    }
}
