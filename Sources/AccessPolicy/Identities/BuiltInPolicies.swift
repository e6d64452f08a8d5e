/// The policies that every server has from the start, by MinIO's names.
package enum BuiltInPolicies {
    /// Name and document.
    package static let documents: [(name: String, document: String)] = [
        ("consoleAdmin", consoleAdmin), ("diagnostics", diagnostics), ("readonly", readonly),
        ("readwrite", readwrite), ("writeonly", writeonly),
    ]

    private static let readonly = document(#""s3:GetBucketLocation","s3:GetObject""#)
    private static let readwrite = document(#""s3:*""#)
    private static let writeonly = document(#""s3:PutObject""#)
    private static let diagnostics = document(
        #""admin:Profiling","admin:ServerTrace","admin:ConsoleLog","admin:ServerInfo","admin:TopLocksInfo","admin:OBDInfo","admin:BandwidthMonitor","admin:Prometheus""#
    )

    package static let consoleAdmin = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["admin:*"]},\
        {"Effect":"Allow","Action":["kms:*"]},\
        {"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::*"]}]}
        """

    private static func document(_ actions: String) -> String {
        #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":[\#(actions)],"Resource":["arn:aws:s3:::*"]}]}"#
    }
}
