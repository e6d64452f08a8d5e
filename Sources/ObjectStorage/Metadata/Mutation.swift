/// Whether a mutation needs room, or gives some back and must therefore work on a full device.
enum MutationKind: Sendable {
    case grows
    case shrinks
}

/// A change that waits for the committer.
protocol Mutation: AnyObject, Sendable {
    var kind: MutationKind { get }
    /// Makes the change; run again, in another transaction, when the first one fails as a whole.
    func perform(in transaction: Transaction) throws
    /// The change will not be made.
    func fail(_ error: any Error)
    /// Tells the caller how it went, after the commit.
    func answer()
}

/// A change with a result of some type.
///
/// Unchecked: handed from the caller to the committer's thread, which alone uses it.
final class PendingMutation<R: Sendable>: Mutation, @unchecked Sendable {
    let kind: MutationKind
    private let body: @Sendable (Transaction) throws -> R
    private let completion: @Sendable (Result<R, any Error>) -> Void
    private var result: Result<R, any Error> = .failure(StorageError.closed)

    init(
        _ kind: MutationKind, body: @escaping @Sendable (Transaction) throws -> R,
        completion: @escaping @Sendable (Result<R, any Error>) -> Void
    ) {
        self.kind = kind
        self.body = body
        self.completion = completion
    }

    func perform(in transaction: Transaction) throws {
        result = .success(try body(transaction))
    }

    func fail(_ error: any Error) {
        result = .failure(error)
    }

    func answer() {
        completion(result)
    }
}
