/// HighwayHash with a result of 256 bits, of one message.
///
/// A keyed hash that finds damage; nothing here is secured by it, because the keys that it is used with are no secrets.
package enum HighwayHash {
    /// Bytes of a key, and of a hash.
    package static let byteCount = 32

    /// - Precondition: `key` has 32 bytes.
    package static func hash(_ bytes: UnsafeRawBufferPointer, key: [UInt8]) -> [UInt8] {
        precondition(key.count == byteCount, "a key of HighwayHash has 32 bytes")
        var state = key.withUnsafeBytes { HighwayState(key: $0) }
        var position = 0
        while bytes.count - position >= byteCount {
            state.update(UnsafeRawBufferPointer(rebasing: bytes[position..<position + byteCount]))
            position += byteCount
        }
        if position < bytes.count { state.updateLast(UnsafeRawBufferPointer(rebasing: bytes[position...])) }
        return state.finalize()
    }
}

/// Four lanes of 64 bits, four times.
private struct HighwayState {
    typealias Lanes = SIMD4<UInt64>

    private var v0: Lanes
    private var v1: Lanes
    private var mul0 = Lanes(0xdbe6_d5d5_fe4c_ce2f, 0xa409_3822_299f_31d0, 0x1319_8a2e_0370_7344, 0x243f_6a88_85a3_08d3)
    private var mul1 = Lanes(0x3bd3_9e10_cb0e_f593, 0xc0ac_f169_b5f1_8a8c, 0xbe54_66cf_34e9_0c6c, 0x4528_21e6_38d0_1377)

    init(key: UnsafeRawBufferPointer) {
        let key = Self.lanes(key)
        v0 = mul0 ^ key
        v1 = mul1 ^ Self.halvesSwapped(key)
    }

    private static func lanes(_ bytes: UnsafeRawBufferPointer) -> Lanes {
        Lanes(
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
    }

    private static func halvesSwapped(_ lanes: Lanes) -> Lanes { lanes &>> 32 | lanes &<< 32 }

    /// - Parameter packet: 32 bytes.
    @inline(__always)
    mutating func update(_ packet: UnsafeRawBufferPointer) { update(Self.lanes(packet)) }

    @inline(__always)
    private mutating func update(_ lanes: Lanes) {
        v1 &+= mul0 &+ lanes
        mul0 ^= (v1 & 0xffff_ffff) &* (v0 &>> 32)
        v0 &+= mul1
        mul1 ^= (v0 & 0xffff_ffff) &* (v1 &>> 32)
        v0 &+= Self.merged(v1)
        v1 &+= Self.merged(v0)
    }

    /// The bytes of each pair of lanes, zipped in the algorithm's order.
    @inline(__always)
    private static func merged(_ lanes: Lanes) -> Lanes {
        let first = merged(lanes[1], lanes[0])
        let second = merged(lanes[3], lanes[2])
        return Lanes(first.low, first.high, second.low, second.high)
    }

    @inline(__always)
    private static func merged(_ high: UInt64, _ low: UInt64) -> (low: UInt64, high: UInt64) {
        (
            low: (low & 0xff00_0000 | high & 0xff_0000_0000) &>> 24
                | (low & 0xff00_0000_0000 | high & 0xff_0000_0000_0000) &>> 16
                | low & 0xff_0000 | (low & 0xff00) &<< 32 | (high & 0xff00_0000_0000_0000) &>> 8 | low &<< 56,
            high: (high & 0xff00_0000 | low & 0xff_0000_0000) &>> 24
                | high & 0xff_0000 | (high & 0xff00_0000_0000) &>> 16 | (high & 0xff00) &<< 24
                | (low & 0xff_0000_0000_0000) &>> 8 | (high & 0xff) &<< 48 | low & 0xff00_0000_0000_0000
        )
    }

    /// - Parameter rest: 1 to 31 bytes.
    mutating func updateLast(_ rest: UnsafeRawBufferPointer) {
        let count = rest.count
        v0 &+= Lanes(repeating: UInt64(count) &<< 32 &+ UInt64(count))
        v1 = Self.halvesRotated(v1, by: UInt64(count))
        let whole = count & ~3
        let beyond = count & 3
        var packet = [UInt8](repeating: 0, count: HighwayHash.byteCount)
        for index in 0..<whole { packet[index] = rest[index] }
        if count & 16 != 0 {
            for index in 0..<4 { packet[28 + index] = rest[count - 4 + index] }
        } else if beyond > 0 {
            packet[16] = rest[whole]
            packet[17] = rest[whole + beyond >> 1]
            packet[18] = rest[count - 1]
        }
        packet.withUnsafeBytes { update($0) }
    }

    /// Each half of 32 bits rotated to the left.
    private static func halvesRotated(_ lanes: Lanes, by count: UInt64) -> Lanes {
        let low = lanes & 0xffff_ffff
        let high = lanes &>> 32
        let rotatedLow = (low &<< count | low &>> (32 - count)) & 0xffff_ffff
        let rotatedHigh = (high &<< count | high &>> (32 - count)) & 0xffff_ffff
        return rotatedHigh &<< 32 | rotatedLow
    }

    mutating func finalize() -> [UInt8] {
        for _ in 0..<10 {
            let swapped = Self.halvesSwapped(v0)
            update(Lanes(swapped[2], swapped[3], swapped[0], swapped[1]))
        }
        let sum0 = v0 &+ mul0
        let sum1 = v1 &+ mul1
        return [0, 2].flatMap { lane -> [UInt8] in
            let (a0, a1, a2) = (sum0[lane], sum0[lane + 1], sum1[lane])
            let a3 = sum1[lane + 1] & 0x3fff_ffff_ffff_ffff
            let high = a1 ^ (a3 &<< 1 | a2 &>> 63) ^ (a3 &<< 2 | a2 &>> 62)
            let low = a0 ^ (a2 &<< 1) ^ (a2 &<< 2)
            return withUnsafeBytes(of: (low.littleEndian, high.littleEndian)) { [UInt8]($0) }
        }
    }
}
