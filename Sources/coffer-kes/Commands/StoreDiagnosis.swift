import Cryptography
import KESClient
import KESProtocol
import KESService
import KeyStores

/// Walks the way from a server to the keys in its store, and tries each right that it needs with a key made for that.
///
/// The probe is a key like others with a random name, `coffer-doctor-…`. It is removed at the end, also when the task is
/// cancelled, and where it cannot be removed that is said.
struct StoreDiagnosis {
    /// What the names of all probes begin with.
    static let probePrefix = "coffer-doctor-"

    private let store: any KeyStore
    private let name: KeyName
    private let value = MasterKey(createdAt: .now, createdBy: "coffer-kes doctor").storedValue
    private let successor = MasterKey(createdAt: .now, createdBy: "coffer-kes doctor").storedValue

    init(_ store: any KeyStore) {
        self.store = store
        let number = String(UInt64.random(in: .min ... .max), radix: 16)
        guard let name = KeyName(Self.probePrefix + number) else {
            preconditionFailure("letters, digits and hyphens are a name")
        }
        self.name = name
    }

    /// Tells each step when it is known; whether nothing was wrong.
    ///
    /// What comes before the rights ends at the first thing that is wrong; of the rights each is tried.
    func run(_ tell: (DiagnosisStep) -> Void) async -> Bool {
        var isGood = true
        func report(_ step: DiagnosisStep) {
            tell(step)
            if step.isWrong { isGood = false }
        }
        report(await statusStep())
        guard isGood else { return false }
        await rightSteps(report)
        if let end = store.credentialExpiry {
            let left = max(.zero, end - .now).components.seconds
            report(.right(.credential, "valid for \(Lines.span(seconds: Int(left))), renewed before that"))
        }
        return isGood
    }

    // MARK: The way there

    /// Where the store listens, if its configuration names a host: the steps up to TLS, or the first one that is wrong.
    static func connectionSteps(_ configuration: KeyStoreConfiguration) async -> [DiagnosisStep] {
        guard configuration.isRemote, let (host, port) = hostAndPort(of: configuration.place) else { return [] }
        let probe = ConnectionProbe(
            host: host, port: port, authority: "\(host):\(port)",
            remedies: .init(
                name: "correct the endpoint in the section 'keystore', or add its name to the DNS",
                refusal: "start the key store, or correct the port of the endpoint in the section 'keystore'",
                certificate:
                    "set 'tls.ca' of the store (or SSL_CERT_FILE) to the certificate of the authority that signed "
                    + "the store's, and name the store as its certificate does"))
        let steps = await probe.steps()
        guard !steps.contains(where: \.isWrong), !configuration.place.hasPrefix("http://") else { return steps }
        return steps + (await probe.tlsSteps(authorities: configuration.authorities))
    }

    /// Of a URL, or of a host with or without a port; `nil` for what is neither, such as the name of a project.
    private static func hostAndPort(of place: String) -> (host: String, port: Int)? {
        let isPlain = place.hasPrefix("http://")
        var rest = place[...]
        if let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
        } else if !rest.contains(".") {
            return nil
        }
        rest = rest.prefix { $0 != "/" }
        let isLiteral = rest.first == "["
        let end = isLiteral ? rest.firstIndex(of: "]") : rest.lastIndex(of: ":")
        let host = isLiteral ? rest[..<(end ?? rest.endIndex)].dropFirst() : rest[..<(end ?? rest.endIndex)]
        let port = rest.lastIndex(of: ":").flatMap { Int(rest[rest.index(after: $0)...]) }
        guard !host.isEmpty else { return nil }
        return (String(host), port ?? (isPlain ? 80 : 443))
    }

    private func statusStep() async -> DiagnosisStep {
        do throws(KeyStoreError) {
            let latency = try await timed { () throws(KeyStoreError) in try await store.status() }
            let milliseconds = Int(latency / .milliseconds(1)) + 1
            return .right(.keyStore, "\(store.title), answers within \(milliseconds) ms")
        } catch {
            return wrong(.keyStore, error)
        }
    }

    // MARK: Rights

    private func rightSteps(_ report: (DiagnosisStep) -> Void) async {
        let creation = await attempt { () throws(KeyStoreError) in try await store.create(name, value) }
        report(step(.creating, creation, "made the key \(name)"))
        let isMade = creation == nil
        report(await readingStep(isMade: isMade))
        report(await listingStep(isMade: isMade))
        if isMade, let replacing = try? store.replacing() {
            let change = await attempt { () throws(KeyStoreError) in
                try await replacing.replace(name, value, with: successor)
            }
            report(step(.replacing, change, "put another value in its place, as a rotation does"))
        } else if isMade {
            report(.unknown(.replacing, "this store cannot replace values safely: its keys cannot be rotated"))
        }
        report(await deletionStep(isMade: isMade))
    }

    /// Without a key to read, that there is none is an answer, too.
    private func readingStep(isMade: Bool) async -> DiagnosisStep {
        do throws(KeyStoreError) {
            let found = try await timed { () throws(KeyStoreError) in try await store.get(name) }
            guard found.isEqual(to: value) else {
                return .wrong(
                    .reading, "the store has another value for the key than it was given",
                    remedy: "find out what changes values on their way; no key can be kept like this")
            }
            return .right(.reading, "read it back, as it was written")
        } catch .keyNotFound where !isMade {
            return .right(.reading, "the store says that there is no such key, as there is none")
        } catch {
            return wrong(.reading, error)
        }
    }

    private func listingStep(isMade: Bool) async -> DiagnosisStep {
        do throws(KeyStoreError) {
            let page = try await timed { () throws(KeyStoreError) in
                try await store.list(prefix: Self.probePrefix, after: nil, limit: 1000)
            }
            if isMade, page.isLast, !page.names.contains(name.text) {
                return .unknown(.listing, "the store does not list the key (yet)")
            }
            let others = page.names.filter { $0 != name.text }
            return others.isEmpty
                ? .right(.listing, "listed the keys of that prefix")
                : .unknown(.listing, "there are keys of earlier runs, to be removed: \(others.joined(separator: ", "))")
        } catch {
            return wrong(.listing, error)
        }
    }

    /// Removes the key, whatever has become of the task: a creation that failed may have happened all the same.
    private func deletionStep(isMade: Bool) async -> DiagnosisStep {
        let failure = await Task { [self] in
            await attempt { () throws(KeyStoreError) in try await store.delete(name) }
        }.value
        switch failure {
        case nil where isMade: return .right(.deleting, "removed it")
        case nil,
            .keyNotFound where !isMade:
            return .right(.deleting, "removing a key that is not there is permitted")
        case .some(let error):
            let step = wrong(.deleting, error)
            guard isMade, case .wrong(let remedy) = step.outcome else { return step }
            return .wrong(
                .deleting, "\(error)", remedy: "\(remedy); and remove the key \(name), which is still there")
        }
    }

    // MARK: Parts

    private func step(_ subject: DiagnosisStep.Subject, _ failure: KeyStoreError?, _ done: String) -> DiagnosisStep {
        failure.map { wrong(subject, $0) } ?? .right(subject, done)
    }

    private func wrong(_ subject: DiagnosisStep.Subject, _ error: KeyStoreError) -> DiagnosisStep {
        let remedy =
            switch error {
            case .notAuthorized:
                "the key store refuses it, not a policy of the server: give the server's identity there the right that "
                    + "is named above"
            case .unreachable: "check that the key store runs and can be reached from this machine"
            case .unavailable: "look at the key store itself, or at what the section 'keystore' says of it"
            case .corrupt: "look at what the key store holds under this name"
            case .keyExists, .keyNotFound, .keyChanged, .nameNotAllowed:
                "find out who else changes the keys of this store"
            case .cancelled: "let it run to its end"
            }
        return .wrong(subject, "\(error)", remedy: remedy)
    }

    private func attempt(_ call: @escaping @Sendable () async throws(KeyStoreError) -> Void) async -> KeyStoreError? {
        do throws(KeyStoreError) {
            try await timed(call)
            return nil
        } catch {
            return error
        }
    }

    private func timed<Value: Sendable>(
        _ call: @escaping @Sendable () async throws(KeyStoreError) -> Value
    ) async throws(KeyStoreError) -> Value {
        let limit = KeyVault.storeTimeout
        return try await within(limit, late: .unreachable("no answer within \(limit)"), call).get()
    }
}
