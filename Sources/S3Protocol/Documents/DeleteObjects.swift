import Notation

/// The body of a DeleteObjects request.
package struct DeleteObjectsRequest: Sendable {
    package struct Object: Sendable {
        /// As sent, never empty; whether it is a legal name is decided for each key by itself.
        package var key: String
        package var versionID: String?
        package var preconditions: DeletePreconditions
    }

    /// 1…1000.
    package var objects: [Object]
    /// Report only what failed.
    package var isQuiet: Bool

    package static let maximumKeys = 1000

    /// - Throws: `malformedXML`, also for no key or more than 1000.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> DeleteObjectsRequest {
        let root = try XMLReader.parse(document, root: "Delete")
        let elements = root.all("Object")
        guard (1...maximumKeys).contains(elements.count) else { throw S3Error(.malformedXML) }
        var objects: [Object] = []
        objects.reserveCapacity(elements.count)
        for element in elements {
            guard let key = try element.optionalText("Key"), !key.isEmpty else { throw S3Error(.malformedXML) }
            let version = try element.optionalText("VersionId")
            objects.append(
                Object(
                    key: key, versionID: version?.isEmpty == true ? nil : version,
                    preconditions: try preconditions(element)))
        }
        return DeleteObjectsRequest(objects: objects, isQuiet: try root.optionalFlag("Quiet") ?? false)
    }

    private static func preconditions(_ element: XMLElement) throws(S3Error) -> DeletePreconditions {
        var conditions = DeletePreconditions()
        if let tag = try element.optionalText("ETag") {
            guard let condition = ETagCondition(tag) else { throw S3Error(.malformedXML) }
            conditions.ifMatch = condition
        }
        if let time = try element.optionalText("LastModifiedTime") {
            guard let seconds = HTTPDate.parse(time.trimmed) else { throw S3Error(.malformedXML) }
            conditions.lastModified = seconds
        }
        conditions.size = try element.optionalNumber("Size")
        return conditions
    }
}

/// `DeleteResult`.
package struct DeleteResult: Sendable {
    package enum Entry: Sendable {
        /// - deleteMarkerVersionID: id of the delete marker that was made or removed; nil when there was none.
        case deleted(key: String, versionID: String?, deleteMarkerVersionID: String?)
        case failed(key: String, versionID: String?, S3Error)
    }

    package var entries: [Entry]

    /// - Parameter isQuiet: what was deleted is left out.
    package init(entries: [Entry], isQuiet: Bool) {
        guard isQuiet else {
            self.entries = entries
            return
        }
        self.entries = entries.filter { entry in
            switch entry {
            case .deleted: false
            case .failed: true
            }
        }
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 128 + entries.count * 128)
        xml.openRoot("DeleteResult")
        for entry in entries {
            switch entry {
            case .deleted(let key, let versionID, let markerID):
                xml.open("Deleted")
                xml.element("Key", key)
                xml.element("VersionId", ifPresent: versionID)
                if let markerID {
                    xml.element("DeleteMarker", true)
                    xml.element("DeleteMarkerVersionId", markerID)
                }
                xml.close("Deleted")
            case .failed(let key, let versionID, let error):
                xml.open("Error")
                xml.element("Key", key)
                xml.element("VersionId", ifPresent: versionID)
                xml.element("Code", error.code.rawValue)
                xml.element("Message", error.message)
                xml.close("Error")
            }
        }
        xml.close("DeleteResult")
        return xml.bytes
    }
}
