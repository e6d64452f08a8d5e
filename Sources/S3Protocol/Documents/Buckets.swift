/// `ListAllMyBucketsResult`: one page of the buckets.
package struct ListAllMyBucketsResult: Sendable {
    package struct Bucket: Sendable {
        package var name: String
        /// Milliseconds since 1970.
        package var created: Int64

        package init(name: String, created: Int64) {
            self.name = name
            self.created = created
        }
    }

    /// By name.
    package var buckets: [Bucket]
    package var parameters: ListBucketsParameters
    /// Where all buckets are; shown when the request asks for pages, as on AWS.
    package var region: String
    /// Whether buckets follow the last one here.
    package var isTruncated: Bool

    package init(
        buckets: [Bucket], parameters: ListBucketsParameters = ListBucketsParameters(), region: String = "us-east-1",
        isTruncated: Bool = false
    ) {
        self.buckets = buckets
        self.parameters = parameters
        self.region = region
        self.isTruncated = isTruncated
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 512 + buckets.count * 128)
        xml.openRoot("ListAllMyBucketsResult")
        Owner.server.write(as: "Owner", to: &xml)
        xml.open("Buckets")
        for bucket in buckets {
            xml.open("Bucket")
            xml.element("Name", bucket.name)
            xml.element("CreationDate", milliseconds: bucket.created)
            if parameters.isPaged { xml.element("BucketRegion", region) }
            xml.close("Bucket")
        }
        xml.close("Buckets")
        if isTruncated, let last = buckets.last {
            xml.element("ContinuationToken", ListPosition.key(last.name).token)
        }
        if !parameters.prefix.isEmpty { xml.element("Prefix", parameters.prefix) }
        xml.close("ListAllMyBucketsResult")
        return xml.bytes
    }
}

/// The body of a CreateBucket request.
package struct CreateBucketConfiguration: Hashable, Sendable {
    /// Nil when absent or empty.
    package var locationConstraint: String?

    /// - Parameter document: may be empty: then nothing is asked for.
    /// - Throws: `malformedXML`.
    package static func parse(_ document: some Collection<UInt8>) throws(S3Error) -> CreateBucketConfiguration {
        guard !document.isEmpty else { return CreateBucketConfiguration() }
        let root = try XMLReader.parse(document, root: "CreateBucketConfiguration")
        let location = try root.optionalText("LocationConstraint")?.trimmed
        return CreateBucketConfiguration(locationConstraint: location?.isEmpty == true ? nil : location)
    }
}

/// `LocationConstraint`, the answer of GetBucketLocation.
package struct LocationConstraint: Hashable, Sendable {
    /// Nil and `us-east-1` are both shown as the empty element, as on AWS.
    package var region: String?

    package init(region: String?) {
        self.region = region
    }

    package func xml() -> [UInt8] {
        var xml = XMLWriter(capacity: 160)
        xml.openRoot("LocationConstraint")
        if let region, region != "us-east-1" { xml.text(region) }
        xml.close("LocationConstraint")
        return xml.bytes
    }
}
