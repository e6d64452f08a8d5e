import HTTPClient
package import KESProtocol

extension KESClient {
    /// Needs no policy.
    package func version() async throws(KESClientError) -> VersionResponse {
        try await document(Call(route: .version))
    }

    /// Returns when the server can use its key store.
    package func ready() async throws(KESClientError) {
        _ = try await perform(Call(route: .ready))
    }

    package func status() async throws(KESClientError) -> StatusResponse {
        try await document(Call(route: .status))
    }

    package func apis() async throws(KESClientError) -> [APIDescription] {
        let answer: APIListResponse = try await document(Call(route: .api))
        return answer.apis
    }

    /// In Prometheus's text format.
    package func metrics() async throws(KESClientError) -> String {
        String(decoding: try await perform(Call(route: .metrics)).body, as: UTF8.self)
    }

    /// How every server is, asked at one time.
    ///
    /// A server that refuses is a server that is there.
    package func endpointStatuses(timeout: Duration = .seconds(3)) async -> [EndpointStatus] {
        await withTaskGroup(of: (Int, EndpointStatus).self) { group in
            for (index, endpoint) in endpoints.enumerated() {
                group.addTask { (index, await self.status(of: endpoint, timeout: timeout)) }
            }
            var statuses: [Int: EndpointStatus] = [:]
            for await (index, status) in group { statuses[index] = status }
            return endpoints.indices.compactMap { statuses[$0] }
        }
    }

    private func status(of endpoint: KESEndpoint, timeout: Duration) async -> EndpointStatus {
        let start = ContinuousClock.now
        do throws(KESClientError) {
            _ = try await send(Call(route: .version), to: endpoint, timeout: timeout)
        } catch .fault(let fault) where fault.status < 500 {
            // It answers.
        } catch {
            return EndpointStatus(endpoint: endpoint, latency: nil, failure: error)
        }
        return EndpointStatus(endpoint: endpoint, latency: .now - start, failure: nil)
    }
}

/// Whether one of several servers answers.
package struct EndpointStatus: Sendable {
    package let endpoint: KESEndpoint
    /// The time for the answer; nil when there was none.
    package let latency: Duration?
    package let failure: KESClientError?

    package var isOnline: Bool { latency != nil }
}
