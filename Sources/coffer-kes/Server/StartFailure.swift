/// Why the server does not start, or does not take a new configuration: for the person who runs it.
struct StartFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
