/// What a package stream is part of; bound into its key, so that it opens as nothing else.
package struct StreamIdentity: Sendable, Hashable {
    /// The object version, or the upload to which a part belongs: 16 bytes.
    package var versionID: [UInt8]
    /// The part, 1…10 000; 0 for an object written in one piece.
    package var partNumber: UInt32

    package init(versionID: [UInt8], partNumber: UInt32 = 0) {
        precondition(versionID.count == Self.versionIDSize, "a version id has 16 bytes")
        self.versionID = versionID
        self.partNumber = partNumber
    }

    static let versionIDSize = 16
}
