import JSON
import KeyManagement
import Requests
import Threading

/// How the key service is, as it was asked some seconds ago at most: whoever opens a page waits for no time limit of a
/// server that is away.
final class KeyServiceWatch: Sendable {
    /// Nanoseconds after which it is asked anew.
    private static let freshness = 5_000_000_000
    /// How long a call waits for the answer before it takes what was known last.
    private static let patience = Duration.milliseconds(700)

    struct Reading: Sendable {
        let status: KeyServiceStatus
        /// What it said, where something is wrong.
        let cause: String?
        /// Of the monotonic clock, nanoseconds.
        let time: Int64

        enum State: String {
            case online, degraded, offline
        }

        var state: State {
            guard status.endpoints.isEmpty || status.endpoints.contains(where: \.isOnline) else { return .offline }
            switch status.keyStore {
            case .unavailable, .unreachable: return .degraded
            case .available, .unknown: break
            }
            return status.endpoints.allSatisfy(\.isOnline) ? .online : .degraded
        }
    }

    private let service: any KeyService
    private let last = ShortLock<Reading?>(nil)
    private let flight = SingleFlight<String, Reading, KeyServiceError>()

    init(_ service: any KeyService) { self.service = service }

    var defaultKey: String { service.defaultKey.name }

    /// What is known of it; nil when it was never known, and does not answer in time.
    var reading: Reading? {
        get async {
            let known = last.withLock { $0 }
            if let known, Clock.monotonicNanoseconds() - known.time < Self.freshness { return known }
            let answer = PendingAnswer<Reading?>()
            let asking = Task { answer.give(try? await ask()) }
            let waiting = Task {
                if (try? await Task.sleep(for: Self.patience)) != nil { answer.give(known) }
            }
            defer { waiting.cancel() }
            _ = asking
            return await answer.wait(cancelled: known)
        }
    }

    /// What the service said when it failed last; nil while it does not fail.
    var cause: String? {
        get async {
            guard let reading = await reading, reading.state != .online else { return nil }
            return reading.cause
        }
    }

    private func ask() async throws(KeyServiceError) -> Reading {
        try await flight.outcome("status", cancelled: .unavailable("the request was given up")) {
            () async throws(KeyServiceError) in
            let status = await self.service.status()
            var reading = Reading(status: status, cause: nil, time: Clock.monotonicNanoseconds())
            if reading.state != .online {
                reading = Reading(status: status, cause: await self.causeNow(), time: reading.time)
            }
            self.last.withLock { $0 = reading }
            return reading
        }
    }

    private func causeNow() async -> String {
        do {
            _ = try await service.describeKey(service.defaultKey)
            return "some of its endpoints do not answer, or the place where it keeps its keys does not"
        } catch {
            return "\(error)"
        }
    }
}

extension KeyServiceWatch.Reading {
    /// The member `keyService` of documents.
    ///
    /// - Parameter isFull: for who may ask for the service's state.
    func document(_ settings: ConsoleSettings, isFull: Bool) -> JSONValue {
        var document = JSONObject(["kind": .string(settings.keyService.rawValue), "state": .string(state.rawValue)])
        document["cause"] = cause.map { .string($0) }
        guard isFull else { return document.value }
        document["name"] = .string(status.name)
        document["defaultKey"] = .string(status.defaultKey.name)
        document["endpoints"] = .array(
            status.endpoints.map { .object(["name": .string($0.name), "online": .bool($0.isOnline)]) })
        document["latencyMilliseconds"] = status.latency.map { .integer(Int64($0 / .milliseconds(1))) }
        document["keyStore"] = .string("\(status.keyStore)")
        document["canCreateKeys"] = .bool(settings.keyService.cannotCreateKeys == nil)
        document["canListKeys"] = .bool(true)
        document["cannotCreateKeys"] = settings.keyService.cannotCreateKeys.map { .string($0) }
        return document.value
    }
}
