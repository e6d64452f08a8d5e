import JSON

extension StoreAnswer {
    /// Gives `add` the names that Vault lists, without a tree of them all; false when it is no list.
    func forEachVaultName(_ add: (String) -> Void) -> Bool {
        body.withUnsafeBytes { bytes -> Bool in
            var scanner = JSONScanner(bytes)
            var found = false
            do throws(JSONError) {
                try scanner.readObject { (name, scanner) throws(JSONError) in
                    guard "data" ~= name else { return false }
                    try scanner.readObject { (name, scanner) throws(JSONError) in
                        guard "keys" ~= name else { return false }
                        found = true
                        try scanner.readArray { (scanner) throws(JSONError) in
                            if let text = try scanner.readText() { add(text) }
                        }
                        return true
                    }
                    return true
                }
            } catch {
                return false
            }
            return found
        }
    }
}
