/// One thing that has to be right for a client to get at its key, and whether it is.
package struct DiagnosisStep: Hashable, Sendable {
    package enum Subject: String, Hashable, Sendable, CaseIterable {
        case configuration = "Configuration"
        case address = "Address"
        case connection = "Connection"
        case handshake = "TLS handshake"
        case serverCertificate = "Server certificate"
        case clientCertificate = "Client certificate"
        case server = "Server"
        case identity = "Identity"
        case policy = "Policy"
        case keyStore = "Key store"
        case credential = "Credential"
        case creating = "Create"
        case reading = "Read"
        case listing = "List"
        case replacing = "Replace"
        case deleting = "Delete"
        case key = "Key"
    }

    package enum Outcome: Hashable, Sendable {
        case right
        /// Could not be found out, and may be right.
        case unknown
        /// With what to change.
        case wrong(remedy: String)
    }

    package let subject: Subject
    package let outcome: Outcome
    /// What was found.
    package let finding: String

    package var isWrong: Bool {
        if case .wrong = outcome { true } else { false }
    }

    package static func right(_ subject: Subject, _ finding: String) -> DiagnosisStep {
        DiagnosisStep(subject: subject, outcome: .right, finding: finding)
    }

    package static func unknown(_ subject: Subject, _ finding: String) -> DiagnosisStep {
        DiagnosisStep(subject: subject, outcome: .unknown, finding: finding)
    }

    package static func wrong(_ subject: Subject, _ finding: String, remedy: String) -> DiagnosisStep {
        DiagnosisStep(subject: subject, outcome: .wrong(remedy: remedy), finding: finding)
    }
}
