import CLinux

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
        let whole = bytes.count / byteCount * byteCount
        state.update(UnsafeRawBufferPointer(rebasing: bytes[..<whole]))
        if whole < bytes.count { state.updateLast(UnsafeRawBufferPointer(rebasing: bytes[whole...])) }
        return state.finalize()
    }
}

/// Four lanes of 64 bits, four times; what goes through every byte is `coffer_highway_packets`.
private struct HighwayState {
    private typealias Lanes = SIMD4<UInt64>

    private var v0: Lanes
    private var v1: Lanes
    private var mul0 = Lanes(0xdbe6_d5d5_fe4c_ce2f, 0xa409_3822_299f_31d0, 0x1319_8a2e_0370_7344, 0x243f_6a88_85a3_08d3)
    private var mul1 = Lanes(0x3bd3_9e10_cb0e_f593, 0xc0ac_f169_b5f1_8a8c, 0xbe54_66cf_34e9_0c6c, 0x4528_21e6_38d0_1377)

    init(key: UnsafeRawBufferPointer) {
        let key = key.loadUnaligned(as: Lanes.self)
        v0 = mul0 ^ key
        v1 = mul1 ^ Self.halvesSwapped(key)
    }

    private static func halvesSwapped(_ lanes: Lanes) -> Lanes { lanes &>> 32 | lanes &<< 32 }

    /// - Parameter packets: of 32 bytes each.
    mutating func update(_ packets: UnsafeRawBufferPointer) {
        guard let data = packets.baseAddress else { return }
        let count = packets.count / HighwayHash.byteCount
        withUnsafeMutableBytes(of: &self) { state in
            coffer_highway_packets(
                state.assumingMemoryBound(to: UInt64.self).baseAddress, data.assumingMemoryBound(to: UInt8.self), count)
        }
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
            let turned = Lanes(swapped[2], swapped[3], swapped[0], swapped[1])
            withUnsafeBytes(of: turned) { update($0) }
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
