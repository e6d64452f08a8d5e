package import AccessPolicy
import Cryptography
import Notation
import RequestSigning

/// The signature that the fields of a form upload carry: it covers the policy, and the policy covers the fields.
package struct FormSignature: Sendable {
    enum Scheme: Sendable {
        /// Hex digits as sent.
        case v4(Credential, signature: String)
        /// Base64 as sent.
        case v2(accessKey: String, signature: String)
    }

    let scheme: Scheme
    /// The field as sent, base64: what is signed.
    package let policy: String
    let securityToken: String?

    /// - Returns: nil for a form without policy and signature, which is anonymous.
    /// - Throws: `InvalidArgument` for one without the other, and for a credential, an algorithm or a date that is none.
    package init?(_ fields: FormFields) throws(S3Error) {
        securityToken = fields["x-amz-security-token"]
        let isV4 = Self.fieldsOfV4.contains { fields[$0] != nil }
        let isV2 = fields["awsaccesskeyid"] != nil || fields["signature"] != nil
        guard isV4 || isV2 || fields["policy"] != nil else { return nil }
        guard !(isV4 && isV2) else {
            throw S3Error(
                .invalidRequest, "Invalid Request (request has multiple authentication types, please use one)")
        }
        policy = try Self.require("policy", fields)
        guard isV4 else {
            scheme = .v2(
                accessKey: try Self.require("awsaccesskeyid", fields, as: "AWSAccessKeyId"),
                signature: try Self.require("signature", fields))
            return
        }
        guard try Self.require("x-amz-algorithm", fields) == algorithm else {
            throw Self.invalid("x-amz-algorithm", "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\".")
        }
        let text = try Self.require("x-amz-credential", fields)
        let date = try Self.require("x-amz-date", fields)
        guard let credential = Credential(Array(text.utf8)[...]) else {
            throw Self.invalid("x-amz-credential", "Error parsing the X-Amz-Credential field; \(Credential.malformed)")
        }
        guard HTTPDate.parse(date) != nil, date.hasPrefix(bytesOf: credential.date) else {
            throw Self.invalid("x-amz-date", "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"")
        }
        scheme = .v4(credential, signature: try Self.require("x-amz-signature", fields))
    }

    private static let fieldsOfV4 = ["x-amz-algorithm", "x-amz-credential", "x-amz-signature", "x-amz-date"]

    private static func require(_ name: String, _ fields: FormFields, as shown: String? = nil) throws(S3Error) -> String
    {
        guard let value = fields[name] else {
            throw invalid(
                shown ?? name,
                "Bucket POST must contain a field named '\(shown ?? name)'.  If it is specified, please check the order of "
                    + "the fields.")
        }
        return value
    }

    private static func invalid(_ name: String, _ message: String) -> S3Error {
        S3Error(.invalidArgument, message, details: [("ArgumentName", name), ("ArgumentValue", "")])
    }
}

extension SigV4Verifier {
    /// Verifies who signed a form's policy, which is a use of the key; what the policy allows is judged elsewhere.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Throws: as ``verify(_:now:acceptsAnyRegion:)``.
    package func verify(_ form: FormSignature, now: Int64) throws(S3Error) -> Principal {
        let policy = Array(form.policy.utf8)
        switch form.scheme {
        case .v4(let credential, let signature):
            try checkScope(credential, service: "s3", acceptsAnyRegion: false)
            let account = try account(of: credential.accessKey, token: form.securityToken)
            let key = account.secret.signingKey(
                date: credential.date, region: credential.region, service: credential.service)
            guard let given = Hex.decode(signature), constantTimeEqual(given, HMACSHA256.code(policy, key: key)) else {
                throw Self.mismatch(accessKey: credential.accessKey, form, signature)
            }
            account.use?.note(now)
            return account.principal
        case .v2(let accessKey, let signature):
            guard acceptsV2 else { throw AuthenticationScheme.unsupported }
            let account = try account(of: accessKey, token: form.securityToken)
            guard let given = Base64.decode(signature), constantTimeEqual(given, account.secret.signatureV2(policy))
            else {
                throw Self.mismatch(accessKey: accessKey, form, signature)
            }
            account.use?.note(now)
            return account.principal
        }
    }

    private static func mismatch(accessKey: String, _ form: FormSignature, _ signature: String) -> S3Error {
        S3Error(
            .signatureDoesNotMatch,
            details: [
                ("AWSAccessKeyId", accessKey), ("StringToSign", form.policy), ("SignatureProvided", signature),
            ])
    }
}
