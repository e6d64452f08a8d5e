/// Something that is measured in turns with others; round by round, so that a slow minute of the machine hits all.
struct Contender {
    var name: String
    /// Measures one round, given its number.
    var round: (Int) throws -> RoundResult
}
