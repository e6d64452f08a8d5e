import HTTPClient
import Notation
import OpenTelemetry

/// Tracing as OpenTelemetry's own variables configure it; off unless they name an endpoint.
enum TraceVariables {
    static func target(_ environment: Environment) throws(StartFailure) -> TraceTarget? {
        func variable(_ name: String) -> String? { environment.variables[name].flatMap { $0.isEmpty ? nil : $0 } }
        guard variable("OTEL_SDK_DISABLED")?.lowercased() != "true", variable("OTEL_TRACES_EXPORTER") != "none",
            let endpoint = variable("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
                ?? variable("OTEL_EXPORTER_OTLP_ENDPOINT").map({ base in
                    base.hasSuffix("/") ? "\(base)v1/traces" : "\(base)/v1/traces"
                })
        else { return nil }
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw StartFailure("OTEL_EXPORTER_OTLP_ENDPOINT is no URL with http or https")
        }
        let name = variable("OTEL_TRACES_SAMPLER") ?? "parentbased_always_on"
        guard let sampler = TraceSampler(name: name, argument: variable("OTEL_TRACES_SAMPLER_ARG")) else {
            throw StartFailure("OTEL_TRACES_SAMPLER: \"\(name)\" or its argument is not one of OpenTelemetry's")
        }
        let headers = variable("OTEL_EXPORTER_OTLP_TRACES_HEADERS") ?? variable("OTEL_EXPORTER_OTLP_HEADERS") ?? ""
        var resource = try pairs(variable("OTEL_RESOURCE_ATTRIBUTES") ?? "", "OTEL_RESOURCE_ATTRIBUTES")
        let service = variable("OTEL_SERVICE_NAME")
        if service != nil || !resource.contains(where: { $0.name == "service.name" }) {
            resource.removeAll { $0.name == "service.name" }
            resource.append(("service.name", service ?? "coffer"))
        }
        var transport = HTTPClientConfiguration()
        transport.maxConnections = 1
        transport.caPaths = variable("OTEL_EXPORTER_OTLP_CERTIFICATE").map { [$0] } ?? []
        return TraceTarget(
            endpoint: endpoint,
            headers: try pairs(headers, "OTEL_EXPORTER_OTLP_HEADERS").map { ($0.name.lowercased(), $0.value) },
            resource: resource, sampler: sampler, transport: transport)
    }

    /// `name=value,name=value`, the values percent-encoded.
    private static func pairs(
        _ list: String, _ variable: String
    ) throws(StartFailure) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for pair in list.split(separator: ",") {
            guard let sign = pair.firstIndex(of: "=") else { throw StartFailure("\(variable): name=value, by commas") }
            let name = pair[..<sign].filter { !$0.isWhitespace }
            guard let value = PercentEncoding.decode(pair[pair.index(after: sign)...].description.utf8, plus: .literal)
            else { throw StartFailure("\(variable): a value is not percent-encoded") }
            pairs.append((String(name), String(decoding: value, as: UTF8.self)))
        }
        return pairs
    }
}
