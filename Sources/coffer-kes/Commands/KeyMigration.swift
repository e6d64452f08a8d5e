import Cryptography
import Glibc
import KESProtocol
import KESService
import KeyStores

/// Copies keys from one store to another, value by value.
struct KeyMigration {
    enum Conflict { case fail, keep, replace }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let source: any KeyStore
    let target: any KeyStore
    let onConflict: Conflict

    private static let pageSize = 50_000

    /// How many keys were copied; `progress` hears of it about once a second.
    func run(pattern: String, progress: (Int) -> Void) async throws(Failure) -> Int {
        var count = 0
        var next = ContinuousClock.now + .seconds(1)
        var page = KeyNamePage(names: [], isLast: false)
        while !page.isLast {
            let last = page.names.last
            do throws(KeyStoreError) {
                page = try await timed { [source] () throws(KeyStoreError) in
                    try await source.list(prefix: "", after: last, limit: Self.pageSize)
                }
            } catch {
                throw Failure(description: "failed to list keys: \(error)")
            }
            for text in page.names where fnmatch(pattern, text, 0) == 0 {
                guard let name = KeyName(text) else { continue }
                do throws(KeyStoreError) {
                    if try await copy(name) { count += 1 }
                } catch .keyExists {
                    throw Failure(description: KESFault.keyExists.message)
                } catch {
                    throw Failure(description: "failed to migrate key '\(name)': \(error)")
                }
                if ContinuousClock.now >= next {
                    progress(count)
                    next += .seconds(1)
                }
            }
            guard !page.names.isEmpty else { break }
        }
        return count
    }

    /// False when the target has the key and keeps its own.
    private func copy(_ name: KeyName) async throws(KeyStoreError) -> Bool {
        let value = try await timed { [source] () throws(KeyStoreError) in try await source.get(name) }
        do throws(KeyStoreError) {
            try await timed { [target] () throws(KeyStoreError) in try await target.create(name, value) }
            return true
        } catch .keyExists {
            switch onConflict {
            case .fail: throw .keyExists
            case .keep: return false
            case .replace: break
            }
        }
        // In one step: at no time is there no key.
        let old = try await timed { [target] () throws(KeyStoreError) in try await target.get(name) }
        guard !old.isEqual(to: value) else { return true }
        try await timed { [target] () throws(KeyStoreError) in try await target.replace(name, old, with: value) }
        return true
    }

    private func timed<Value: Sendable>(
        _ call: @escaping @Sendable () async throws(KeyStoreError) -> Value
    ) async throws(KeyStoreError) -> Value {
        let limit = KeyVault.storeTimeout
        return try await within(limit, late: .unreachable("no answer within \(limit)"), call).get()
    }
}
