import Notation
import Testing

@Suite struct GlobPatternTests {
    @Test(arguments: [
        ("", "", true), ("", "a", false), ("*", "", true), ("*", "any/thing", true), ("a?c", "abc", true),
        ("a?c", "ac", false), ("a?c", "aäc", true), ("*.log", "a/b.log", true), ("*.log", "a/b.logs", false),
        ("a*b*c", "axxbyyc", true), ("a*b*c", "axxcyyb", false), ("[a]", "a", false), ("ä", "a\u{308}", false),
    ])
    func `a star is any text, a question mark one character`(_ pattern: String, _ text: String, _ isMatch: Bool) {
        #expect(GlobPattern(pattern).matches(text) == isMatch)
    }

    @Test func `many stars take no more steps than the lengths multiplied`() {
        let pattern = GlobPattern(String(repeating: "a*", count: 1000) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }
}
