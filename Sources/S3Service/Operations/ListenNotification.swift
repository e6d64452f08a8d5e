import AccessPolicy
import S3Protocol
import SealedStorage

/// MinIO's stream of what happens in all buckets, as it happens: `mc watch`.
struct ListenNotification: ImmediateS3Operation {
    static let name = "ListenNotification"
    static let route = Route(
        "GET", .service, requiring: ["events"], understanding: EventStreamRequest.parameters)

    private let listening: EventStreamRequest

    init(_ request: S3Request) throws(S3Error) {
        listening = try EventStreamRequest(request, bucket: nil)
    }

    var demands: [Demand] { [Demand(.listenNotification, on: .service)] }

    func perform(in service: ServiceContext) throws -> S3Response { try listening.begin(in: service) }
}
