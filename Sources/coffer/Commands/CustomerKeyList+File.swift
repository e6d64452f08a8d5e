import MinIODrive

extension CustomerKeyList {
    /// Reads a file of customers' keys; none for no file.
    init(file: String?) throws(StartFailure) {
        guard let file else {
            self.init()
            return
        }
        guard let text = try Environment.contents(of: file) else {
            throw StartFailure("\(file): there is no such file")
        }
        do {
            try self.init(parsing: text)
        } catch {
            throw StartFailure(
                "\(file), line \(error.line): not BUCKET or BUCKET/PREFIX, a blank, and 32 bytes in base64")
        }
    }
}
