/// When something is so many days old: S3 counts from the time, and rounds up to the next midnight UTC.
package struct LifecycleCalendar: Hashable, Sendable {
    private enum Day: Hashable, Sendable {
        case civil
        /// Milliseconds, and nothing is rounded.
        case short(Int64)
    }

    private let day: Day

    package static let civil = LifecycleCalendar(day: .civil)

    /// For tests, whose days pass while they wait.
    package static func days(ofMilliseconds length: Int64) -> LifecycleCalendar {
        LifecycleCalendar(day: .short(max(1, length)))
    }

    private static let dayLength: Int64 = 86_400_000
    /// The years 0 to 9999: a damaged time is taken for the nearest one that is none.
    private static let times: ClosedRange<Int64> = -62_167_219_200_000...253_402_300_799_999

    /// - Parameters:
    ///   - time: milliseconds since 1970.
    ///   - days: 0…2³¹-1.
    /// - Returns: milliseconds since 1970.
    package func moment(_ days: Int64, after time: Int64) -> Int64 {
        let time = min(max(time, Self.times.lowerBound), Self.times.upperBound)
        switch day {
        case .short(let length): return time + days * min(length, Self.dayLength)
        case .civil:
            let today = time >= 0 ? time / Self.dayLength : (time - Self.dayLength + 1) / Self.dayLength
            return (today + days + 1) * Self.dayLength
        }
    }

    /// Which day a time is in: a number that grows.
    package func day(of time: Int64) -> Int64 {
        switch day {
        case .short(let length): time / length
        case .civil: time / Self.dayLength
        }
    }

    /// Milliseconds.
    package var length: Int64 {
        switch day {
        case .short(let length): length
        case .civil: Self.dayLength
        }
    }

    /// Whether things become due at midnight alone.
    package var isCivil: Bool { day == .civil }
}
