/// The list of the parts of an upload that its version does not use, as a row of `unused_parts` has it.
///
/// A byte 1, the parts' numbers, four bytes each, and eight bytes of a fingerprint of all that, the upload's number in front
/// of it; big-endian. One wrong bit, one of the upload's number too, would name parts that a version has.
enum UnusedParts {
    private static let version: UInt8 = 1
    private static let numberLength = 4
    private static let fingerprintLength = 8

    static func encode(_ numbers: some Collection<UInt32>, ofUpload upload: Int64) -> [UInt8] {
        var list = [version]
        list.reserveCapacity(1 + numbers.count * numberLength + fingerprintLength)
        for number in numbers { append(number, to: &list) }
        append(check(list[...], upload), to: &list)
        return list
    }

    /// The numbers; nil when the list is damaged, or of a former release, whose lists had no fingerprint.
    static func decode(_ list: [UInt8], ofUpload upload: Int64) -> [UInt32]? {
        let numbersLength = list.count - 1 - fingerprintLength
        guard numbersLength >= 0, numbersLength.isMultiple(of: numberLength), list[0] == version else { return nil }
        var expected: [UInt8] = []
        append(check(list[..<(1 + numbersLength)], upload), to: &expected)
        guard list[(1 + numbersLength)...].elementsEqual(expected) else { return nil }
        return stride(from: 1, to: 1 + numbersLength, by: numberLength).map { start in
            list[start..<(start + numberLength)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    private static func check(_ list: ArraySlice<UInt8>, _ upload: Int64) -> Int64 {
        var bytes: [UInt8] = []
        append(upload, to: &bytes)
        return fingerprint(of: bytes + list)
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
