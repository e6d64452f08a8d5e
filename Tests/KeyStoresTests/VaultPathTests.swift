import KeyStores
import Testing

@Suite struct VaultPathTests {
    @Test(arguments: [
        ("a/b", "a/b"), ("/a/b/", "a/b"), ("a//b", "a/b"), ("./a/./b", "a/b"), ("", ""), ("/", ""), ("a..b", "a..b"),
    ])
    func `slashes too many do not count`(text: String, path: String) throws {
        #expect(try #require(VaultPath(text)).description == path)
    }

    @Test(arguments: ["..", "../x", "a/..", "a/../b", "/../a"])
    func `no path leads upwards`(text: String) {
        #expect(VaultPath(text) == nil)
    }
}
