/// What may stand under one key: writes that were begun, and when they were acknowledged, in the ticks of a simulation.
struct SimulatedLedger {
    struct Write {
        let number: Int
        /// `nil` when the write removes what is there.
        let value: Int?
        let begin: Int
        var end: Int?
    }

    private(set) var writes = [Write(number: 0, value: nil, begin: -1, end: -1)]

    mutating func begin(_ number: Int, _ value: Int?, at tick: Int) {
        writes.append(Write(number: number, value: value, begin: tick, end: nil))
    }

    mutating func acknowledge(_ number: Int, at tick: Int) {
        for index in writes.indices where writes[index].number == number { writes[index].end = tick }
    }

    /// It was refused, and has surely changed nothing.
    mutating func withdraw(_ number: Int) {
        writes.removeAll { $0.number == number }
    }

    /// Every value whose write was not followed, after its end, by another one that began later and was acknowledged.
    var allowed: Set<Int?> {
        let latest = writes.filter { $0.end != nil }.map(\.begin).max() ?? -1
        return Set(writes.filter { $0.end.map { $0 >= latest } ?? true }.map(\.value))
    }

    /// After a start the question is answered.
    mutating func settle(_ value: Int?) {
        writes = [Write(number: 0, value: value, begin: -1, end: -1)]
    }
}
