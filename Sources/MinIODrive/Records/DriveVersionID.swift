import Cryptography

/// The id of a version on a MinIO drive: a UUID, or zero for the null version.
package struct DriveVersionID: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(bytes: ArraySlice<UInt8>) throws(DriveFault) {
        guard bytes.count == 16 else { throw .damaged("a version id of \(bytes.count) bytes") }
        self.bytes = Array(bytes)
    }

    package var isNull: Bool { bytes.allSatisfy { $0 == 0 } }

    /// The UUID in lower case, or `null`.
    package var text: String { isNull ? "null" : Self.uuid(bytes) }

    /// - Parameter bytes: sixteen.
    static func uuid(_ bytes: [UInt8]) -> String {
        [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { Hex.encode(Array(bytes[$0])) }.joined(separator: "-")
    }
}
