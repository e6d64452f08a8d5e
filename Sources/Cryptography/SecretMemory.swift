import CLinux
import COpenSSL
import Threading

/// Memory for secret keys: pages that are locked, so that they are never swapped, and that stay out of core files.
///
/// The process's limit for locked memory may be small. Pages beyond it are used all the same and are not locked;
/// ``state`` tells of it. Pages go on to the next keys and never back to the system.
package enum SecretMemory {
    package struct State: Sendable {
        /// Bytes of pages for keys, locked and not locked.
        package fileprivate(set) var lockedBytes = 0
        package fileprivate(set) var unlockedBytes = 0
        /// Why pages were not locked (errno); 0 as long as all are.
        package fileprivate(set) var lockError: Int32 = 0
    }

    package static var state: State { slots.withLock { $0.state } }

    /// Maps the first pages, so that ``state`` tells whether keys will be locked.
    package static func prepare() {
        slots.withLock { $0.prepare() }
    }

    /// 32 bytes of zeros.
    static func allocate() -> UnsafeMutableRawBufferPointer {
        let start = slots.withLock { $0.take() }
        return UnsafeMutableRawBufferPointer(start: start, count: SecretKey.byteCount)
    }

    /// Wipes the bytes and takes them back.
    static func deallocate(_ bytes: UnsafeMutableRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        OPENSSL_cleanse(start, SecretKey.byteCount)
        slots.withLock { $0.give(back: start) }
    }

    private static let slots = ShortLock(Slots())

    /// Free places for keys; each that was used before holds the address of the next in its first bytes.
    ///
    /// Mapping more pages under the lock takes some tens of microseconds, once for 2048 keys more than ever before.
    private struct Slots {
        private static let pageBytes = 64 * 1024

        var state = State()
        private var free: UnsafeMutableRawPointer?
        /// Places that were never used.
        private var fresh: UnsafeMutableRawBufferPointer.SubSequence = UnsafeMutableRawBufferPointer(
            start: nil, count: 0)[...]

        mutating func prepare() {
            if free == nil, fresh.isEmpty { mapPages() }
        }

        mutating func take() -> UnsafeMutableRawPointer {
            if let place = free {
                free = place.load(as: UnsafeMutableRawPointer?.self)
                place.storeBytes(of: nil, as: UnsafeMutableRawPointer?.self)
                return place
            }
            prepare()
            let place = UnsafeMutableRawBufferPointer(rebasing: fresh.prefix(SecretKey.byteCount))
            fresh = fresh.dropFirst(SecretKey.byteCount)
            guard let start = place.baseAddress else { fatalError("out of memory") }
            return start
        }

        mutating func give(back place: UnsafeMutableRawPointer) {
            place.storeBytes(of: free, as: UnsafeMutableRawPointer?.self)
            free = place
        }

        private mutating func mapPages() {
            var error: Int32 = 0
            guard let pages = coffer_map_secret_pages(Self.pageBytes, &error) else { fatalError("out of memory") }
            fresh = UnsafeMutableRawBufferPointer(start: pages, count: Self.pageBytes)[...]
            if error == 0 {
                state.lockedBytes += Self.pageBytes
            } else {
                state.unlockedBytes += Self.pageBytes
                state.lockError = error
            }
        }
    }
}
