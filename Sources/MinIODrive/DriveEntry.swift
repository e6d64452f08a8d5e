import Cryptography

/// An object on a drive: a directory with an `xl.meta`.
package struct DriveEntry: Sendable {
    package let bucket: String
    /// As clients name it.
    package let key: String
    let directory: String

    /// As ``file()``; nil where it is longer than so many bytes.
    package func file(upTo length: Int) throws(DriveFault) -> VersionFile? {
        try DriveFiles.length("\(directory)/xl.meta") > Int64(length) ? nil : file()
    }

    package func file() throws(DriveFault) -> VersionFile {
        try VersionFile(DriveFiles.contents("\(directory)/xl.meta", limit: VersionFile.greatestSize))
    }

    /// The plaintext of a part.
    ///
    /// - Parameter key: nil for an object that is not encrypted.
    package func body(
        _ part: DriveObject.Part, of object: DriveObject, version: DriveVersionID, in file: VersionFile,
        _ key: DriveObjectKey?
    ) throws(DriveFault) -> PartBody {
        guard (key == nil) == (object.encryption == nil) else { throw .customerKeyMissing }
        let partKey = key.map { object.system.hasPartKeys ? $0.partKey(part.number) : $0.key }
        return PartBody(
            try stored(part, of: object, version, file), size: part.size, key: partKey,
            isCompressed: object.isCompressed)
    }

    private func stored(
        _ part: DriveObject.Part, of object: DriveObject, _ version: DriveVersionID, _ file: VersionFile
    ) throws(DriveFault) -> StoredPart {
        let inline = file.inlineData(of: version)
        if part.storedSize == 0 { return try StoredPart([], size: 0, blockSize: object.blockSize) }
        if object.system.isInline {
            guard let inline else { throw .damaged("its data is missing") }
            return try StoredPart(inline, size: part.storedSize, blockSize: object.blockSize)
        }
        guard object.dataDirectory.count == 16 else { throw .damaged("its data is missing") }
        let path = "\(directory)/\(DriveVersionID.uuid(object.dataDirectory))/part.\(part.number)"
        // Former servers have not said that data is in the record.
        if let inline, !inline.isEmpty, version.isNull || !DriveFiles.exists(path) {
            return try StoredPart(inline, size: part.storedSize, blockSize: object.blockSize)
        }
        return try StoredPart(file: path, size: part.storedSize, blockSize: object.blockSize)
    }

    /// What keeps a version's data from being read of this drive, as its record says; nil for nothing.
    package static func obstacle(of object: DriveObject) -> DriveFault? {
        if object.system.isPurged { return .unsupported("it is deleted, but for its replicas") }
        guard let tier = object.system.tier else { return nil }
        // A restored copy is here, for a while.
        let isRestored = object.userMetadata.contains {
            $0.name.lowercased() == "x-amz-restore" && $0.value.contains("ongoing-request=\"false\"")
        }
        return isRestored ? nil : .remote(tier: tier)
    }
}
