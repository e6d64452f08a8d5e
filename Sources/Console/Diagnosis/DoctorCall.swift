import AccessPolicy
import JSON
import Requests
import S3Protocol
import Threading

/// What is wrong with this server, as `coffer doctor` tells it.
enum DoctorCall {
    static let routes = [CallRoute("GET doctor", perform)]

    private static func perform(_ call: Call) async throws {
        guard try call.agent.allows(.obdInfo, on: .service, in: call.request) else {
            throw ConsoleError(S3Error(.accessDenied))
        }
        let findings = await call.context.diagnosis.latest(at: call.context.clock())
        try await call.answer(
            .object([
                "time": .time(findings.time),
                "findings": .array(
                    findings.things.map { thing in
                        .object([
                            "subject": .string(thing.subject), "verdict": .string(thing.verdict.rawValue),
                            "text": .string(thing.text), "remedy": thing.remedy.map { .string($0) },
                        ])
                    }),
            ]))
    }
}

/// The server's diagnosis as it was made some seconds ago at most: it writes to the drive and asks the key service.
final class RecentDiagnosis: Sendable {
    struct Findings: Sendable {
        let things: [DiagnosedThing]
        /// Milliseconds since 1970.
        let time: Int64
    }

    /// Milliseconds.
    private static let freshness: Int64 = 10_000

    private let diagnose: ServerDiagnosis
    private let last = ShortLock<Findings?>(nil)
    private let making = ShortLock<Task<Findings, Never>?>(nil)

    init(_ diagnose: @escaping ServerDiagnosis) { self.diagnose = diagnose }

    /// - Parameter time: milliseconds since 1970.
    func latest(at time: Int64) async -> Findings {
        if let last = last.withLock({ $0 }), abs(time - last.time) < Self.freshness { return last }
        let task = making.withLock { making -> Task<Findings, Never> in
            if let making { return making }
            let task = Task {
                let findings = Findings(things: await diagnose(), time: time)
                self.last.withLock { $0 = findings }
                self.making.withLock { $0 = nil }
                return findings
            }
            making = task
            return task
        }
        return await task.value
    }
}
