/// A key from elsewhere; neither its length nor the cipher's name has been judged.
package struct ImportRequest: KESDocument {
    package var key: [UInt8]
    package var cipher: String

    package init(key: [UInt8], cipher: String) {
        self.key = key
        self.cipher = cipher
    }
}

package struct KeyDescribeResponse: KESDocument {
    package var name: String
    /// `AES256` or `ChaCha20`; left out when empty.
    package var algorithm: String
    package var createdAt: RFC3339Time
    /// Left out when empty.
    package var createdBy: String
    /// How many versions the key has; left out at 1, as KES's keys have no more.
    package var version: Int

    package init(name: String, algorithm: String, createdAt: RFC3339Time, createdBy: String, version: Int = 1) {
        self.name = name
        self.algorithm = algorithm
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.version = version
    }
}

/// The answer to a listing of keys, policies or identities.
package struct ListResponse: KESDocument {
    package enum Kind: Sendable { case keys, policies, identities }

    package var kind: Kind
    package var names: [String]
    /// The pattern to go on with, empty at the end; left out then for keys only.
    package var continueAt: String

    package init(_ kind: Kind, names: [String], continueAt: String = "") {
        self.kind = kind
        self.names = names
        self.continueAt = continueAt
    }
}
