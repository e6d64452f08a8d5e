/// The `<Error>` document.
///
/// It has no namespace, and names bucket, key and region only where they are known.
/// - Parameter resource: path of the request, `/bucket/key`.
package func errorDocument(
    _ error: S3Error, resource: String, requestID: String, hostID: String, bucket: String? = nil, key: String? = nil,
    region: String? = nil
) -> [UInt8] {
    var xml = XMLWriter(capacity: 512)
    xml.open("Error")
    xml.element("Code", error.code.rawValue)
    xml.element("Message", error.message)
    xml.element("Key", ifPresent: key)
    xml.element("BucketName", ifPresent: bucket)
    xml.element("Resource", resource)
    for (name, value) in error.details {
        xml.element(named: name, value)
    }
    if !error.details.contains(where: { $0.name == "Region" }) { xml.element("Region", ifPresent: region) }
    xml.element("RequestId", requestID)
    xml.element("HostId", hostID)
    xml.close("Error")
    return xml.bytes
}
