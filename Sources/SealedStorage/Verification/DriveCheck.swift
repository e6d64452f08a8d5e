package import Encryption
package import KeyManagement
package import ObjectStorage

/// How much of a body is read.
package enum ContentDepth: Sendable {
    /// Every package is authenticated.
    case everything
    /// That the bytes are there, in their length, and the first and the last package are authentic.
    case edges
}

/// Looks at what is at rest, one thing after another, and says what is wrong with it; changes nothing.
///
/// Whatever is damaged is the trouble of itself. Only what keeps everything from being looked at is thrown: a key service
/// that is away, a drive that is closed.
package struct DriveCheck: Sendable {
    let drive: SealedDrive
    /// Waits until so many bytes may be read.
    let admit: @Sendable (Int) async throws -> Void
    let names: BucketNames

    /// - Parameter admit: is called before bytes are read; waits for as long as a pace wants it.
    package init(_ drive: SealedDrive, admit: @escaping @Sendable (Int) async throws -> Void) {
        self.drive = drive
        self.admit = admit
        names = BucketNames(drive.buckets)
    }

    package var store: ObjectStore { drive.records.store }

    /// Everything that is found wrong with one thing, and what it proves.
    package struct Outcome: Sendable {
        package var findings: [DriveFinding] = []
        /// `nil` of what has no bytes: delete markers, and rows that are about to be removed.
        package var proof: Proof?
        /// Parts whose streams were looked at.
        package var parts = 0

        package init() {}
    }

    /// How something at rest is encrypted, as its sealed record says and its stream confirms.
    package struct Proof: Sendable {
        package let scheme: EncryptionScheme
        /// The key of the key service; `nil` under a client's key.
        package let kmsKey: String?
        package let keyVersion: MasterKeyVersion?
        /// Bytes of plaintext.
        package let size: Int64
        /// What is known of its bytes.
        package var content: Content

        package enum Content: Sendable {
            /// Every package is authentic.
            case authentic
            /// The first and the last package are, and the length is right.
            case edges
            /// The key of a client: record, length and header are right.
            case customerKey
            /// The key cannot be had, or something is wrong.
            case notOpened
        }
    }

    // MARK: Keys

    /// The key of an object, or why it cannot be had.
    enum OpenedKey {
        case open(ObjectKey)
        /// It is the client's.
        case customers
        case refused(DriveFinding.Kind, String)
    }

    /// - Throws: when the key service is away, or does not permit anything: then nothing else can be opened either.
    func objectKey(_ stored: StoredObjectKey, named id: DataKeyID?) async throws -> OpenedKey {
        if stored.record.scheme == .sseC { return .customers }
        guard let id else { return .refused(.damaged, "it names no data key") }
        guard stored.dataKey != nil else { return .refused(.missing, "its data key \(id.rawValue) has no row") }
        do {
            return .open(try await drive.objects.keys.open(stored))
        } catch let corruption as Corruption {
            return .refused(.damaged, "\(corruption)")
        } catch let error as KeyServiceError {
            switch error {
            case .unavailable: throw error
            case .keyNotFound, .notAuthorized, .invalidKeyID, .notSupported, .keyExists:
                return .refused(.unopened, "\(error)")
            case .notAuthentic:
                return .refused(
                    .damaged,
                    "its data key \(id.rawValue) does not open: it is damaged, or the key service has another key of that name"
                )
            }
        }
    }

    // MARK: Bytes

    private static let block = 1 << 20

    /// Looks at one stream of packages.
    ///
    /// - Parameter key: `nil` where it cannot be opened: then its place, length and header are all that is looked at.
    /// - Returns: what is wrong with it, and how; `nil` when nothing is.
    func fault(
        in segment: ObjectBody.Segment, under key: ObjectKey?, scheme: EncryptionScheme, _ depth: ContentDepth,
        name: String, lease: ReadLease?
    ) async throws -> (kind: DriveFinding.Kind, detail: String)? {
        do {
            if let fault = try await structuralFault(in: segment, isLayered: scheme == .dsseKMS) { return fault }
            guard let key else { return nil }
            for slice in depth.slices(of: segment) {
                let body = ObjectBody(store: store, objectKey: key, segments: [slice], name: name, lease: lease)
                var left = slice.wanted.count
                repeat {
                    try await admit(min(left, Self.block))
                    left -= Self.block
                } while try await body.next(upTo: Self.block) != nil
            }
            return nil
        } catch let corruption as Corruption {
            return (.damaged, corruption.what)
        } catch let error as StorageError {
            switch error {
            case .blobMissing(let blob): return (.missing, "file \(blob.hex) is not there")
            // A file that the device cannot read; for want of descriptors nothing else could be opened either.
            case .io(_, let number) where number == Self.inputOutputError: return (.damaged, "\(error)")
            default: throw error
            }
        }
    }

    /// `EIO`.
    private static let inputOutputError: Int32 = 5

    /// Place, length and header of a stream: what can be looked at without its key.
    func structuralFault(
        in segment: ObjectBody.Segment, isLayered: Bool
    ) async throws -> (kind: DriveFinding.Kind, detail: String)? {
        guard segment.size >= 0, segment.size <= PackageFormat.maximumPlaintextLength else {
            return (.damaged, "its size is that of no stream")
        }
        let inner = isLayered ? PackageFormat.sealedLength(ofPlaintext: segment.size) : segment.size
        let (length, header): (Int64, [UInt8])
        switch segment.source {
        case .memory(let bytes): (length, header) = (Int64(bytes.count), Array(bytes.prefix(PackageFormat.headerSize)))
        case .blob(let blob):
            let store = store
            (length, header) = try await store.offload {
                let reader = try store.openBlob(blob)
                var header = [UInt8](repeating: 0, count: PackageFormat.headerSize)
                let count = try header.withUnsafeMutableBytes { try reader.read(at: 0, into: $0) }
                return (reader.length, Array(header[..<count]))
            }
        }
        guard length == PackageFormat.sealedLength(ofPlaintext: inner) else {
            return (.damaged, "\(length) bytes are stored of \(PackageFormat.sealedLength(ofPlaintext: inner))")
        }
        guard PackageFormat.plaintextLength(inHeader: header) == inner else {
            return (.damaged, "its bytes are no sealed stream of this size")
        }
        return nil
    }
}

extension ContentDepth {
    /// The slices of a stream that are read.
    fileprivate func slices(of segment: ObjectBody.Segment) -> [ObjectBody.Segment] {
        let package = Int64(PackageFormat.packageSize)
        switch self {
        case .edges where segment.size > 2 * package:
            return [0..<package, segment.size - 1..<segment.size].map { segment.wanting($0) }
        case .edges, .everything: return [segment.wanting(0..<segment.size)]
        }
    }
}

extension ObjectBody.Segment {
    func wanting(_ wanted: Range<Int64>) -> ObjectBody.Segment {
        ObjectBody.Segment(source: source, identity: identity, size: size, wanted: wanted)
    }
}
