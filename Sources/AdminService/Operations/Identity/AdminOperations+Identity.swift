extension AdminOperations {
    /// Users, groups, policies, access keys, and all of that at once.
    static let identity: [any AdminOperation.Type] = []
}
