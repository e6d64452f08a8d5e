import HTTPClient
import Testing

struct ModuleTests {
    @Test func `the module is there`() { #expect(Bool(true)) }
}
