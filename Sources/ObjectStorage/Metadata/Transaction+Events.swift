extension Session {
    func eventBacklogs() throws(StorageError) -> [String: EventBacklog] {
        let rows = try all("SELECT target, count(*), sum(length(sealed)) FROM events GROUP BY target") { row in
            (row.string(0), EventBacklog(events: Int(row.integer(1)), bytes: Int(row.integer(2))))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    func events(
        of target: String, after number: Int64, limit: Int, bytes: Int
    ) throws(StorageError) -> [WaitingEvent] {
        let statement = try prepare(
            "SELECT id, event, sealed FROM events WHERE target = ? AND id > ? ORDER BY id LIMIT ?")
        statement.bind(.text(target), .integer(number), .integer(Int64(limit)))
        defer { statement.reset() }
        var events: [WaitingEvent] = []
        var total = 0
        while try statement.step() {
            let event = WaitingEvent(
                number: statement.integer(0), id: try? statement.identifier(1, of: EventID.self),
                sealed: statement.bytes(2))
            total += event.sealed.count
            guard events.isEmpty || total <= bytes else { break }
            events.append(event)
        }
        return events
    }
}

extension Transaction {
    /// Stores what targets are to be told.
    func queue(_ events: [NewEvent]) throws(StorageError) {
        for event in events {
            try run(
                "INSERT INTO events (target, event, sealed) VALUES (?, ?, ?)", .text(event.target),
                .identifier(event.id), .blob(event.sealed))
        }
    }

    func forgetEvents(_ numbers: [Int64]) throws(StorageError) {
        for number in numbers { try run("DELETE FROM events WHERE id = ?", .integer(number)) }
    }
}
