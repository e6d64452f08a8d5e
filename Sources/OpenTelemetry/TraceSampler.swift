import Requests

/// Which requests are traced, by OpenTelemetry's names.
package struct TraceSampler: Sendable {
    /// Whether a request follows its caller, where that says whether it records.
    private let followsParent: Bool
    /// The share of the others, from 0 to 1.
    private let ratio: Double

    /// Every request whose caller does not say no: `parentbased_always_on`.
    package static let usual = TraceSampler(followsParent: true, ratio: 1)

    private init(followsParent: Bool, ratio: Double) {
        self.followsParent = followsParent
        self.ratio = ratio
    }

    /// Reads `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`; `nil` for what they cannot be.
    package init?(name: String, argument: String?) {
        let ratio: Double
        switch argument.map(Double.init) {
        case nil: ratio = 1
        case .some(let given?) where (0...1).contains(given): ratio = given
        case .some: return nil
        }
        switch name {
        case "always_on": self.init(followsParent: false, ratio: 1)
        case "always_off": self.init(followsParent: false, ratio: 0)
        case "traceidratio": self.init(followsParent: false, ratio: ratio)
        case "parentbased_always_on": self.init(followsParent: true, ratio: 1)
        case "parentbased_always_off": self.init(followsParent: true, ratio: 0)
        case "parentbased_traceidratio": self.init(followsParent: true, ratio: ratio)
        default: return nil
        }
    }

    /// - Parameter traceID: 32 hex digits; all servers that see the same trace decide alike.
    func samples(_ traceID: String, parent: TraceParent?) -> Bool {
        if followsParent, let parent { return parent.isSampled }
        guard ratio < 1 else { return true }
        // The lower half of the id is the random one.
        let value = UInt64(traceID.suffix(16), radix: 16) ?? 0
        return Double(value >> 1) < ratio * Double(UInt64.max >> 1)
    }
}
