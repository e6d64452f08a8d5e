import JSON
import Testing

/// Objects that are made and read member by member.
@Suite struct JSONMembersTests {
    private func value(_ text: String) throws -> JSONValue { try #require(JSONValue(Array(text.utf8))) }

    @Test func `members are read by their types, null as missing`() throws {
        let members = try JSONMembers(
            value(#"{"a": "x", "b": 2, "c": true, "d": ["y"], "e": {"k": "v"}, "f": null}"#),
            known: ["a", "b", "c", "d", "e", "f", "g"])
        #expect(try members.required("a") == "x" && members.integer("b") == 2 && members.flag("c"))
        #expect(try members.texts("d") == ["y"] && members.pairs("e").map(\.value) == ["v"])
        #expect(try members.text("f") == nil && members.has("f") && !members.has("g"))
        #expect(try members.members("e", known: ["k"])?.required("k") == "v")
    }

    @Test(arguments: [
        ("[]", "The body is not an object."), (#"{"x": 1}"#, "The member 'x' is not known."),
        (#"{"a": 1, "a": 1}"#, "The member 'a' stands there twice."), (#"{"a": 1}"#, "The member 'a' is not a text."),
        ("{}", "The member 'a' is missing."), (#"{"a": null}"#, "The member 'a' is missing."),
    ])
    func `what is not as it has to be is told by its name`(_ text: String, _ message: String) throws {
        #expect {
            _ = try JSONMembers(try value(text), known: ["a"]).required("a")
        } throws: { "\($0)" == message }
    }

    @Test func `an object has its members in their order, without those that are nil`() {
        var object = JSONObject(["b": .integer(2), "a": .string("x"), "none": nil])
        object["c"] = .strings(["y"])
        object["b"] = nil
        object["d"] = nil
        #expect(String(decoding: object.value.bytes, as: UTF8.self) == #"{"a":"x","c":["y"]}"#)
    }
}
