import AccessPolicy
import AdminService
import HTTPServer
import Metrics
import Requests
import S3Protocol
import S3Service
import STSService

/// Hands each request to the service whose it is, by its path; S3's while the gate is open, or when it lets them in.
struct RequestDispatcher: HTTPHandler {
    private let s3: S3Service
    private let admin: AdminService
    private let metrics: MetricsService
    private let sts: STSService
    private let settings: ServiceSettings
    private let gate: RequestGate
    private let pipeline: RequestPipeline

    init(
        context: ServiceContext, admin: AdminContext, metrics: MetricsService, providers: STSService.Providers,
        pipeline: RequestPipeline
    ) {
        s3 = S3Service(context: context, pipeline: pipeline)
        self.admin = AdminService(context: admin, pipeline: pipeline)
        sts = STSService(accounts: admin.accounts, providers: providers, pipeline: pipeline)
        self.metrics = metrics
        settings = context.settings
        gate = admin.gate
        self.pipeline = pipeline
    }

    /// In a bucket with a host name of its own the path is a key, whatever it looks like.
    func answer(_ request: HTTPRequest) -> HTTPAnswer {
        let target = request.head.originForm
        // All that is not S3's is there or at the root, and few requests are.
        if target.begins(with: "/minio/"), !settings.namesBucket(request.head.header("host")) {
            if AdminService.serves(target) { return admin.answer(request) }
            if MetricsService.serves(target) { return metrics.answer(request) }
        }
        if isOfTokens(request.head) { return sts.answer(request) }
        guard gate.isOpen || s3.isHealthCheck(request.head) else { return gated(request) }
        return s3.answer(request)
    }

    func refused(_ refusal: HTTPRefusal) {
        pipeline.end(refusal, FaultDocument.code(refusal.fault))
    }

    private func isOfTokens(_ head: RequestHead) -> Bool {
        head.method == "POST" && STSService.serves(head) && !settings.namesBucket(head.header("host"))
    }

    /// Answers when the gate lets the request in, on its connection's event loop as ever.
    private func gated(_ request: HTTPRequest) -> HTTPAnswer {
        .later { response in
            guard await gate.enter() else {
                let refusal = S3Error(.slowDown, headers: [("retry-after", "1")])
                return await send(s3.refuse(request, refusal), response)
            }
            defer { gate.leave() }
            await send(s3.answer(request), response)
        }
    }

    private func answer(_ request: HTTPRequest, gated caller: InProcessCaller) -> HTTPAnswer {
        .later { response in
            guard await gate.enter() else {
                return await send(s3.refuse(request, S3Error(.slowDown, headers: [("retry-after", "1")])), response)
            }
            defer { gate.leave() }
            await send(s3.answer(request, as: caller), response)
        }
    }

    private func send(_ answer: HTTPAnswer, _ response: ResponseWriter) async {
        switch answer {
        case .now(let whole): await response.send(whole)
        case .later(let work): await work(response)
        }
    }
}

extension RequestDispatcher: InProcessRequests {
    func answer(_ request: HTTPRequest, as caller: InProcessCaller) -> HTTPAnswer {
        if AdminService.serves(request.head.target) { return admin.answer(request, as: caller) }
        guard gate.isOpen else { return answer(request, gated: caller) }
        return s3.answer(request, as: caller)
    }

    func allow(_ demands: [Demand], _ request: HTTPRequest, as caller: InProcessCaller) -> [Bool] {
        s3.allow(demands, request, as: caller)
    }
}
