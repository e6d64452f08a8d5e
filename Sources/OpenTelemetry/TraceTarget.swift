package import HTTPClient

/// Where spans are sent, and what is said of this server with them.
package struct TraceTarget: Sendable {
    /// The whole URL: `http://collector:4318/v1/traces`.
    package let endpoint: String
    /// Sent with every request; their values may be secret.
    package let headers: [(name: String, value: String)]
    /// Attributes of this server: `service.name` and others.
    package let resource: [(name: String, value: String)]
    package let sampler: TraceSampler
    package let transport: HTTPClientConfiguration

    package init(
        endpoint: String, headers: [(name: String, value: String)], resource: [(name: String, value: String)],
        sampler: TraceSampler, transport: HTTPClientConfiguration
    ) {
        self.endpoint = endpoint
        self.headers = headers
        self.resource = resource
        self.sampler = sampler
        self.transport = transport
    }
}
