import KESProtocol

extension KESDiagnosis {
    /// What a server says of the client's rights.
    enum Access: Hashable {
        case all
        case policy(String, PolicyRules)
        /// It does not say.
        case unknown
    }

    private var ownIdentity: String { client.identity?.text ?? "none" }

    private func unassigned() -> DiagnosisStep {
        .wrong(
            .identity, "\(ownIdentity) has no policy on this server",
            remedy: "add it to 'identities' of a policy in the server's configuration and reload the server (SIGHUP)")
    }

    func identitySteps() async -> ([DiagnosisStep], Access) {
        do throws(KESClientError) {
            let own = try await client.describeSelf()
            if own.isAdmin { return ([.right(.identity, "\(ownIdentity) is the admin")], .all) }
            return (
                [.right(.identity, "\(ownIdentity) has the policy '\(own.policy)'")], .policy(own.policy, own.rules)
            )
        } catch .fault(.identityNotFound) {
            return await elsewhereKnown()
        } catch {
            return ([.wrong(.identity, error.detail, remedy: "look at the server's log")], .unknown)
        }
    }

    /// KES's own servers say “does not exist” to all but the admin, so another way has to tell.
    private func elsewhereKnown() async -> ([DiagnosisStep], Access) {
        guard let identity = client.identity else { return ([unassigned()], .unknown) }
        do throws(KESClientError) {
            let info = try await client.describeIdentity(identity)
            let step = DiagnosisStep.right(.identity, "\(ownIdentity) has the policy '\(info.policy)'")
            guard let name = PolicyName(info.policy), let policy = try? await client.readPolicy(name) else {
                return ([step], .unknown)
            }
            return ([step], .policy(info.policy, policy.rules))
        } catch .fault(.notAuthorized) {
            // Whoever may do anything at all is known.
            let isAllowed = await isAnythingAllowed()
            let finding = "\(ownIdentity) is known; the server does not say by which policy"
            return ([isAllowed ? .right(.identity, finding) : unassigned()], .unknown)
        } catch {
            return ([unassigned()], .unknown)
        }
    }

    private func isAnythingAllowed() async -> Bool {
        func isAllowed(_ call: () async throws(KESClientError) -> Void) async -> Bool {
            do throws(KESClientError) {
                try await call()
                return true
            } catch .fault(.notAuthorized) {
                return false
            } catch .fault {
                // Refused for another reason, which comes after the policy's.
                return true
            } catch {
                return false
            }
        }
        if await isAllowed({ () async throws(KESClientError) in _ = try await client.status() }) { return true }
        guard let key else { return false }
        return await isAllowed { () async throws(KESClientError) in _ = try await client.describeKey(key) }
    }

    /// The calls that a client of one key makes, and the paths asked for.
    private var neededPaths: [String] {
        let routes: [KESRoute] = [.createKey, .generateKey, .decrypt, .describeKey]
        return (key.map { key in routes.map { $0.path + key.text } } ?? []) + paths
    }

    func policySteps(_ access: Access) -> [DiagnosisStep] {
        guard !neededPaths.isEmpty else { return [] }
        switch access {
        case .all: return [.right(.policy, "the admin may do everything")]
        case .unknown: return [.unknown(.policy, "the server does not show its rules")]
        case .policy(let name, let rules):
            return neededPaths.map { path in
                if let rule = rules.deny.first(where: { Self.rule($0, matches: path) }) {
                    return .wrong(
                        .policy, "\(path) is denied by '\(rule)'",
                        remedy: "take '\(rule)' out of 'deny' of the policy '\(name)', or make it narrower")
                }
                guard let rule = rules.allow.first(where: { Self.rule($0, matches: path) }) else {
                    return .wrong(
                        .policy, "no rule allows \(path)",
                        remedy: "add '\(path)' to 'allow' of the policy '\(name)'")
                }
                return .right(.policy, "\(path) is allowed by '\(rule)'")
            }
        }
    }

    /// A rule is a path, or the beginning of one and an asterisk.
    private static func rule(_ rule: String, matches path: String) -> Bool {
        rule.hasSuffix("*") ? path.hasPrefix(rule.dropLast()) : rule == path && !rule.isEmpty
    }

    // MARK: Keys

    func keyStoreSteps() async -> [DiagnosisStep] {
        let remedy = "look at 'keystore' in the server's configuration and at the server's log"
        do throws(KESClientError) {
            try await client.ready()
            return [.right(.keyStore, "the server can use it")]
        } catch .fault(.notAuthorized) {
            return [.unknown(.keyStore, "the policy does not allow /v1/ready")]
        } catch .fault(let fault) where fault.status == 404 {
            return [.unknown(.keyStore, "the server is too old to say")]
        } catch {
            return [.wrong(.keyStore, error.detail, remedy: remedy)]
        }
    }

    func keySteps() async -> [DiagnosisStep] {
        guard let key else { return [] }
        do throws(KESClientError) {
            _ = try await client.describeKey(key)
            return [.right(.key, "'\(key)' is there")]
        } catch .fault(.keyNotFound) {
            return [.wrong(.key, "there is no key '\(key)'", remedy: "make it: key create \(key)")]
        } catch .fault(.notAuthorized) {
            return [
                .wrong(
                    .policy, "\(KESRoute.describeKey.path)\(key) is not allowed",
                    remedy: "add '\(KESRoute.describeKey.path)\(key)' to 'allow' of the identity's policy")
            ]
        } catch {
            return [.wrong(.key, error.detail, remedy: "look at the server's log")]
        }
    }
}
