import Notation

extension PolicyStatement {
    /// Whether it lets in people whom nobody has named ("The meaning of public" in Amazon's guide to S3).
    ///
    /// A statement for everyone is not public when a condition holds it to fixed values of a key that says where a request
    /// comes from or who sends it.
    var isPublic: Bool {
        switch effect {
        case .deny: return false
        case .allow: return (principal.isEveryone || principal.isNegated) && !conditions.contains(where: \.fixesSender)
        }
    }
}

extension Condition {
    fileprivate var fixesSender: Bool {
        guard Self.keysOfSenders.contains(key.name), !operation.isNegated, !operation.ifExists,
            operation.quantifier != .forAllValues
        else { return false }
        switch operand {
        case .texts(let patterns, _): return patterns.allSatisfy(\.isFixed)
        case .names(let patterns): return patterns.allSatisfy(\.isFixed)
        // Wider ones are half the internet.
        case .addresses(let ranges): return ranges.allSatisfy { $0.prefixLength >= ($0.isVersion4 ? 8 : 32) }
        case .numbers, .dates, .bools, .binaries, .presence: return false
        }
    }

    private static let keysOfSenders: Set<String> = [
        "aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths", "aws:sourceaccount",
        "aws:sourcearn", "aws:sourceip", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
        "aws:username", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    ]
}
