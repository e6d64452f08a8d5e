import Cryptography
import JSON
import Notation

/// What the signer of a form upload allows: the fields that the form may have, and how long its file may be.
package struct PostPolicy: Sendable {
    private enum Condition {
        case equals(field: String, String)
        case startsWith(field: String, String)

        var field: String {
            switch self {
            case .equals(let field, _), .startsWith(let field, _): field
            }
        }
    }

    /// Seconds since 1970.
    private let expiration: Int64
    private var conditions: [Condition] = []
    /// Bytes that the file must have; nil when the policy does not say.
    private var lengthRange: ClosedRange<Int64>?

    /// Reads the field `policy`: base64 of a JSON document.
    ///
    /// - Throws: `InvalidPolicyDocument`, saying what is wrong.
    package init(base64: String) throws(S3Error) {
        guard let bytes = Base64.decode(base64), let document = JSONValue(bytes), case .object = document else {
            throw Self.invalid("Invalid JSON.")
        }
        guard let expiration = document["expiration"] else { throw Self.invalid("Policy missing expiration.") }
        guard let text = expiration.string, text.utf8.contains(UInt8(ascii: "T")), let time = HTTPDate.parse(text)
        else {
            throw Self.invalid("Invalid 'expiration' value.")
        }
        self.expiration = time
        guard let elements = document["conditions"]?.elements else { throw Self.invalid("Policy missing conditions.") }
        for element in elements { try append(element) }
    }

    private mutating func append(_ element: JSONValue) throws(S3Error) {
        switch element {
        case .object(let members):
            guard !members.isEmpty else { throw Self.invalid("Invalid Simple-Condition: no field.") }
            for (name, value) in members {
                guard let text = value.string else {
                    throw Self.invalid("Invalid Simple-Condition: value must be a string.")
                }
                conditions.append(.equals(field: name.lowercased(), text))
            }
        case .array(let items):
            guard items.count == 3, let operation = items[0].string?.lowercased() else {
                throw Self.invalid("Invalid Condition: wrong number of arguments.")
            }
            if operation == "content-length-range" { return try append(from: items[1], to: items[2]) }
            guard let variable = items[1].string, variable.utf8.first == UInt8(ascii: "$"), let text = items[2].string
            else {
                throw Self.invalid("Invalid Condition: a field and a text are required.")
            }
            let field = String(variable.dropFirst()).lowercased()
            switch operation {
            case "eq": conditions.append(.equals(field: field, text))
            case "starts-with": conditions.append(.startsWith(field: field, text))
            default: throw Self.invalid("Invalid Condition: unknown operation '\(operation)'.")
            }
        case .string, .number, .bool, .null:
            throw Self.invalid("Invalid Condition.")
        }
    }

    private mutating func append(from lower: JSONValue, to upper: JSONValue) throws(S3Error) {
        guard let lower = Self.length(lower), let upper = Self.length(upper), lower <= upper else {
            throw Self.invalid("Invalid content-length-range.")
        }
        // Of several, all must hold.
        let known = lengthRange ?? 0...Int64.max
        let (start, end) = (max(known.lowerBound, lower), min(known.upperBound, upper))
        guard start <= end else { throw Self.invalid("Invalid content-length-range.") }
        lengthRange = start...end
    }

    private static func length(_ value: JSONValue) -> Int64? {
        switch value {
        case .number(let text), .string(let text):
            guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            return Int64(text)
        case .object, .array, .bool, .null: return nil
        }
    }

    // MARK: Judging a form

    /// - Parameters:
    ///   - bucket: the one that the form was sent to, whatever its fields say.
    ///   - now: seconds since 1970.
    /// - Throws: `AccessDenied` when the policy has expired, a condition does not hold, or a field has no condition.
    package func check(_ fields: FormFields, bucket: BucketName, now: Int64) throws(S3Error) {
        guard now < expiration else { throw Self.denied("Policy expired.") }
        for condition in conditions {
            guard Self.holds(condition, fields, bucket) else {
                throw Self.denied("Policy Condition failed: \(Self.text(condition))")
            }
        }
        for (name, _) in fields.pairs where !FormFields.needsNoCondition(name) {
            guard conditions.contains(where: { $0.field.hasSameBytes(as: name) }) else {
                throw Self.denied("Extra input fields: \(name)")
            }
        }
    }

    /// - Parameter length: of the file in bytes.
    /// - Throws: `EntityTooSmall` or `EntityTooLarge`.
    package func check(length: Int64) throws(S3Error) {
        guard let lengthRange else { return }
        if length < lengthRange.lowerBound {
            throw S3Error(
                .entityTooSmall,
                details: [("ProposedSize", "\(length)"), ("MinSizeAllowed", "\(lengthRange.lowerBound)")])
        }
        if length > lengthRange.upperBound {
            throw S3Error(
                .entityTooLarge,
                details: [("ProposedSize", "\(length)"), ("MaxSizeAllowed", "\(lengthRange.upperBound)")])
        }
    }

    /// The most bytes that the file may have.
    package var greatestLength: Int64 { lengthRange?.upperBound ?? .max }

    private static func holds(_ condition: Condition, _ fields: FormFields, _ bucket: BucketName) -> Bool {
        let value = condition.field == "bucket" ? bucket.rawValue : fields[condition.field]
        switch condition {
        case .equals(_, let text):
            // A field that is absent is not one that is empty.
            guard let value else { return false }
            return spellings(text).contains { value.hasSameBytes(as: $0) }
        case .startsWith(let field, let text):
            // Any value is one that begins with nothing; the field may then be absent, too.
            if text.isEmpty { return true }
            guard let value else { return false }
            // A list of media types: each of them must begin so.
            let values = field == "content-type" ? value.split(separator: ",").map { String(trim($0)) } : [value]
            return !values.isEmpty
                && values.allSatisfy { value in spellings(text).contains { value.utf8.starts(with: $0.utf8) } }
        }
    }

    /// A text as it stands, and as it is meant: in a policy a dollar sign is written `\$`.
    private static func spellings(_ text: String) -> [String] {
        text.utf8.contains(UInt8(ascii: "\\")) ? [text, text.replacing("\\$", with: "$")] : [text]
    }

    private static func text(_ condition: Condition) -> String {
        switch condition {
        case .equals(let field, let text): "[\"eq\", \"$\(field)\", \"\(text)\"]"
        case .startsWith(let field, let text): "[\"starts-with\", \"$\(field)\", \"\(text)\"]"
        }
    }

    private static func invalid(_ reason: String) -> S3Error {
        S3Error(.invalidPolicyDocument, "Invalid Policy: \(reason)")
    }

    private static func denied(_ reason: String) -> S3Error {
        S3Error(.accessDenied, "Invalid according to Policy: \(reason)")
    }
}
