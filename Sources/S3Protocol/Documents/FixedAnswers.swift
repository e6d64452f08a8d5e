/// Documents that say "not configured" for sub-resources that this server does not have, in the form AWS gives them.
package enum FixedAnswers {
    package static var notificationConfiguration: [UInt8] { empty("NotificationConfiguration") }
    package static var bucketLoggingStatus: [UInt8] { empty("BucketLoggingStatus") }
    package static var accelerateConfiguration: [UInt8] { empty("AccelerateConfiguration") }

    /// The owner of the bucket pays.
    package static var requestPaymentConfiguration: [UInt8] {
        var xml = XMLWriter(capacity: 192)
        xml.openRoot("RequestPaymentConfiguration")
        xml.element("Payer", "BucketOwner")
        xml.close("RequestPaymentConfiguration")
        return xml.bytes
    }

    /// The owner may do everything, and nobody else is named: access is by policy only.
    package static var accessControlPolicy: [UInt8] {
        var xml = XMLWriter(capacity: 768)
        xml.openRoot("AccessControlPolicy")
        Owner.server.write(as: "Owner", to: &xml)
        xml.markup("<AccessControlList><Grant>")
        xml.markup(#"<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser">"#)
        xml.element("ID", Owner.server.id)
        xml.element("DisplayName", Owner.server.displayName)
        xml.markup("</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>")
        xml.close("AccessControlPolicy")
        return xml.bytes
    }

    private static func empty(_ root: StaticString) -> [UInt8] {
        var xml = XMLWriter(capacity: 160)
        xml.openRoot(root)
        xml.close(root)
        return xml.bytes
    }
}
