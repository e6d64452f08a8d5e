/// One thing that the server needs, and how it is.
package struct DiagnosedThing: Sendable {
    /// The worst first.
    package enum Verdict: String, Sendable {
        case wrong, doubtful, unknown, right
    }

    let subject: String
    let verdict: Verdict
    let text: String
    let remedy: String?

    /// - Parameters:
    ///   - text: what was found.
    ///   - remedy: what to change; nil where nothing is to be.
    package init(subject: String, verdict: Verdict, text: String, remedy: String?) {
        self.subject = subject
        self.verdict = verdict
        self.text = text
        self.remedy = remedy
    }
}

/// Looks at what this server runs on; whoever puts the server together knows how.
package typealias ServerDiagnosis = @Sendable () async -> [DiagnosedThing]
