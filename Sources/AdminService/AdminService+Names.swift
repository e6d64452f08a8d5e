extension AdminService {
    /// The operations' names, as they are counted and logged.
    package static var operationNames: [String] { AdminOperations.all.map { String(describing: $0) } }
}
