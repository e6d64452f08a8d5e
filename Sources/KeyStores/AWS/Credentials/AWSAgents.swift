import HTTPClient
import JSON

/// Credentials that an agent next to the server gives away: of the container, and of the machine.
extension AWSCredentialChain {
    /// Those of a container's role (ECS, EKS pod identity); `nil` outside of such containers.
    func ofContainer(_ time: CallTime) async throws(KeyStoreError) -> Fresh? {
        let url: String
        if let relative = environment["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] {
            guard relative.hasPrefix("/") else {
                throw .notAuthorized("aws: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'")
            }
            url = "http://169.254.170.2\(relative)"
        } else if let full = environment["AWS_CONTAINER_CREDENTIALS_FULL_URI"] {
            guard Self.mayBeToldSecrets(full) else {
                throw .notAuthorized(
                    "aws: AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine")
            }
            url = full
        } else {
            return nil
        }
        var request = StoreRequest(.get, url, isRepeatable: true)
        request.headers = [("accept", "application/json")]
        if let authorization = try await containerAuthorization() {
            request.headers.append(("authorization", authorization))
        }
        return try credentials(try await agents.send(request, time), of: "the container's agent")
    }

    /// Those of an EC2 instance's role; `nil` when they are not wanted, or there is no metadata service.
    func ofMachine(_ time: CallTime) async throws(KeyStoreError) -> Fresh? {
        guard environment["AWS_EC2_METADATA_DISABLED"]?.lowercased() != "true" else { return nil }
        var base = environment["AWS_EC2_METADATA_SERVICE_ENDPOINT"] ?? "http://169.254.169.254"
        while base.last == "/" { base.removeLast() }
        guard let session = try await metadataSession(base, time) else { return nil }
        let roles = "\(base)/latest/meta-data/iam/security-credentials/"
        let found = try await metadata(roles, session, time)
        // An instance without a role.
        if found.status == 404 { return nil }
        guard found.isSuccess, let role = String(decoding: found.body, as: UTF8.self).split(separator: "\n").first
        else {
            throw .unavailable("aws: the machine's metadata service does not name a role (status \(found.status))")
        }
        return try credentials(
            try await metadata("\(roles)\(role.trimmedLine)", session, time), of: "the machine's metadata service")
    }

    private func containerAuthorization() async throws(KeyStoreError) -> String? {
        guard let file = environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] else {
            return environment["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        }
        guard let token = try await CredentialFile.textIfPresent(file) else {
            throw .notAuthorized("aws: the container's token file \(file) does not exist")
        }
        return token.trimmedLine
    }

    /// Whether the token, and the credentials that come back, stay on this machine or are encrypted.
    private static func mayBeToldSecrets(_ url: String) -> Bool {
        if url.hasPrefix("https://") { return true }
        guard url.hasPrefix("http://") else { return false }
        let authority = url.dropFirst(7).prefix { !"/?#".contains($0) }
        guard !authority.contains("@"), !authority.contains("\\") else { return false }
        let host = authority.first == "[" ? authority.dropFirst().prefix { $0 != "]" } : authority.prefix { $0 != ":" }
        let agents: Set<Substring> = ["localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"]
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false)
        return agents.contains(host)
            || (numbers.count == 4 && numbers[0] == "127" && numbers.allSatisfy { UInt8($0) != nil })
    }

    /// The token for one look at the metadata; `nil` where no machine answers.
    private func metadataSession(_ base: String, _ time: CallTime) async throws(KeyStoreError) -> String? {
        var request = StoreRequest(.put, "\(base)/latest/api/token", isRepeatable: true)
        request.headers = [("x-aws-ec2-metadata-token-ttl-seconds", "300")]
        request.retries = .once
        do throws(KeyStoreError) {
            // In a container the service may take the connection and never answer.
            let answer = try await agents.send(request, CallTime(min(time.left, .seconds(3))))
            guard answer.isSuccess else {
                throw .unavailable("aws: the machine's metadata service gives no token (status \(answer.status))")
            }
            return String(decoding: answer.body, as: UTF8.self)
        } catch .unreachable {
            return nil
        } catch {
            throw error
        }
    }

    private func metadata(
        _ url: String, _ session: String, _ time: CallTime
    ) async throws(KeyStoreError) -> StoreAnswer {
        var request = StoreRequest(.get, url, isRepeatable: true)
        request.headers = [("x-aws-ec2-metadata-token", session)]
        return try await agents.send(request, time)
    }

    private func credentials(_ answer: StoreAnswer, of agent: String) throws(KeyStoreError) -> Fresh {
        guard answer.isSuccess, let found = answer.json.flatMap({ Fresh($0, now: clock.now) }) else {
            throw .notAuthorized("aws: \(agent) gives no credentials (status \(answer.status))")
        }
        return found
    }
}
