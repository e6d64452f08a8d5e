import COpenSSL
import Glibc

/// Random bytes that the calling thread has ready.
///
/// OpenSSL's generator takes longer over a nonce than the cipher over a small message, and hardly longer over two
/// thousand bytes. Bytes are overwritten in the reserve when they are handed out, so that memory holds those of the
/// future only, as the state of the generator itself does. The reserve is not in core dumps, and a forked process finds
/// it empty: nobody else ever gets the same bytes.
struct RandomReserve {
    /// OpenSSL keeps a generator of its own for what stays secret.
    enum Kind: Int { case visible, secret }

    /// Longer requests go to the generator itself.
    static let maximumRequest = 128
    private static let pageByteCount = 4096
    private static let headerByteCount = 16
    private static let byteCount = 2048

    /// A page: how many bytes are left (a `UInt64`), and from byte 16 on those and what was handed out.
    ///
    /// Zeros, which a fork leaves, mean an empty reserve.
    private let page: UnsafeMutableRawPointer
    private let kind: Kind

    /// The calling thread's; `nil` where there cannot be one.
    init?(_ kind: Kind) {
        guard let pages = Self.pages() else { return nil }
        page = pages.advanced(by: kind.rawValue * Self.pageByteCount)
        self.kind = kind
    }

    /// Fills `output`; false if the generator failed.
    ///
    /// - Precondition: `output` is not empty and not larger than ``maximumRequest``.
    func take(into output: UnsafeMutableRawBufferPointer) -> Bool {
        precondition(1...Self.maximumRequest ~= output.count, "not a request for the reserve")
        let bytes = page.advanced(by: Self.headerByteCount)
        var left = Int(page.load(as: UInt64.self))
        if left < output.count {
            guard Self.generate(kind, bytes, Self.byteCount) else { return false }
            left = Self.byteCount
        }
        left -= output.count
        page.storeBytes(of: UInt64(left), as: UInt64.self)
        let taken = UnsafeMutableRawBufferPointer(start: bytes.advanced(by: left), count: output.count)
        output.copyMemory(from: UnsafeRawBufferPointer(taken))
        wipe(taken)
        return true
    }

    /// Asks OpenSSL itself.
    static func generate(_ kind: Kind, _ bytes: UnsafeMutableRawPointer, _ count: Int) -> Bool {
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        return switch kind {
        case .visible: RAND_bytes(bytes, Int32(count)) == 1
        case .secret: RAND_priv_bytes(bytes, Int32(count)) == 1
        }
    }

    private static func pages() -> UnsafeMutableRawPointer? {
        if let known = pthread_getspecific(key) { return known }
        let count = 2 * pageByteCount
        guard let pages = mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            pages != MAP_FAILED
        else { return nil }
        // A kernel older than 4.14 cannot wipe on a fork; then there is no reserve.
        guard madvise(pages, count, MADV_WIPEONFORK) == 0, pthread_setspecific(key, pages) == 0 else {
            munmap(pages, count)
            return nil
        }
        madvise(pages, count, MADV_DONTDUMP)
        return pages
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let status = pthread_key_create(&key) { pages in
            guard let pages else { return }
            wipe(UnsafeMutableRawBufferPointer(start: pages, count: 2 * pageByteCount))
            munmap(pages, 2 * pageByteCount)
        }
        precondition(status == 0, "no room for a thread's own memory")
        return key
    }()
}
