import Certificates
import Testing

@Suite struct ExpiryWarningsTests {
    private let day: Int64 = 86_400

    /// What is said in each hour from `first` days before the end to two hours after it.
    private func said(from first: Int64, _ warnings: inout ExpiryWarnings, end: Int64) -> [String] {
        stride(from: end - first * day, through: end + 7200, by: 3600).compactMap {
            warnings.warning(notAfter: end, now: $0)
        }
    }

    @Test func `each threshold is worth one warning`() {
        var warnings = ExpiryWarnings("the TLS certificate")
        #expect(
            said(from: 40, &warnings, end: 4_000_000_000) == [
                "the TLS certificate expires in 30 days", "the TLS certificate expires in 7 days",
                "the TLS certificate expires in 24 hours", "the TLS certificate has expired",
            ])
    }

    @Test func `who begins late hears only of the nearest threshold, and of another certificate anew`() {
        var warnings = ExpiryWarnings("the TLS certificate")
        let end: Int64 = 4_000_000_000
        #expect(warnings.warning(notAfter: end, now: end - 5 * day) == "the TLS certificate expires in 5 days")
        #expect(warnings.warning(notAfter: end, now: end - 4 * day) == nil)
        #expect(warnings.warning(notAfter: end + 90 * day, now: end - 4 * day) == nil)
        #expect(warnings.warning(notAfter: end + day, now: end - 4 * day) == "the TLS certificate expires in 5 days")
        #expect(warnings.warning(notAfter: end + day, now: end + day - 60) == "the TLS certificate expires in 1 min")
    }
}
