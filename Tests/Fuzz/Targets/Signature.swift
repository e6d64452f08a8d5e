import AccessPolicy
import S3Protocol

extension FuzzTarget {
    /// A method, a target and headers: what this program signs it verifies, and no made-up signature is believed.
    static let signature = FuzzTarget("signature") { (bytes) throws(BrokenPromise) in
        let parts = bytes.parts
        guard parts.count >= 3, let target = try? RequestTarget(parts[1].text) else { return }
        let headers = parts[2].headers.filter { isHeaderName($0.name) }
        let method = parts[0].text
        let request = SigningRequest(method: method, target: target, headers: headers, isTLS: true)
        if let verified = try? verifier.verify(request, now: now) {
            try require(verified.accessKey == nil, "a signature that nobody made: \(request.headers)")
        }
        // Neither Authorization nor the query's own signature: the request is signed here.
        let bare = headers.filter { $0.name != "authorization" && !$0.name.hasPrefix("x-amz-") && $0.name != "host" }
        guard !target.query.contains(where: { isOfSignature($0.name) }),
            let signed = try? signer.sign(
                method: method, target: parts[1].text, headers: [(name: "host", value: "a")] + bare, payload: .empty,
                now: now)
        else { return }
        let sent = SigningRequest(method: method, target: target, headers: signed.headers, isTLS: true)
        let isVerified = (try? verifier.verify(sent, now: now))?.accessKey == "key"
        try require(isVerified, "its own signature is refused: \(parts[1].text) \(signed.headers)")
        var changed = sent
        changed.method += "X"
        try require((try? verifier.verify(changed, now: now)) == nil, "the method is not signed")
    }

    private static let now: Int64 = 1_790_000_000
    private static let signer = SigV4Signer(accessKey: "key", secretKey: "a secret that no input has, 0xb2c1")
    private static let verifier = SigV4Verifier(region: nil) { accessKey, _ throws(S3Error) in
        guard accessKey == "key" else { return nil }
        return SigningAccount(
            secret: SecretString("a secret that no input has, 0xb2c1"), principal: .root(accessKey: "key"))
    }

    private static func isHeaderName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == 0x2D || (0x30...0x39).contains($0) }
    }

    private static func isOfSignature(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasPrefix("x-amz-") || ["awsaccesskeyid", "signature", "expires"].contains(name)
    }
}
