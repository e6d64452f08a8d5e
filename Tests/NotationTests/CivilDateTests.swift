import Notation
import Testing

@Suite struct CivilDateTests {
    @Test func `a day and its number lead to each other, through four centuries and more`() {
        for days in stride(from: -719_528, through: 2_932_896, by: 97) {
            let date = CivilDate(days: days)
            #expect(CivilDate.days(year: date.year, month: date.month, day: date.day) == days)
        }
        #expect(CivilDate(days: 0).weekday == 4)
        #expect(CivilDate(days: -1).weekday == 3)
        #expect(CivilDate(days: -719_529).year == -1)
    }

    @Test func `there is no such day`() {
        for (year, month, day) in [
            (2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0), (10_000, 1, 1),
            (-1, 1, 1),
        ] {
            #expect(CivilDate.days(year: year, month: month, day: day) == nil)
        }
        #expect(CivilDate.days(year: 2000, month: 2, day: 29) == 11_016)
    }
}
