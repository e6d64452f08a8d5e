package import ObjectStorage
package import S3Protocol

/// What is to be told of a change once it is committed, and to whom; nobody makes one where nobody is to be told.
package struct ChangeNotice: Sendable {
    package let name: EventName
    package let bucket: String
    /// The bucket's, when it has one.
    package let configuration: NotificationConfiguration?
    package let source: EventSource

    package init(
        _ name: EventName, bucket: String, configuration: NotificationConfiguration?, source: EventSource
    ) {
        self.name = name
        self.bucket = bucket
        self.configuration = configuration
        self.source = source
    }

    /// Of the same request and bucket.
    package func with(_ name: EventName) -> ChangeNotice {
        ChangeNotice(name, bucket: bucket, configuration: configuration, source: source)
    }

    /// Of the removal of a version, whatever was to become of the object.
    var ofRemoval: ChangeNotice { name == .expiredMarker ? self : with(.removedDelete) }

    package func targets(for key: String) -> [String] { configuration?.targets(of: name, key: key) ?? [] }

    /// - Parameters:
    ///   - record: of the version, or `nil` where nothing is told of it but its name.
    ///   - sequence: of what has happened, where that is not the version's order.
    package func event(
        _ columns: VersionColumns, _ record: ObjectRecord?, sequence: Int64? = nil
    ) -> ObjectEvent {
        var event = ObjectEvent(
            name, bucket: bucket, key: columns.key, sequence: sequence ?? columns.order, source: source)
        if !columns.flags.contains(.nullVersion) { event.versionID = columns.version.hex }
        if let record {
            event.size = columns.size
            event.etag = record.etag.value
            event.contentType = record.attributes.headers.contentType ?? ContentHeaders.defaultContentType
            event.metadata = record.attributes.metadata
        }
        return event
    }
}

/// An event with what its targets are to be sent, sealed, for the transaction of the change that it tells of.
struct PreparedEvent: Sendable {
    let event: ObjectEvent
    let rows: [NewEvent]
}
