/// Four numbers of a pseudorandom function: 32 bytes.
package typealias RowCode = SIMD4<UInt64>

/// The secret side of the history: what is authenticated here is opaque there, and the key is not known here.
package protocol RowAuthenticator: Sendable {
    /// A pseudorandom function of the message, under a key that is this drive's alone.
    func code(_ message: UnsafeRawBufferPointer) -> RowCode

    /// Whether a record is one that was sealed for its place.
    func isAuthentic(_ record: CoveredRecord) -> Bool

    /// Encrypts the head of the history, under a key of its own for each number of commits.
    func seal(_ head: [UInt8], commits: Int64) -> [UInt8]

    /// Nil when a bit of it, or the number, differs from what was sealed.
    func open(_ sealed: [UInt8], commits: Int64) -> [UInt8]?
}

/// What a code is of, as the first byte of its message.
enum CodePurpose: UInt8 {
    case record = 1
    case mask = 2
    case sum = 3
    case chain = 4
    case anchor = 5
    case position = 6
}

extension RowAuthenticator {
    func code(_ purpose: CodePurpose, _ fill: (inout BigEndianOutput) -> Void, room: Int) -> RowCode {
        withUnsafeTemporaryAllocation(byteCount: room + 1, alignment: 8) { buffer in
            var output = BigEndianOutput(buffer)
            output.put(purpose.rawValue)
            fill(&output)
            return code(UnsafeRawBufferPointer(rebasing: buffer[..<output.count]))
        }
    }

    func chain(after chain: RowCode, commits: Int64, _ total: RowSum) -> RowCode {
        code(
            .chain,
            {
                $0.put(chain); $0.put(commits); $0.put(total.encoded)
            }, room: 72)
    }
}
