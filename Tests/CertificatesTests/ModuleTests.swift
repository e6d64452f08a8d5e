import Testing
import Certificates

struct ModuleTests {
    @Test func `the module is there`() { #expect(Bool(true)) }
}
