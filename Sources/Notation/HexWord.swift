/// Eight hexadecimal digits in ASCII and the four bytes that they stand for, all at once.
///
/// The first of them is the least significant, as a little-endian processor loads them. `public` for the same reason as
/// ``HexDigit``.
public enum HexWord {
    /// The lower-case digits of four bytes.
    @inlinable
    @inline(__always)
    public static func digits(of bytes: UInt32) -> UInt64 {
        var lanes = UInt64(bytes)
        lanes = (lanes | lanes << 16) & 0x0000_ffff_0000_ffff
        lanes = (lanes | lanes << 8) & 0x00ff_00ff_00ff_00ff
        return digits(ofValues: lanes >> 4 & 0x000f_000f_000f_000f | (lanes & 0x000f_000f_000f_000f) << 8)
    }

    /// The bytes of eight digits in either case; `nil` where one is none.
    @inlinable
    @inline(__always)
    public static func bytes(of digits: UInt64) -> UInt32? {
        // Letters have bit 6, and their values are 9 more than their low four bits.
        let letters = digits >> 6 & 0x0101_0101_0101_0101
        let values = digits & 0x0f0f_0f0f_0f0f_0f0f &+ letters &* 9
        guard self.digits(ofValues: values & 0x0f0f_0f0f_0f0f_0f0f) == digits | letters << 5 else { return nil }
        var lanes = values << 4 & 0x00f0_00f0_00f0_00f0 | values >> 8 & 0x000f_000f_000f_000f
        lanes = (lanes | lanes >> 8) & 0x0000_ffff_0000_ffff
        return UInt32(truncatingIfNeeded: lanes | lanes >> 16)
    }

    /// Of values below 16, one in each byte.
    @inlinable
    @inline(__always)
    static func digits(ofValues values: UInt64) -> UInt64 {
        // With 6 more, the values of letters reach bit 4.
        let letters = (values &+ 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
        return values &+ 0x3030_3030_3030_3030 &+ letters &* 39
    }
}
