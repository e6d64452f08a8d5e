/// What is sent to a collector: OTLP 1.x in its JSON form, one resource with one scope.
struct OTLPDocument: Encodable {
    struct ResourceSpans: Encodable {
        let resource: Resource
        let scopeSpans: [ScopeSpans]
    }

    struct Resource: Encodable {
        let attributes: [Attribute]
    }

    struct ScopeSpans: Encodable {
        let scope: Scope
        let spans: [OTLPSpan]
    }

    struct Scope: Encodable {
        let name: String
    }

    struct Attribute: Encodable {
        /// 64-bit numbers are text in this form.
        struct Value: Encodable {
            var stringValue: String?
            var intValue: String?
        }

        let key: String
        let value: Value

        init(_ key: String, _ text: String) { (self.key, value) = (key, Value(stringValue: text)) }
        init(_ key: String, _ number: Int64) { (self.key, value) = (key, Value(intValue: "\(number)")) }
    }

    let resourceSpans: [ResourceSpans]

    init(_ spans: [OTLPSpan], of resource: [(name: String, value: String)]) {
        resourceSpans = [
            ResourceSpans(
                resource: Resource(attributes: resource.map { Attribute($0.name, $0.value) }),
                scopeSpans: [ScopeSpans(scope: Scope(name: "coffer"), spans: spans)])
        ]
    }
}

/// A span: one request, from its head to the last byte of its answer.
struct OTLPSpan: Encodable {
    struct Status: Encodable {
        let code: Int
        let message: String
    }

    let traceId: String
    let spanId: String
    let parentSpanId: String?
    let name: String
    /// 2: a server's.
    let kind = 2
    /// Nanoseconds since 1970.
    let startTimeUnixNano: String
    let endTimeUnixNano: String
    let attributes: [OTLPDocument.Attribute]
    /// `nil`: neither well nor badly, as the conventions want it of what is the client's fault.
    let status: Status?
}
