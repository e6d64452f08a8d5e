import Cryptography
import Glibc
import KeyStores
import TestSupport
import Testing

/// Files with credentials, and what is none.
@Suite struct CredentialFileTests {
    private let directory: TemporaryDirectory
    private let path: String

    init() throws {
        directory = try TemporaryDirectory()
        path = "\(directory.path)/token"
    }

    private func write(_ text: String) throws {
        let file = try #require(fopen(path, "w"))
        fputs(text, file)
        fclose(file)
    }

    private func cause(_ read: () async throws(KeyStoreError) -> Void) async -> String {
        do throws(KeyStoreError) { try await read() } catch { return "\(error)" }
        return ""
    }

    @Test func `a file is read as it is now, its text without white space at the ends`() async throws {
        try write(" \n first\r\n")
        #expect(try await CredentialFile.readText(path) == "first")
        try write("second")
        #expect(try await CredentialFile.readText(path) == "second")
        #expect(try await CredentialFile.read(path).withUnsafeBytes { Array($0) } == Array("second".utf8))
        // The kernel's own files do not say how long they are.
        #expect(try await CredentialFile.readText("/proc/self/comm").isEmpty == false)
    }

    @Test(.timeLimit(.minutes(1)))
    func `pipes, devices and directories are refused and not waited for`() async throws {
        #expect(mkfifo(path, 0o600) == 0)
        for place in [path, "/dev/zero", directory.path] {
            #expect(await cause { () throws(KeyStoreError) in _ = try await CredentialFile.read(place) }.contains(place))
            #expect(
                await cause { () throws(KeyStoreError) in _ = try await CredentialFile.readText(place) }
                    .hasSuffix("it is not a regular file"))
        }
    }

    @Test func `what is missing, empty or far too long is said`() async throws {
        #expect(
            await cause { () throws(KeyStoreError) in _ = try await CredentialFile.read(path) }
                .hasSuffix("cannot be read: No such file or directory"))
        try write(" \n")
        #expect(
            await cause { () throws(KeyStoreError) in _ = try await CredentialFile.readText(path) }
                == "there are no credentials in \(path)")
        #expect(truncate(path, off_t(CredentialFile.maximumByteCount + 1)) == 0)
        #expect(
            await cause { () throws(KeyStoreError) in _ = try await CredentialFile.read(path) }
                .hasSuffix("it is longer than 1048576 bytes"))
    }

    @Test func `many who want a file get it`() async throws {
        try write("token")
        let texts = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<500 { group.addTask { [path] in try? await CredentialFile.readText(path) } }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(texts.count == 500 && texts.allSatisfy { $0 == "token" })
    }
}
