/// When to say that a certificate is about to expire: once each at 30, 7 and 1 days, and when it has.
package struct ExpiryWarnings: Sendable {
    private static let thresholds = [30, 7, 1, 0]
    private static let secondsADay: Int64 = 86_400

    private let subject: String
    private var notAfter: Int64?
    /// The last threshold that was reported, in days.
    private var reported: Int?

    /// - Parameter subject: What the warnings begin with.
    package init(_ subject: String) { self.subject = subject }

    /// What to say now of a certificate that ends at `notAfter`; both in seconds since 1970.
    package mutating func warning(notAfter: Int64, now: Int64) -> String? {
        if self.notAfter != notAfter {
            self.notAfter = notAfter
            reported = nil
        }
        let left = notAfter - now
        guard let threshold = Self.thresholds.last(where: { left <= Int64($0) * Self.secondsADay }),
            reported.map({ threshold < $0 }) ?? true
        else { return nil }
        reported = threshold
        return left <= 0
            ? "\(subject) has expired"
            : "\(subject) expires in \(Self.text(left))"
    }

    private static func text(_ seconds: Int64) -> String {
        switch seconds {
        case (2 * secondsADay)...: "\(seconds / secondsADay) days"
        case 7200...: "\(seconds / 3600) hours"
        default: "\(max(1, seconds / 60)) min"
        }
    }
}
