import S3Protocol
import TestSupport
import Testing

@Suite struct `XML reader` {
    private func parse(_ text: String) throws(S3Error) -> XMLElement {
        try XMLReader.parse(text.utf8)
    }

    @Test(arguments: [
        "<A><B>x</B></A>", "\u{FEFF}<A><B>x</B></A>", "<?xml version=\"1.0\"?><A><B>x</B></A>",
        "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\r\n<A>\n <B>x</B>\n</A>\n",
        "<A xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><B>x</B></A>", "<s3:A xmlns:s3='u'><s3:B>x</s3:B></s3:A>",
        "<!-- a --><A><!-- b - c --><B><!---->x</B></A><!-- d -->", "<A ><B c = 'd>' e=\"f\">x</B ></A >",
        "<A><B><![CDATA[x]]></B></A>", "<A><B>&#120;</B></A>", "<A><B>&#x78;</B><C/></A>",
    ])
    func `what clients vary does not change the tree`(_ text: String) throws {
        let root = try parse(text)
        #expect(root.name == "A")
        #expect(try root.optionalText("B") == "x")
    }

    @Test(arguments: [
        "", " ", "x", "<", "<A", "<A>", "<A></B>", "<A><B></A></B>", "</A>", "<A/><B/>", "<A/>x", "x<A/>", "<A>&</A>",
        "<A>&nbsp;</A>", "<A>&amp</A>", "<A>&#;</A>", "<A>&#x;</A>", "<A>&#0;</A>", "<A>&#xD800;</A>",
        "<A>&#x110000;</A>",
        "<A>&#99999999999999999999;</A>", "<A>]]></A>", "<A><!-- -- --></A>", "<A><!-- </A>", "<A><![CDATA[x</A>",
        "<A b></A>", "<A b=c></A>", "<A b='<'></A>", "<A b='c></A>", "<A b='c'd='e'></A>", "<1A></1A>", "<A><:B/></A>",
        "<A><a:b:c/></A>", "<A>text<B/></A>", "<A><B/>text</A>", "<A>\u{1}</A>", "<A>\u{0}</A>",
        "<!DOCTYPE A><A/>", "<!DOCTYPE A [<!ENTITY x 'y'>]><A>&x;</A>", "<A><!DOCTYPE B></A>", "<A><!ENTITY x 'y'></A>",
        "<A><?pi?></A>", "<?pi?><A/>", " <?xml version='1.0'?><A/>", "<?xml version='1.0'?><?xml version='1.0'?><A/>",
        "<?xml version='2.0'?><A/>", "<?xml?><A/>", "<?xml version='1.0' encoding='latin-1'?><A/>",
        "<?xml encoding='utf-8'?><A/>", "<?xml version='1.0' version='1.0'?><A/>", "<?xml version='1.0'><A/>",
    ])
    func `any flaw is MalformedXML`(_ text: String) {
        #expect(throws: S3Error(.malformedXML)) { try parse(text) }
    }

    @Test func `bytes that are not UTF-8 are refused`() {
        for bytes: [UInt8] in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0x80]] {
            let document = Array("<A>".utf8) + bytes + Array("</A>".utf8)
            #expect(throws: S3Error(.malformedXML)) { try XMLReader.parse(document) }
        }
    }

    @Test func `text keeps its white space, and line ends become line feeds`() throws {
        #expect(try parse("<A> a\r\nb\rc\n &lt;&gt;&amp;&quot;&apos;&#13;é </A>").text == " a\nb\nc\n <>&\"'\ré ")
    }

    @Test func `a control character in a key arrives through a reference`() throws {
        #expect(try parse("<A>a&#x1;b</A>").text == "a\u{1}b")
    }

    @Test func `depth is bounded at sixteen levels`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "<A>", count: depth) + String(repeating: "</A>", count: depth)
        }
        #expect(try parse(nested(16)).name == "A")
        #expect(throws: S3Error(.malformedXML)) { try parse(nested(17)) }
        #expect(throws: S3Error(.malformedXML)) { try parse(String(repeating: "<A>", count: 1_000_000)) }
    }

    @Test func `the number of elements is bounded`() throws {
        func row(_ count: Int) -> String { "<A>" + String(repeating: "<B/>", count: count) + "</A>" }
        #expect(try parse(row(XMLReader.maximumElements - 1)).children.count == XMLReader.maximumElements - 1)
        #expect(throws: S3Error(.malformedXML)) { try parse(row(XMLReader.maximumElements)) }
    }

    @Test func `an element that may stand once must not stand twice`() throws {
        let root = try parse("<A><B>1</B><B>2</B></A>")
        #expect(throws: S3Error(.malformedXML)) { try root.optional("B") }
        #expect(root.all("B").map(\.text) == ["1", "2"])
    }

    /// Time grows with length only: a document 99 times as long takes about 99 times as long, not 9801 times.
    ///
    /// The bound is on the ratio and lies between the two, so that a busy machine does not fail it.
    @Test(arguments: ["&amp;", "\r", "<B/>", "<!---->", "<![CDATA[]]>", "]", "x"])
    func `time is linear in length`(_ piece: String) throws {
        func time(_ count: Int) throws -> Duration {
            let document = "<A>" + String(repeating: piece, count: count) + "</A>"
            let bytes = Array(document.utf8)
            return try (0..<3).map { _ in
                try ContinuousClock().measure { _ = try XMLReader.parse(bytes) }
            }.min() ?? .zero
        }
        let short = try time(1_000)
        let long = try time(99_000)
        #expect(long < short * 1500)
    }

    @Test func `random bytes never do worse than MalformedXML`() {
        var random = SeededGenerator.announced()
        let alphabet = Array("<>/!?-[]&;#x\"'= \n\r:AB1é".utf8) + [0, 0xFF]
        for _ in 0..<30_000 {
            let bytes = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            do {
                _ = try XMLReader.parse(bytes)
            } catch {
                #expect(error == S3Error(.malformedXML))
            }
        }
    }

    @Test func `a document with any bytes changed is read or refused, and what was read can be written`() {
        var random = SeededGenerator.announced()
        let seedDocument = Array(
            """
            <?xml version="1.0" encoding="UTF-8"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><!-- c -->\
            <Quiet>true</Quiet><Object><Key>a&amp;b&#x20;<![CDATA[<c>]]></Key></Object></Delete>
            """.utf8)
        for _ in 0..<20_000 {
            var bytes = seedDocument
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: position)
                default: bytes.insert(bytes[Int.random(in: 0..<bytes.count, using: &random)], at: position)
                }
            }
            guard let root = try? XMLReader.parse(bytes) else { continue }
            for child in root.children {
                var xml = XMLWriter()
                xml.element("A", child.text)
                #expect((try? XMLReader.parse(xml.bytes))?.text == child.text)
            }
        }
    }

    @Test func `whatever text is written is read back`() throws {
        var random = SeededGenerator.announced()
        for _ in 0..<5_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &random) {
                let value =
                    UInt32.random(in: 0...3, using: &random) == 0
                    ? UInt32.random(in: 1...0x10FFFF, using: &random) : UInt32.random(in: 1...0x7F, using: &random)
                if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
            }
            text += ["", "\u{FFFE}", "\u{FFFF}", "\u{FFFD}", "]]>"].randomElement(using: &random) ?? ""
            var xml = XMLWriter()
            xml.element("A", text)
            #expect(try XMLReader.parse(xml.bytes).text.unicodeScalars.elementsEqual(text.unicodeScalars))
        }
    }
}
