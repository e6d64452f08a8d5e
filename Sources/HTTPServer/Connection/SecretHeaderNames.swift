/// Which of the known header names have values that are secrets, as bits by their places in the ``HeaderNameTable``.
struct SecretHeaderNames: Sendable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// - Precondition: `names` are in the table.
    init(_ names: [String]) {
        for name in names {
            guard let index = Array(name.utf8).withUnsafeBytes({ HeaderNameTable.shared.index(of: $0) }), index < 128
            else { preconditionFailure("\(name) is not in the table of header names") }
            if index < 64 { low |= 1 << UInt64(index) } else { high |= 1 << UInt64(index - 64) }
        }
    }

    static let none = SecretHeaderNames([])

    var isEmpty: Bool { low | high == 0 }

    func contains(_ index: Int?) -> Bool {
        guard let index, index < 128 else { return false }
        return (index < 64 ? low >> UInt64(index) : high >> UInt64(index - 64)) & 1 == 1
    }
}
