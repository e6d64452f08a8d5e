/// Reads a form up to the bytes of its file.
///
/// Every byte is looked at a few times at most, in however small pieces the form comes.
package struct FormParser: Sendable {
    /// Bytes that the fields before the file may have, with their heads: more than the 20 KiB that AWS takes.
    package static let fieldBytes = 64 << 10

    private enum Place {
        case preamble
        /// Behind the delimiter at whose end the part's head begins.
        case head(from: Int)
        case value(of: FormPartHead, from: Int)
    }

    private let delimiter: FormDelimiter
    private var fields = FormFields()
    /// All that has come; a line end before the first delimiter makes that one like all others.
    private var text: [UInt8] = [0x0D, 0x0A]
    private var place = Place.preamble
    /// What is looked for does not begin before here.
    private var searched = 0

    package init(_ delimiter: FormDelimiter) {
        self.delimiter = delimiter
    }

    /// The form up to its file.
    package struct Beginning: Sendable {
        package var fields: FormFields
        /// As the client sent it; empty when it sent none.
        package let filename: String
        /// Bytes that came with the fields and are behind them: of the file, or of all that follows.
        package let rest: [UInt8]
    }

    /// Takes the next bytes of the form.
    ///
    /// - Returns: the beginning once the file's bytes begin; nil while more is needed.
    /// - Throws: `MaxPostPreDataLengthExceeded` for more bytes than fields may have, `MalformedPOSTRequest`, and
    ///   `InvalidArgument` for a form without a file or with a field twice.
    package mutating func take(_ bytes: some Collection<UInt8>) throws(S3Error) -> Beginning? {
        text.append(contentsOf: bytes)
        while true {
            switch place {
            case .preamble:
                guard let match = nextDelimiter() else { return try nothingYet() }
                begin(.head(from: match + delimiter.bytes.count), at: match + delimiter.bytes.count)
            case .head(let start):
                guard let (head, end) = try nextHead(from: start) else { return try nothingYet() }
                if head.name == "file" {
                    return Beginning(fields: fields, filename: head.filename ?? "", rest: Array(text[end...]))
                }
                // A value of no bytes: the line end of its delimiter is that of the empty line.
                begin(.value(of: head, from: end), at: end - 2)
            case .value(let head, let start):
                guard let match = nextDelimiter() else { return try nothingYet() }
                guard let value = String(validating: text[start..<max(start, match)], as: UTF8.self) else {
                    throw S3Error(.malformedPOSTRequest)
                }
                try fields.append(head.name, value)
                begin(.head(from: match + delimiter.bytes.count), at: match + delimiter.bytes.count)
            }
        }
    }

    private mutating func begin(_ place: Place, at position: Int) {
        self.place = place
        searched = position
    }

    private func nothingYet() throws(S3Error) -> Beginning? {
        guard text.count <= Self.fieldBytes else { throw S3Error(.maxPostPreDataLengthExceeded) }
        return nil
    }

    private mutating func nextDelimiter() -> Int? {
        let match = text.withUnsafeBytes { text in
            delimiter.firstMatch(in: UnsafeRawBufferPointer(rebasing: text[searched...]))
        }
        if let match { return searched + match }
        searched = max(searched, text.count - delimiter.bytes.count)
        return nil
    }

    /// The head behind a delimiter, and where its part's bytes begin; nil while it is not complete.
    private mutating func nextHead(from start: Int) throws(S3Error) -> (FormPartHead, end: Int)? {
        let rest = text[start...]
        guard rest.count >= 2 else { return nil }
        // The form's end, and there was no file.
        guard !rest.starts(with: [0x2D, 0x2D]) else { throw Self.noFile }
        // White space may stand behind the delimiter on its line.
        let line = rest.drop { $0 == 0x20 || $0 == 0x09 }
        guard line.count >= 4 else { return nil }
        guard line.starts(with: [0x0D, 0x0A]) else { throw S3Error(.malformedPOSTRequest) }
        var position = max(searched, line.startIndex)
        while position + 4 <= text.count {
            if text[position] == 0x0D, text[position..<position + 4].elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]) {
                let head = try FormPartHead(lines: text[min(line.startIndex + 2, position)..<position])
                return (head, position + 4)
            }
            position += 1
        }
        searched = position
        return nil
    }

    private static var noFile: S3Error {
        S3Error(
            .invalidArgument, "POST requires exactly one file upload per request.",
            details: [("ArgumentName", "file")])
    }
}
