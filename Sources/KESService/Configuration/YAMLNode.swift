import Yams

/// A value of the configuration file, with the line it stands in; aliases and merge keys are resolved.
struct YAMLNode {
    enum Content {
        /// `isPlain`: without quotes and not a block.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    let content: Content
    let line: Int

    /// Whether nothing stands there: `null`, `~`, or no text at all.
    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// YAML's name for what the value is.
    var tag: String {
        switch content {
        case .mapping: "!!map"
        case .sequence: "!!seq"
        case .scalar(_, isPlain: false): "!!str"
        case .scalar(let text, isPlain: true): isNull ? "!!null" : Self.tag(ofPlain: text)
        }
    }

    private static func tag(ofPlain text: String) -> String {
        if Int64(text) != nil { return "!!int" }
        if ["true", "True", "TRUE", "false", "False", "FALSE"].contains(text) { return "!!bool" }
        if text.utf8.contains(where: { (48...57).contains($0) }), Double(text) != nil { return "!!float" }
        return "!!str"
    }
}

extension YAMLNode {
    /// Bytes of a configuration file.
    static let maximumByteCount = 1024 * 1024

    /// The first document of `text`; `nil` when there is none.
    ///
    /// The parser would paste the anchored value wherever an alias stands, which lets a small file grow without bound.
    /// Therefore it never sees an alias: every asterisk is another character while it parses, and aliases are resolved
    /// afterwards, against a budget.
    static func firstDocument(of text: String) throws(ConfigurationError) -> YAMLNode? {
        guard text.utf8.count <= maximumByteCount else {
            throw ConfigurationError("yaml: a configuration has at most \(maximumByteCount) bytes")
        }
        guard !text.unicodeScalars.contains(YAMLComposer.asterisk) else {
            throw ConfigurationError("yaml: the character U+E000 cannot be used")
        }
        var scalars = String.UnicodeScalarView()
        // Editors may begin a file with a byte order mark.
        for scalar in text.unicodeScalars.drop(while: { $0 == "\u{FEFF}" }) {
            scalars.append(scalar == "*" ? YAMLComposer.asterisk : scalar)
        }
        do {
            let parser = try Parser(yaml: String(scalars), encoding: .utf8)
            guard let root = try parser.nextRoot() else { return nil }
            var composer = YAMLComposer()
            // The nodes' anchors live as long as the parser.
            return try withExtendedLifetime(parser) { try composer.compose(root, depth: 0) }
        } catch let error as ConfigurationError {
            throw error
        } catch let error as YamlError {
            throw ConfigurationError(error)
        } catch {
            throw ConfigurationError("yaml: \(type(of: error))")
        }
    }
}

/// Turns the parser's nodes into ours.
private struct YAMLComposer {
    /// Stands for `*`.
    static let asterisk = Unicode.Scalar(0xe000 as UInt16) ?? "*"
    /// Values in a configuration, those that aliases repeat included.
    static let maximumNodeCount = 200_000
    static let maximumDepth = 64

    private var anchors: [String: YAMLNode] = [:]
    /// Nodes below an anchor, itself included.
    private var sizes: [String: Int] = [:]
    private var count = 0

    mutating func compose(_ node: Node, depth: Int) throws(ConfigurationError) -> YAMLNode {
        let line = node.mark?.line ?? 0
        let before = count
        count += 1
        guard depth < Self.maximumDepth else { throw .yaml(line: line, "values are nested too deeply") }
        let composed: YAMLNode
        switch node {
        case .scalar(let scalar):
            let text = Self.restored(scalar.string)
            if scalar.style == .plain, text.utf8.first == UInt8(ascii: "*") {
                return try alias(String(text.dropFirst()), line: line)
            }
            composed = YAMLNode(content: .scalar(text, isPlain: scalar.style == .plain), line: line)
        case .sequence(let sequence):
            var items: [YAMLNode] = []
            for item in sequence { items.append(try compose(item, depth: depth + 1)) }
            composed = YAMLNode(content: .sequence(items), line: line)
        case .mapping(let mapping):
            composed = YAMLNode(content: .mapping(try pairs(mapping, depth: depth)), line: line)
        case .alias: throw .yaml(line: line, "unexpected alias")
        }
        guard count <= Self.maximumNodeCount else { throw .yaml(line: line, "the document has too many values") }
        if let anchor = node.anchor?.rawValue {
            anchors[anchor] = composed
            sizes[anchor] = count - before
        }
        return composed
    }

    private mutating func alias(_ name: String, line: Int) throws(ConfigurationError) -> YAMLNode {
        guard !name.isEmpty else { throw .yaml(line: line, "a text that begins with '*' has to be in quotes") }
        guard let target = anchors[name], let size = sizes[name] else {
            throw .yaml(
                line: line, "unknown anchor '\(name)' referenced (a text that begins with '*' has to be in quotes)")
        }
        count += size
        guard count <= Self.maximumNodeCount else { throw .yaml(line: line, "document contains excessive aliasing") }
        return YAMLNode(content: target.content, line: line)
    }

    private mutating func pairs(
        _ mapping: Node.Mapping, depth: Int
    ) throws(ConfigurationError) -> [(key: YAMLNode, value: YAMLNode)] {
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        var merged: [YAMLNode] = []
        var lines: [String: Int] = [:]
        for (key, value) in mapping {
            let key = try compose(key, depth: depth + 1)
            let value = try compose(value, depth: depth + 1)
            guard case .scalar(let name, let isPlain) = key.content else {
                throw .yaml(line: key.line, "cannot unmarshal \(key.tag) into string")
            }
            if name == "<<", isPlain {
                merged.append(value)
                continue
            }
            if let first = lines.updateValue(key.line, forKey: name) {
                throw .yaml(line: key.line, "mapping key \"\(name)\" already defined at line \(first)")
            }
            pairs.append((key, value))
        }
        for value in merged { try merge(value, into: &pairs, &lines) }
        return pairs
    }

    /// What a merge key brings: the pairs of one mapping, or of a list of them, whose keys are not there.
    private func merge(
        _ value: YAMLNode, into pairs: inout [(key: YAMLNode, value: YAMLNode)], _ lines: inout [String: Int]
    ) throws(ConfigurationError) {
        switch value.content {
        case .mapping(let additional):
            for pair in additional {
                guard case .scalar(let name, _) = pair.key.content, lines[name] == nil else { continue }
                lines[name] = pair.key.line
                pairs.append(pair)
            }
        case .sequence(let list):
            for item in list {
                guard case .mapping = item.content else {
                    throw .yaml(line: item.line, "map merge requires map or sequence of maps as the value")
                }
                try merge(item, into: &pairs, &lines)
            }
        case .scalar: throw .yaml(line: value.line, "map merge requires map or sequence of maps as the value")
        }
    }

    private static func restored(_ text: String) -> String {
        guard text.unicodeScalars.contains(asterisk) else { return text }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { scalars.append(scalar == asterisk ? "*" : scalar) }
        return String(scalars)
    }
}

extension ConfigurationError {
    /// What the parser found, and where; without the text around it, which may hold a secret.
    fileprivate init(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            self = .yaml(line: mark.line, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            let key = keys.first.map(YAMLComposer.shown) ?? ""
            self = .yaml(line: context.mark.line, "mapping key \"\(key)\" is defined more than once")
        case .reader(let problem, _, _, _), .writer(let problem), .emitter(let problem), .representer(let problem):
            self.init("yaml: \(problem)")
        case .no, .memory, .dataCouldNotBeDecoded: self.init("yaml: the file cannot be read as YAML")
        }
    }
}

extension YAMLComposer {
    fileprivate static func shown(_ key: String) -> String { restored(key) }
}
