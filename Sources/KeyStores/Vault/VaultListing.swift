import JSON

extension StoreAnswer {
    /// Adds the names that Vault lists, without a tree of them all; false when it is no list.
    func addNames(to selection: inout KeyNameSelection) -> Bool {
        var names = selection
        let isList = body.withUnsafeBytes { bytes -> Bool in
            var scanner = JSONScanner(bytes)
            var found = false
            do throws(JSONError) {
                try scanner.readObject { (name, scanner) throws(JSONError) in
                    guard "data" ~= name else { return false }
                    try scanner.readObject { (name, scanner) throws(JSONError) in
                        guard "keys" ~= name else { return false }
                        found = true
                        try scanner.readArray { (scanner) throws(JSONError) in
                            if let text = try scanner.readText() { names.add(text) }
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
        selection = names
        return isList
    }
}
