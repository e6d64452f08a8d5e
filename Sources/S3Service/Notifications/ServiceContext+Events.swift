import AccessPolicy
import HTTPServer
import Notifications
import ObjectStorage
import Requests
import S3Protocol
import SealedStorage

extension ServiceContext {
    /// What a change in a bucket is to tell; `nil` where nobody is to be told, which costs next to nothing.
    func notice(_ name: EventName, of request: S3Request, in bucket: Bucket) -> ChangeNotice? {
        let configuration = bucket.notification
        guard configuration != nil || hub.hasListeners else { return nil }
        return ChangeNotice(
            name, bucket: bucket.name, configuration: configuration, source: source(of: request))
    }

    /// Tells that an object was read.
    func tell(_ name: EventName, of object: StoredObject, to request: S3Request, in bucket: Bucket) {
        guard let notice = notice(name, of: request, in: bucket),
            hub.hasListeners || !notice.targets(for: object.columns.key).isEmpty
        else { return }
        let event = notice.event(object.columns, object.record, sequence: request.time * 1000)
        drive.events.tell(event, of: notice)
    }

    /// Tells that a bucket has come or gone: to listeners alone, for there is no configuration that is about it.
    func tell(_ name: EventName, ofBucket bucket: String, to request: S3Request) {
        guard hub.hasListeners else { return }
        let source = source(of: request)
        let event = ObjectEvent(name, bucket: bucket, key: "", sequence: request.time * 1000, source: source)
        drive.events.tell(event, of: ChangeNotice(name, bucket: bucket, configuration: nil, source: source))
    }

    private func source(of request: S3Request) -> EventSource {
        var source = EventSource(
            region: settings.region ?? "", principal: request.principal.accessKey ?? "",
            address: request.record.connection.remoteAddress,
            userAgent: Self.bounded(request.header("user-agent") ?? ""), requestID: request.record.id,
            endpoint: "\(request.isSecure ? "https" : "http")://\(Self.bounded(request.header("host") ?? ""))",
            time: request.time)
        source.deployment = settings.deployment()
        return source
    }

    /// As much of what a client has written as belongs into every event: a head may be of 64 KiB.
    private static func bounded(_ text: String) -> String {
        text.utf8.count <= 512 ? text : String(decoding: text.utf8.prefix(512), as: UTF8.self)
    }
}
