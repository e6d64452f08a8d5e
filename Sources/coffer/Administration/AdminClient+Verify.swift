import AdminService
import FoundationEssentials
import HTTPClient
import Maintenance

extension AdminClient {
    /// Has the server go through its drive; returns when it says that it has, or why it did not.
    ///
    /// - Parameter note: is given each piece as it is done.
    func verify(
        _ options: VerifyOptions, from cursor: VerifyCursor, note: (Verification.Step) throws -> Void
    ) async throws(StartFailure) -> VerifyEnding {
        do {
            var target = "/minio/admin/v3/coffer/verify?share=\(options.share)&from=\(cursor)"
            if let rate = options.rate { target += "&rate=\(rate)" }
            var request = try request(.post, target)
            request.timeout = .seconds(30)
            request.longestSilence = .seconds(120)
            let lines = try await http.open(request)
            while let line = try await lines.next() {
                guard lines.status == 200 else {
                    let refusal = refusal(lines.status, line)
                    return lines.status == 503 ? .keyServiceAway(refusal.reason) : .brokenOff(refusal.reason)
                }
                let text = Data(line.drop { $0 == UInt8(ascii: " ") })
                if text.isEmpty { continue }
                if let end = try? JSONDecoder().decode(VerifyEnd.self, from: text) {
                    guard let error = end.error else { return .complete }
                    return end.isKeyServiceAway ? .keyServiceAway(error) : .brokenOff(error)
                }
                guard let step = try? JSONDecoder().decode(Verification.Step.self, from: text) else {
                    throw StartFailure("\(endpoint): the answer is not one of Coffer's")
                }
                try note(step)
            }
            return .brokenOff("\(endpoint): the answer ended early (status \(lines.status))")
        } catch let error as HTTPClientError {
            return .brokenOff("\(endpoint): \(error)")
        } catch {
            throw error as? StartFailure ?? StartFailure("\(endpoint): \(error)")
        }
    }
}
