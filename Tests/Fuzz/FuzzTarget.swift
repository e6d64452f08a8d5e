/// Something that reads bytes which anybody may have made, with what must hold whatever they are.
///
/// Whoever runs it has it read inputs, one after another, in one thread: none may trap, take long, or break a promise.
package struct FuzzTarget: Sendable {
    /// As `deploy/fuzz` takes it, and the name of the folder of its corpus.
    package let name: String
    /// - Throws: ``BrokenPromise``.
    package let read: @Sendable ([UInt8]) throws(BrokenPromise) -> Void

    package init(_ name: String, _ read: @escaping @Sendable ([UInt8]) throws(BrokenPromise) -> Void) {
        self.name = name
        self.read = read
    }
}

/// What held of every input before does not hold of this one.
package struct BrokenPromise: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}

func require(_ holds: Bool, _ promise: @autoclosure () -> String) throws(BrokenPromise) {
    guard holds else { throw BrokenPromise(promise()) }
}

extension FuzzTarget {
    /// In the order in which `deploy/fuzz` runs them.
    package static let all: [FuzzTarget] = [
        .http1, .http2, .chunkedUpload, .signature, .form, .headers, .target, .xml, .json, .policy, .pattern,
        .settings, .job, .zip, .tar, .packageStream, .record, .wrappedKey, .kesDocument, .storedKey, .kesConfiguration,
        .driveMetadata, .driveCompression, .token, .certificate,
    ]
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The parts between zero bytes: fuzzed inputs of several values.
    var parts: [[UInt8]] { split(separator: 0, omittingEmptySubsequences: false).map(Array.init) }

    /// The parts between lines, as `name: value`, with lower-case names.
    var headers: [(name: String, value: String)] {
        split(separator: 0x0A).map { line in
            let halves = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            let value = halves.count > 1 ? halves[1].drop { $0 == 0x20 } : []
            return (String(decoding: halves[0], as: UTF8.self).lowercased(), String(decoding: value, as: UTF8.self))
        }
    }
}
