import S3Protocol
import Testing

@Suite struct FormParserTests {
    private static let form = """
        preamble\r
        --b0\r
        Content-Disposition: form-data; name="Key"\r
        \r
        a/${filename}\r
        --b0\r
        content-disposition:form-data;name=empty\r
        Content-Type: text/plain\r
        \r
        \r
        --b0 \r
        Content-Disposition: form-data; name="x-amz-meta-é"; filename="x"\r
        \r
        --b\r\n--b1\r
        --b0\r
        Content-Disposition: form-data; name="file"; filename="C:\\dir\\ä \\"1\\".txt"\r
        Content-Type: image/png\r
        \r
        bytes
        """

    private func parse(_ form: String, step: Int, boundary: String = "b0") throws -> FormParser.Beginning? {
        var parser = FormParser(try FormDelimiter(contentType: "multipart/form-data; boundary=\"\(boundary)\""))
        let bytes = Array(form.utf8)
        for start in stride(from: 0, to: bytes.count, by: step) {
            if let beginning = try parser.take(bytes[start..<min(start + step, bytes.count)]) { return beginning }
        }
        return nil
    }

    @Test(arguments: [1, 2, 3, 7, 64, 10_000])
    func `a form is read in pieces of any size`(step: Int) throws {
        var beginning = try #require(try parse(Self.form, step: step))
        #expect(beginning.fields["key"] == "a/${filename}")
        #expect(beginning.fields["empty"] == "")
        #expect(beginning.fields["x-amz-meta-é"] == "--b\r\n--b1")
        #expect(beginning.filename == "C:\\dir\\ä \"1\".txt")
        #expect("bytes".hasPrefix(String(decoding: beginning.rest, as: UTF8.self)))
        beginning.fields.substitute(filename: beginning.filename)
        #expect(beginning.fields["key"] == "a/ä \"1\".txt")
    }

    @Test(arguments: [
        "--b0--\r\n", "--b0\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--b0--\r\n",
    ])
    func `a form needs a file`(form: String) {
        #expect(throws: S3Error(.invalidArgument)) { try parse(form, step: 5) }
    }

    @Test(arguments: [
        "--b0x\r\n\r\n", "--b0\r\n\r\n\r\nvalue", "--b0\r\nno colon\r\n\r\n",
        "--b0\r\nContent-Disposition: attachment; name=\"key\"\r\n\r\nk",
        "--b0\r\nContent-Disposition: form-data\r\n\r\nk",
    ])
    func `what is no form is refused`(form: String) {
        #expect(throws: S3Error(.malformedPOSTRequest)) { try parse(form, step: 1) }
    }

    @Test func `fields are bounded, and each is there once`() {
        let part = "--b0\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n"
        for endless in [String(repeating: "x", count: 70_000), part + String(repeating: "\r\n--b", count: 20_000)] {
            #expect(throws: S3Error(.maxPostPreDataLengthExceeded)) { try parse(endless, step: 1000) }
        }
        #expect(throws: S3Error(.invalidArgument)) { try parse("\(part)1\r\n\(part)2\r\n\(part)", step: 9) }
        let ignored = part.replacing("key", with: "x-ignore-a")
        #expect(throws: Never.self) { try parse("\(ignored)1\r\n\(ignored)2\r\n--b0", step: 9) }
    }

    @Test(arguments: ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=\"é\""])
    func `a form has a boundary`(type: String) {
        #expect(throws: S3Error(.malformedPOSTRequest)) { try FormDelimiter(contentType: type) }
    }
}
