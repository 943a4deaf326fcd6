import PushCore

/// Lays environment variables over the document: `BELFRY_` and the path of a key, in capitals, parts joined by `_`.
///
/// Elements of a list are named by index, from 0; the index behind the last element adds one. An empty variable
/// counts as not set. In `BELFRY_KAFKA_PROPERTIES_SASL_PASSWORD` the rest stands for `sasl.password`.
struct EnvironmentOverlay {
    private enum Step {
        case key(String)
        case index(Int)
    }

    static let prefix = "BELFRY_"
    /// Kubernetes puts these into every pod beside a service named "belfry"; they are not ours.
    private static let foreignPrefixes = ["BELFRY_SERVICE_", "BELFRY_PORT"]

    let log: ProblemLog

    func apply(_ environment: [String: String], to document: DocumentNode) -> DocumentNode {
        let names = environment.keys.filter { name in
            name.hasPrefix(Self.prefix) && !Self.foreignPrefixes.contains { name.hasPrefix($0) }
        }
        var root = document
        for name in names.sorted(by: Self.isOrdered) {
            guard let value = environment[name], !value.isEmpty else { continue }
            let tokens = name.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
            let lowered = tokens.map { $0.lowercased() }
            guard let steps = resolve(lowered[...], ConfigurationKeys.tree, root) else {
                warnUnknown(name)
                continue
            }
            let place = SourcePlace(file: "environment variable \(displayed(name))", line: 0)
            let scalar = DocumentScalar(text: value, style: .untyped)
            root = set(root, steps[...], DocumentNode(content: .scalar(scalar), place: place))
        }
        return root
    }

    /// By parts, numbers by value: `APPS_2` comes before `APPS_10`, so that lists grow in order.
    private static func isOrdered(_ left: String, _ right: String) -> Bool {
        let leftParts = left.split(separator: "_")
        let rightParts = right.split(separator: "_")
        for (leftPart, rightPart) in zip(leftParts, rightParts) where leftPart != rightPart {
            if let leftNumber = Int(leftPart), let rightNumber = Int(rightPart), leftNumber != rightNumber {
                return leftNumber < rightNumber
            }
            return leftPart < rightPart
        }
        return leftParts.count < rightParts.count
    }

    // MARK: From the name to the key

    /// Nil where no key has this name.
    ///
    /// Names contain `_` themselves, so every way to divide is tried.
    private func resolve(_ tokens: ArraySlice<String>, _ tree: KeyTree, _ node: DocumentNode?) -> [Step]? {
        for child in tree.children {
            if child.name == "*" {
                if let steps = resolveFreeName(tokens, child.tree, node) { return steps }
                continue
            }
            let words = child.name.split(separator: "_").map(String.init)
            guard tokens.starts(with: words) else { continue }
            let rest = tokens.dropFirst(words.count)
            if let steps = resolveValue(rest, child.tree, node?.value(of: child.name)) {
                return [.key(child.name)] + steps
            }
        }
        return nil
    }

    private func resolveValue(_ tokens: ArraySlice<String>, _ tree: KeyTree, _ node: DocumentNode?) -> [Step]? {
        guard let first = tokens.first else { return tree.leaf == nil ? nil : [] }
        if tree.isList {
            guard let index = index(first) else { return nil }
            return resolve(tokens.dropFirst(), tree, node?.element(index)).map { [.index(index)] + $0 }
        }
        if case .texts = tree.leaf?.kind, tokens.count == 1, let index = index(first) { return [.index(index)] }
        return resolve(tokens, tree, node)
    }

    private func resolveFreeName(_ tokens: ArraySlice<String>, _ tree: KeyTree, _ node: DocumentNode?) -> [Step]? {
        guard !tokens.isEmpty else { return nil }
        guard tree.isList else {
            let name = node?.key(writtenAs: tokens) ?? tokens.joined(separator: ".")
            return [.key(name)]
        }
        for position in tokens.indices.dropFirst() where index(tokens[position]) != nil {
            let words = tokens[..<position]
            let name = node?.key(writtenAs: words) ?? words.joined(separator: "_")
            if let steps = resolveValue(tokens[position...], tree, node?.value(of: name)) {
                return [.key(name)] + steps
            }
        }
        return nil
    }

    private func index(_ token: String) -> Int? {
        token.utf8.count <= 6 && token.utf8.allSatisfy { (48...57).contains($0) } ? Int(token) : nil
    }

    // MARK: From the key to the document

    /// A node of the wrong kind is left alone: the reader reports it.
    private func set(_ node: DocumentNode?, _ steps: ArraySlice<Step>, _ value: DocumentNode) -> DocumentNode {
        let rest = steps.dropFirst()
        switch steps.first {
        case nil:
            return value
        case .key(let key):
            var map = usable(node) ?? DocumentNode(content: .map([]), place: value.place)
            guard case .map(var entries) = map.content else { return map }
            if let index = entries.firstIndex(where: { $0.key == key }) {
                entries[index].value = set(entries[index].value, rest, value)
            } else {
                entries.append(DocumentEntry(key: key, keyPlace: value.place, value: set(nil, rest, value)))
            }
            map.content = .map(entries)
            return map
        case .index(let index):
            var list = usable(node) ?? DocumentNode(content: .list([]), place: value.place)
            if case .scalar = list.content { list.content = .list([list]) }
            guard case .list(var elements) = list.content else { return list }
            if index < elements.count {
                elements[index] = set(elements[index], rest, value)
            } else if index == elements.count {
                elements.append(set(nil, rest, value))
            } else {
                let message = "index \(index) leaves a gap: the list has \(elements.count) elements"
                log.add(Problem(at: value.place, key: "", message: message, allowed: "0 to \(elements.count)"))
            }
            list.content = .list(elements)
            return list
        }
    }

    private func usable(_ node: DocumentNode?) -> DocumentNode? {
        node.flatMap { $0.isNull ? nil : $0 }
    }

    // MARK: Unknown variables

    private func warnUnknown(_ name: String) {
        let tokens = name.dropFirst(Self.prefix.count).split(separator: "_", omittingEmptySubsequences: false)
        let numbers = tokens.filter { Int($0) != nil }
        let pattern = tokens.map { Int($0) == nil ? String($0) : "<n>" }.joined(separator: "_")
        let known = ConfigurationKeys.all.map { String($0.environmentName.dropFirst(Self.prefix.count)) }
        var message = "no key has this name, so it is ignored"
        if var nearest = NearestName.find(pattern, in: known) {
            for number in numbers {
                nearest = nearest.replacing("<n>", with: number, maxReplacements: 1)
            }
            message += "; did you mean \(Self.prefix)\(nearest)?"
        }
        let place = SourcePlace(file: "environment variable \(displayed(name))", line: 0)
        log.add(Problem(.warning, at: place, key: "", message: message))
    }
}

extension DocumentNode {
    fileprivate func value(of key: String) -> DocumentNode? {
        guard case .map(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    fileprivate func element(_ index: Int) -> DocumentNode? {
        guard case .list(let elements) = content, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The key of this map that becomes these words when it is written as a variable.
    fileprivate func key(writtenAs words: ArraySlice<String>) -> String? {
        guard case .map(let entries) = content else { return nil }
        let wanted = words.joined(separator: "_")
        return entries.first { entry in
            let written = entry.key.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "_" }
            return String(written) == wanted
        }?.key
    }
}
