import S3Protocol
import Testing

/// The document of a bucket's lifecycle: what it says, and what it must not say.
@Suite struct LifecycleConfigurationTests {
    private static func parse(_ rules: String) throws(S3Error) -> LifecycleConfiguration {
        try LifecycleConfiguration.parse(Array("<LifecycleConfiguration>\(rules)</LifecycleConfiguration>".utf8))
    }

    private static func rule(
        _ content: String, id: String = "r", filter: String = "<Filter></Filter>", status: String = "Enabled"
    ) -> String {
        "<Rule><ID>\(id)</ID>\(filter)<Status>\(status)</Status>\(content)</Rule>"
    }

    private static let days = "<Expiration><Days>1</Days></Expiration>"

    @Test(arguments: [
        rule(days), rule(days, filter: "<Prefix>a/</Prefix>"), rule(days, filter: "<Prefix></Prefix>"),
        rule(days, filter: "<Filter><Prefix>a &amp; b</Prefix></Filter>", status: "Disabled"),
        rule(days, filter: "<Filter><Prefix></Prefix></Filter>"),
        rule(days, filter: "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"),
        rule(days, filter: "<Filter><ObjectSizeGreaterThan>0</ObjectSizeGreaterThan></Filter>"),
        rule(
            days,
            filter: """
                <Filter><And><Prefix>p</Prefix><Tag><Key>a</Key><Value></Value></Tag><Tag><Key>k</Key><Value>v</Value></Tag>\
                <ObjectSizeGreaterThan>1</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan></And></Filter>
                """),
        rule("<Expiration><Date>2030-01-01T00:00:00.000Z</Date></Expiration>"),
        rule("<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
        rule(
            """
            <NoncurrentVersionExpiration><NoncurrentDays>7</NoncurrentDays>\
            <NewerNoncurrentVersions>100</NewerNoncurrentVersions></NoncurrentVersionExpiration>
            """),
        rule(
            """
            <NoncurrentVersionExpiration><NewerNoncurrentVersions>3</NewerNoncurrentVersions>\
            </NoncurrentVersionExpiration>
            """),
        rule(
            """
            <AbortIncompleteMultipartUpload><DaysAfterInitiation>2147483647</DaysAfterInitiation>\
            </AbortIncompleteMultipartUpload>
            """),
        rule(days, id: String(repeating: "é", count: 255)),
    ])
    func `what was put is given back`(rules: String) throws {
        let configuration = try Self.parse(rules)
        let text = String(decoding: configuration.xml(), as: UTF8.self)
        #expect(text.contains(rules), "\(text)")
        var stored = configuration
        stored.updated = 1_700_000_000_123
        stored.transitionMinimum = .byStorageClass
        #expect(try LifecycleConfiguration.parse(stored: stored.storedXML()) == stored)
    }

    @Test func `a rule without a name gets one, and no two have the same`() throws {
        let unnamed = "<Rule><Prefix/><Status>Enabled</Status>\(Self.days)</Rule>"
        let configuration = try Self.parse(unnamed + unnamed)
        #expect(
            configuration.rules.allSatisfy { !$0.id.isEmpty } && configuration.rules[0].id != configuration.rules[1].id)
        let names = ["e\u{301}", "é"]
        #expect(try Self.parse(names.map { Self.rule(Self.days, id: $0) }.joined()).rules.map(\.id) == names)
        #expect(throws: S3Error(.invalidArgument)) { try Self.parse(Self.rule(Self.days) + Self.rule(Self.days)) }
        #expect(throws: S3Error(.invalidArgument)) {
            try Self.parse(Self.rule(Self.days, id: String(repeating: "x", count: 256)))
        }
    }

    @Test func `a thousand rules are the most`() throws {
        let rules = (0..<1000).map { Self.rule(Self.days, id: "\($0)") }
        #expect(try Self.parse(rules.joined()).rules.count == 1000)
        #expect(throws: S3Error(.malformedXML)) { try Self.parse(rules.joined() + Self.rule(Self.days, id: "more")) }
        #expect(throws: S3Error(.malformedXML)) { try Self.parse("") }
    }

    @Test(arguments: [
        (rule(days, status: "enabled"), S3ErrorCode.malformedXML), (rule(days, status: ""), .malformedXML),
        (rule(days, filter: ""), .malformedXML), (rule(days, filter: "<Prefix/><Filter/>"), .malformedXML),
        (rule(days, filter: "<Filter><ObjectAge>3</ObjectAge></Filter>"), .malformedXML),
        (rule(days, filter: "<Filter><And/></Filter>"), .malformedXML),
        (rule(days, filter: "<Filter><And><Or/></And></Filter>"), .malformedXML),
        (rule(days, filter: "<Filter><Prefix>a</Prefix><And><Prefix>b</Prefix></And></Filter>"), .malformedXML),
        (rule(days, filter: "<Filter><Tag><Key>k</Key></Tag></Filter>"), .malformedXML),
        (rule(days, filter: "<Filter><Tag><Key></Key><Value/></Tag></Filter>"), .invalidTag),
        (rule(days, filter: "<Prefix>\(String(repeating: "p", count: 1025))</Prefix>"), .invalidRequest),
        (
            rule(
                days,
                filter: """
                    <Filter><And><ObjectSizeGreaterThan>9</ObjectSizeGreaterThan><ObjectSizeLessThan>9</ObjectSizeLessThan>\
                    </And></Filter>
                    """), .invalidRequest
        ),
        (rule(days, filter: "<Filter><ObjectSizeLessThan>0</ObjectSizeLessThan></Filter>"), .invalidRequest),
        (rule(days, filter: "<Filter><ObjectSizeGreaterThan>-1</ObjectSizeGreaterThan></Filter>"), .malformedXML),
        (rule(""), .invalidRequest), (rule("<Surprise/>" + days), .malformedXML), (rule(days + days), .malformedXML),
        (rule("<Expiration/>"), .malformedXML), (rule("<Expiration><Weeks>1</Weeks></Expiration>"), .malformedXML),
        (rule("<Expiration><Days>0</Days></Expiration>"), .invalidArgument),
        (rule("<Expiration><Days>-1</Days></Expiration>"), .invalidArgument),
        (rule("<Expiration><Days>2147483648</Days></Expiration>"), .invalidArgument),
        (rule("<Expiration><Days>99999999999999999999999</Days></Expiration>"), .invalidArgument),
        (rule("<Expiration><Days>1.5</Days></Expiration>"), .malformedXML),
        (rule("<Expiration><Days></Days></Expiration>"), .malformedXML),
        (rule("<Expiration><Date>2030-01-01T00:00:01Z</Date></Expiration>"), .invalidArgument),
        (rule("<Expiration><Date>tomorrow</Date></Expiration>"), .malformedXML),
        (rule("<Expiration><Days>1</Days><Date>2030-01-01T00:00:00Z</Date></Expiration>"), .malformedXML),
        (
            rule("<Expiration><Days>1</Days><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>"),
            .malformedXML
        ),
        (
            rule(
                "<Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration>",
                filter: "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"), .invalidRequest
        ),
        (
            rule("<Expiration><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions></Expiration>"),
            .malformedXML
        ),
        (
            rule(
                """
                <Expiration><Date>2030-01-01T00:00:00Z</Date><ExpiredObjectAllVersions>true</ExpiredObjectAllVersions>\
                </Expiration>
                """),
            .invalidRequest
        ),
        (rule("<DelMarkerExpiration><Days>1</Days></DelMarkerExpiration>"), .notImplemented),
        (rule("<NoncurrentVersionExpiration/>"), .malformedXML),
        (
            rule("<NoncurrentVersionExpiration><NoncurrentDays>0</NoncurrentDays></NoncurrentVersionExpiration>"),
            .invalidArgument
        ),
        (
            rule(
                """
                <NoncurrentVersionExpiration><NewerNoncurrentVersions>101</NewerNoncurrentVersions>\
                </NoncurrentVersionExpiration>
                """), .invalidArgument
        ),
        (rule("<AbortIncompleteMultipartUpload/>"), .malformedXML),
        (
            rule(
                """
                <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                </AbortIncompleteMultipartUpload>
                """, filter: "<Filter><ObjectSizeGreaterThan>1</ObjectSizeGreaterThan></Filter>"), .invalidRequest
        ),
        (
            rule(
                """
                <AbortIncompleteMultipartUpload><DaysAfterInitiation>1</DaysAfterInitiation>\
                </AbortIncompleteMultipartUpload>
                """, filter: "<Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>"), .invalidRequest
        ),
        (
            rule(days + "<Transition><Days>1</Days><StorageClass>GLACIER</StorageClass></Transition>"),
            .invalidStorageClass
        ),
        (
            rule(
                """
                <NoncurrentVersionTransition><NoncurrentDays>1</NoncurrentDays><StorageClass>GLACIER</StorageClass>\
                </NoncurrentVersionTransition>
                """), .invalidStorageClass
        ),
        ("<Surprise/>" + rule(days), .malformedXML),
    ])
    func `what it must not say is refused`(rules: String, code: S3ErrorCode) {
        #expect(throws: S3Error(code), "\(rules)") { try Self.parse(rules) }
    }

    @Test func `several conditions beside each other are one about all of them`() throws {
        let filter = """
            <Filter><Prefix>a/b</Prefix><Tag><Key>t</Key><Value>1</Value></Tag><And><Prefix>a/</Prefix>\
            <Tag><Key>h</Key><Value>2</Value></Tag></And></Filter>
            """
        let configuration = try Self.parse(Self.rule(Self.days, filter: filter))
        let text = String(decoding: configuration.xml(), as: UTF8.self)
        #expect(
            text.contains("<And><Prefix>a/b</Prefix><Tag><Key>h</Key><Value>2</Value></Tag><Tag><Key>t</Key>"),
            "\(text)")
        let both = [(key: "h", value: "2"), (key: "t", value: "1")]
        for (key, tags, isMeant) in [
            ("a/b", both, true), ("a/b/c", both, true), ("a/", both, false), ("a/b", Array(both.prefix(1)), false),
            ("a/b", [(key: "h", value: "1"), (key: "t", value: "1")], false),
        ] {
            let expiry = configuration.expiry(ofKey: key, size: 1, modified: 0, tags: tags)
            #expect((expiry != nil) == isMeant, "\(key) \(tags)")
        }
    }

    @Test func `days are rounded up to the next midnight`() {
        let day: Int64 = 86_400_000
        for (time, days, expected) in [(0, 1, 2), (1, 1, 2), (day - 1, 1, 2), (day, 3, 5), (-1, 1, 1)]
            as [(Int64, Int64, Int64)]
        {
            #expect(LifecycleCalendar.civil.moment(days, after: time) == expected * day, "\(time)")
        }
        // Damaged times are no reason to end.
        for time in [Int64.min, .max] { _ = LifecycleCalendar.civil.moment(Int64(Int32.max), after: time) }
    }

    @Test func `an object tells of the first rule that ends it`() throws {
        let rules = [
            Self.rule("<Expiration><Days>30</Days></Expiration>", id: "long"),
            Self.rule(Self.days, id: "a/b &amp; c", filter: "<Prefix>logs/</Prefix>"),
            Self.rule(Self.days, id: "off", status: "Disabled"),
            Self.rule(
                Self.days, id: "large", filter: "<Filter><ObjectSizeGreaterThan>100</ObjectSizeGreaterThan></Filter>"),
        ]
        let configuration = try Self.parse(rules.joined())
        let header = { (key: String, size: Int64) in
            configuration.expirationHeader(ofKey: key, size: size, modified: 0, tags: []).map(\.value)
        }
        #expect(header("x", 100) == ["expiry-date=\"Sun, 01 Feb 1970 00:00:00 GMT\", rule-id=\"long\""])
        #expect(header("x", 101) == ["expiry-date=\"Sat, 03 Jan 1970 00:00:00 GMT\", rule-id=\"large\""])
        #expect(header("logs/x", 1) == ["expiry-date=\"Sat, 03 Jan 1970 00:00:00 GMT\", rule-id=\"a%2Fb%20%26%20c\""])
    }

    @Test func `prefixes are walked once`() throws {
        let prefixes = ["b/", "a/x", "a/", "c", "b/", "a/x/y"]
        let rules = prefixes.enumerated().map { Self.rule(Self.days, id: "\($0)", filter: "<Prefix>\($1)</Prefix>") }
        let schedule = LifecycleSchedule(try Self.parse(rules.joined()), .civil)
        #expect(schedule.keyPrefixes.map { String(decoding: $0, as: UTF8.self) } == ["a/", "b/", "c"])
        #expect(schedule.uploadPrefixes.isEmpty)
    }
}
