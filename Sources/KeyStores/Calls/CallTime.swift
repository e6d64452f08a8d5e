/// The time that one call of a key store has: all tries, pauses and tokens together.
struct CallTime: Sendable {
    /// A little more than a server waits for its store, so that it is the server's patience that ends first.
    static let limit = Duration.seconds(15)

    let end: ContinuousClock.Instant

    init(_ limit: Duration = Self.limit) { end = .now + limit }

    /// Never negative.
    var left: Duration { max(.zero, end - .now) }
}
