import Glibc

/// Sixteen bytes that name one thing for ever; the kind keeps identifiers of different things apart at compile time.
package struct Identifier<Kind>: Hashable, Sendable {
    package static var byteCount: Int { 16 }

    let high: UInt64
    let low: UInt64

    /// The identifier of two numbers, of which the first is the first eight bytes.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// A random identifier: 128 bits from the system's generator.
    package init() {
        var words: (UInt64, UInt64) = (0, 0)
        let status = withUnsafeMutableBytes(of: &words) { getentropy($0.baseAddress, $0.count) }
        precondition(status == 0, "the random number generator failed")
        self.init(high: words.0, low: words.1)
    }

    /// An identifier of another kind with the same sixteen bytes.
    package init(_ other: Identifier<some Any>) {
        self.init(high: other.high, low: other.low)
    }

    /// The identifier that these bytes spell, or nil unless there are exactly sixteen.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(
            high: bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) },
            low: bytes.dropFirst(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The identifier that 32 hexadecimal digits of either case spell.
    package init?(hex: some StringProtocol) {
        let digits = hex.utf8
        guard digits.count == 2 * Self.byteCount else { return nil }
        var words: [UInt64] = [0, 0]
        for (index, digit) in digits.enumerated() {
            guard let value = Character(UnicodeScalar(digit)).hexDigitValue, digit < 0x80 else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(value)
        }
        self.init(high: words[0], low: words[1])
    }

    /// Sixteen bytes, big-endian, so that their order is the order of the numbers.
    package var bytes: [UInt8] {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian)) { [UInt8]($0) }
    }

    /// Lends the same sixteen bytes.
    package func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeBytes(of: (high.bigEndian, low.bigEndian), body)
    }

    /// 32 lower-case hexadecimal digits.
    package var hex: String { hexDigits(of: high, count: 16) + hexDigits(of: low, count: 16) }
}

extension Identifier: CustomStringConvertible {
    package var description: String { hex }
}

package enum VersionIdentity {}
package enum BlobIdentity {}
package enum UploadIdentity {}

/// Names one version of one object.
package typealias VersionID = Identifier<VersionIdentity>

extension Identifier<VersionIdentity> {
    /// An identifier of a version of this order: the order, then 64 random bits.
    ///
    /// So the row is found by bucket, key and order, with the index that lookups and listings use.
    ///
    /// - Parameter random: the 64 bits; drawn from the system's generator, a call of the kernel, when they are not given.
    package init(order: Int64, random: UInt64 = .random(in: 0...UInt64.max)) {
        self.init(high: UInt64(bitPattern: order), low: random)
    }

    /// The order of the version, if its identifier was made of one.
    package var order: Int64 { Int64(bitPattern: high) }
}

/// Names one blob file: the run of the process that made it, and its number in that run.
///
/// Only the store makes them.
package typealias BlobID = Identifier<BlobIdentity>

/// Names one multipart upload.
package typealias UploadID = Identifier<UploadIdentity>

package enum EventIdentity {}
/// Names an event that waits for a target.
package typealias EventID = Identifier<EventIdentity>

/// Names a bucket within this drive; never used again after the bucket is deleted.
///
/// From ``ObjectStore/nextBucketID()`` for a new one.
package struct BucketID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// Names a row of wrapped key material; from ``ObjectStore/nextDataKeyID()`` for a new one.
package struct DataKeyID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// The last `count` hexadecimal digits of a number, with leading zeros.
func hexDigits(of value: UInt64, count: Int) -> String {
    String(unsafeUninitializedCapacity: count) { buffer in
        for index in 0..<count {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt64(4 * (count - 1 - index))) & 15
            buffer[index] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
        }
        return count
    }
}
