/// A receiver of notifications, as a bucket's configuration names it: `arn:minio:sqs:REGION:ID:webhook`.
package struct NotificationTarget: Hashable, Sendable {
    /// Empty for any.
    package let region: String
    /// As the server's configuration calls it.
    package let id: String

    package static let kind = "webhook"

    package init(region: String = "", id: String) {
        self.region = region
        self.id = id
    }

    /// `nil` for what is no name of a webhook.
    package init?(arn: String) {
        let words = arn.split(separator: ":", omittingEmptySubsequences: false)
        guard words.count == 6, words[0] == "arn", words[1] == "minio", words[2] == "sqs", !words[4].isEmpty,
            words[5] == Self.kind
        else { return nil }
        self.init(region: String(words[3]), id: String(words[4]))
    }

    package var arn: String { "arn:minio:sqs:\(region):\(id):\(Self.kind)" }
}
