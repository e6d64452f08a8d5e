import Cryptography
import Encryption
import Testing

@Suite struct RecordSealerTests {
    let sealer = RecordSealer(catalogueKey: SecretKey())
    let id = [UInt8](1...16)
    let columns = [UInt8]("columns".utf8)

    @Test(arguments: [0, 1, 15, 16, 500, 100_000], RecordKind.allCases)
    func `a record opens in its row`(size: Int, kind: RecordKind) throws {
        let record = Stream.pattern(size)
        let sealed = sealer.seal(record, kind: kind, id: id, associatedData: columns)
        #expect(sealed.count == size + RecordSealer.overhead)
        #expect(try sealer.open(sealed, kind: kind, id: id, associatedData: columns) == record)
    }

    @Test func `a buffer takes many records, and none that is not authentic`() {
        let sealed = sealer.seal([1, 2], kind: .object, id: id, associatedData: columns)
        var buffer: [UInt8] = [9]
        func opens(beside columns: [UInt8]) -> Bool {
            id.withUnsafeBytes { id in
                columns.withUnsafeBytes {
                    sealer.open(sealed, kind: .object, id: id, associatedData: $0, appendingTo: &buffer)
                }
            }
        }
        #expect(opens(beside: columns))
        #expect(opens(beside: columns))
        #expect(buffer == [9, 1, 2, 1, 2])
        #expect(!opens(beside: []))
        #expect(buffer == [9, 1, 2, 1, 2])
    }

    @Test func `records whose keys are derived together open each with its own`() {
        let ids = (0..<5).map { number in [UInt8](repeating: number, count: 16) }
        let sealed = ids.map { sealer.seal($0 + [7], kind: .object, id: $0, associatedData: columns) }
        var buffer: [UInt8] = []
        sealer.withRecordKeys(kind: .object, ids: ids.flatMap { $0 }, count: ids.count) { keys in
            columns.withUnsafeBytes { columns in
                for (position, record) in sealed.enumerated() {
                    #expect(keys.open(record, at: position, associatedData: columns, appendingTo: &buffer))
                    #expect(!keys.open(record, at: (position + 1) % 5, associatedData: columns, appendingTo: &buffer))
                }
            }
        }
        #expect(buffer == ids.flatMap { $0 + [7] })
    }

    @Test func `it opens in no other row, as no other kind, beside no other columns, under no other key`() {
        let sealed = sealer.seal([1, 2, 3], kind: .object, id: id, associatedData: columns)
        #expect(throws: AuthenticationFailure.self) {
            try sealer.open(sealed, kind: .object, id: Array(2...17), associatedData: columns)
        }
        #expect(throws: AuthenticationFailure.self) {
            try sealer.open(sealed, kind: .upload, id: id, associatedData: columns)
        }
        #expect(throws: AuthenticationFailure.self) {
            try sealer.open(sealed, kind: .object, id: id, associatedData: columns + [0])
        }
        #expect(throws: AuthenticationFailure.self) {
            try RecordSealer(catalogueKey: SecretKey()).open(sealed, kind: .object, id: id, associatedData: columns)
        }
    }

    @Test func `no byte of it can be changed or left out`() {
        let sealed = sealer.seal([1, 2, 3], kind: .object, id: id, associatedData: columns)
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 0x10
            for bytes in [damaged, Array(sealed.prefix(index))] {
                #expect(throws: AuthenticationFailure.self) {
                    try sealer.open(bytes, kind: .object, id: id, associatedData: columns)
                }
            }
        }
    }

    @Test func `equal records look different`() {
        let sealed = (0..<1000).map { _ in sealer.seal([], kind: .object, id: id, associatedData: []) }
        #expect(Set(sealed).count == 1000)
    }
}
