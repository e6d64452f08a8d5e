package import Cryptography
import Glibc
import Threading

/// Reads the small files that credentials are in, anew at every use, since others rotate them.
///
/// A file may lie on a file system whose server is away, where a read does not return. So files are read on threads of their
/// own, on one thread each however many want it, and who wants it waits for a limited time.
package enum CredentialFile {
    package static let maximumByteCount = 1 << 20
    /// How long who wants a file waits for it.
    private static let patience = Duration.seconds(5)
    /// Threads, and so files that may hang at one time before others have to wait as well.
    private static let threads = 16

    private typealias Contents = Result<SecretBytes, RegularFile.Failure>

    private static let calls = BlockingCalls(
        label: "coffer.key-store.credentials", threads: threads, maximumWaiting: 256,
        refusal: "too many files with credentials cannot be read")
    private static let flights = SingleFlight<String, Contents, KeyStoreError>()

    // MARK: Calls

    /// The file's bytes.
    ///
    /// Throws ``KeyStoreError/notAuthorized(_:)`` when it cannot be read, since without it the server is nobody to the
    /// store, and ``KeyStoreError/unreachable(_:)`` when the file system does not answer in time.
    package static func read(_ path: String) async throws(KeyStoreError) -> SecretBytes {
        switch try await contents(path) {
        case .success(let bytes): return bytes
        case .failure(let failure): throw refusal(path, failure)
        }
    }

    /// The file's text without white space at its ends, such as a token and the line feed after it.
    ///
    /// Throws ``KeyStoreError/notAuthorized(_:)`` when there is none.
    package static func readText(_ path: String) async throws(KeyStoreError) -> String {
        let text = try await read(path).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.trimmedLine
        guard !text.isEmpty else { throw .notAuthorized("there are no credentials in \(path)") }
        return text
    }

    /// The file's text; `nil` when there is no such file.
    ///
    /// - Parameter mayBeForbidden: One that may not be read counts as not there.
    static func textIfPresent(_ path: String, mayBeForbidden: Bool = false) async throws(KeyStoreError) -> String? {
        switch try await contents(path) {
        case .success(let bytes): return bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        case .failure(.system(_, ENOENT)), .failure(.system(_, ENOTDIR)): return nil
        case .failure(.system(_, EACCES)) where mayBeForbidden, .failure(.system(_, EPERM)) where mayBeForbidden:
            return nil
        case .failure(let failure): throw refusal(path, failure)
        }
    }

    /// As ``read(_:)``, for a thread that may wait; failures are those of the file.
    static func wait(for path: String) throws(KeyStoreError) -> Result<SecretBytes, RegularFile.Failure> {
        let answer = Monitor<Result<Contents, KeyStoreError>?>(nil)
        Task {
            let outcome: Result<Contents, KeyStoreError>
            do throws(KeyStoreError) { outcome = .success(try await contents(path)) } catch {
                outcome = .failure(error)
            }
            answer.broadcast { $0 = outcome }
        }
        return try answer.wait { $0 }.get()
    }

    // MARK: Parts

    private static func contents(_ path: String) async throws(KeyStoreError) -> Contents {
        let late = KeyStoreError.unreachable("\(path) cannot be read: its file system does not answer")
        return try await within(patience, late: late) { () throws(KeyStoreError) in
            try await flights.outcome(path, cancelled: .cancelled) { () throws(KeyStoreError) in
                try await calls.run { (_) in
                    do throws(RegularFile.Failure) {
                        return .success(try RegularFile.contents(path, atMost: maximumByteCount))
                    } catch {
                        return .failure(error)
                    }
                }
            }
        }.get()
    }

    private static func refusal(_ path: String, _ failure: RegularFile.Failure) -> KeyStoreError {
        .notAuthorized("the credentials in \(path) cannot be read: \(failure.reason)")
    }
}

extension StringProtocol {
    /// Without white space at its ends.
    var trimmedLine: String {
        guard let end = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[...end].drop(while: \.isWhitespace))
    }
}
