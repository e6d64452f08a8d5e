/// One version of an object as its record says.
package struct DriveVersion: Sendable {
    package enum Kind: Sendable {
        case object(DriveObject)
        case deleteMarker
        /// A note about data in a remote tier that is to be deleted: no version that clients see.
        case bookkeeping
    }

    package let id: DriveVersionID
    /// Nanoseconds since 1970.
    package let modified: Int64
    package let kind: Kind
    /// The record's own number for it.
    let type: Int64

    private init(id: DriveVersionID, modified: Int64, kind: Kind, type: Int64) {
        self.id = id
        self.modified = modified
        self.kind = kind
        self.type = type
    }

    var asBookkeeping: DriveVersion { DriveVersion(id: id, modified: modified, kind: .bookkeeping, type: type) }

    init(record: ArraySlice<UInt8>) throws(DriveFault) {
        var reader = MessagePackReader(record)
        var type: Int64 = 0
        var object: DriveObject.Record?
        var marker: DriveObject.Record?
        for _ in 0..<(try reader.readMap(limit: 16)) {
            switch try reader.readText() {
            case "Type": type = try reader.readInteger()
            case "V2Obj": object = try DriveObject.Record(&reader)
            case "DelObj": marker = try DriveObject.Record(&reader)
            default: try reader.skip()
            }
        }
        switch (type, object, marker) {
        case (1, let record?, _):
            self.init(
                id: try record.requiredID, modified: record.modified, kind: .object(try DriveObject(record)), type: type
            )
        case (2, _, let record?):
            let isNote = record.system.keys.contains { $0.lowercased() == "x-minio-internal-free-version" }
            self.init(
                id: try record.requiredID, modified: record.modified, kind: isNote ? .bookkeeping : .deleteMarker,
                type: type)
        case (3, _, _): throw .unsupported("a version in the format of before 2020")
        default: throw .damaged("a version's record")
        }
    }
}
