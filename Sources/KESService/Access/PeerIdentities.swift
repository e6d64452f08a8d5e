import Certificates
import KESProtocol
import Threading

/// Whom a connection belongs to, by the certificates that the client showed.
enum PeerIdentity: Hashable, Sendable {
    case one(Identity)
    /// No certificate, or authorities' only.
    case none
    case several

    /// The one certificate that is not an authority's.
    init(_ certificates: [[UInt8]]) {
        var identity: Identity?
        for der in certificates {
            guard let certificate = try? Certificate(der: der), !certificate.isCA else { continue }
            guard identity == nil else {
                self = .several
                return
            }
            identity = Identity(of: certificate)
        }
        self = identity.map { .one($0) } ?? .none
    }
}

/// Remembers whom connections belong to, so that certificates are read once a connection.
///
/// A connection is told by the storage of its list of certificates, which all its requests share. Holding on to that
/// list keeps the storage from becoming another connection's.
final class PeerIdentities: Sendable {
    private struct Entry {
        let certificates: [[UInt8]]
        let identity: PeerIdentity
    }

    private static let capacity = 4096

    private let entries = ShortLock<[UInt: Entry]>([:])

    func identity(_ certificates: [[UInt8]]) -> PeerIdentity {
        guard !certificates.isEmpty, let storage = certificates.withUnsafeBytes({ $0.baseAddress }) else {
            return .none
        }
        let key = UInt(bitPattern: storage)
        if let known = entries.withLock({ $0[key]?.identity }) { return known }
        let identity = PeerIdentity(certificates)
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
            entries[key] = Entry(certificates: certificates, identity: identity)
        }
        return identity
    }
}
