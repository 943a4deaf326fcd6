internal import Yams

/// Everything that is wrong with a fault script.
package struct FaultScriptError: Error, CustomStringConvertible {
    /// One mistake and its place.
    package struct Problem: Sendable, Hashable, CustomStringConvertible {
        package let file: String
        /// From 1; 0 for the file as a whole.
        package let line: Int
        /// What is wrong and what is allowed.
        package let message: String

        package var description: String {
            line == 0 ? "\(file): \(message)" : "\(file):\(line): \(message)"
        }
    }

    /// In the order of the file.
    package let problems: [Problem]

    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// Reads a fault script: a YAML (or JSON) list of rules.
struct FaultScriptReader {
    private enum Key: String, CaseIterable {
        case provider, token, topic, path, requests, after, `for`, every, share, seed
        case status, reason, timestamp, body, headers
        case action, lastStream = "last_stream", errorCode = "error_code"
        case maxConcurrentStreams = "max_concurrent_streams"
        case latency, jitter
    }

    private enum Action: String, CaseIterable {
        case goaway, reset, silence, refuse, settings
    }

    private typealias Entries = [Key: Node]

    private let file: String
    private var problems: [FaultScriptError.Problem] = []

    /// Reads the text of a script.
    ///
    /// - Throws: `FaultScriptError` with every mistake found.
    static func read(_ text: String, file: String) throws(FaultScriptError) -> FaultScript {
        var reader = FaultScriptReader(file: file)
        let script = reader.script(text)
        guard reader.problems.isEmpty else { throw FaultScriptError(problems: reader.problems) }
        return script
    }

    private init(file: String) {
        self.file = file
    }

    private mutating func script(_ text: String) -> FaultScript {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            report(error)
            return FaultScript()
        } catch {
            problems.append(.init(file: file, line: 0, message: "\(error)"))
            return FaultScript()
        }
        guard let root, root.null == nil else { return FaultScript() }
        guard case .sequence(let items) = root else {
            report(root, "a fault script is a list of rules")
            return FaultScript()
        }
        return FaultScript(rules: items.enumerated().map { rule($1, index: $0) })
    }

    private mutating func report(_ error: YamlError) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            problems.append(.init(file: file, line: mark.line, message: "not YAML: \(problem)"))
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.joined(separator: ", ")
            problems.append(.init(file: file, line: context.mark.line, message: "repeated key: \(names)"))
        default:
            problems.append(.init(file: file, line: 0, message: "not YAML: \(error)"))
        }
    }

    private mutating func report(_ node: Node, _ message: String) {
        problems.append(.init(file: file, line: node.mark?.line ?? 0, message: message))
    }

    // MARK: One rule

    private mutating func rule(_ node: Node, index: Int) -> FaultRule {
        var rule = FaultRule()
        rule.seed = UInt64(index)
        guard case .mapping(let mapping) = node else {
            report(node, "a rule is a mapping such as { every: 50, status: 503 }")
            return rule
        }
        let entries = entries(mapping)
        rule.selector = selector(entries)
        if let seed = entries[.seed].flatMap({ integer($0, .seed, in: 0...Int.max) }) { rule.seed = UInt64(seed) }
        rule.effect = effect(entries, of: node)
        rule.latency = latency(entries)
        if entries[.seed] != nil, entries[.share] == nil, entries[.jitter] == nil {
            report(node, "seed: needs share or jitter")
        }
        return rule
    }

    private mutating func entries(_ mapping: Node.Mapping) -> Entries {
        var entries: Entries = [:]
        for (name, value) in mapping {
            guard let text = name.string, let key = Key(rawValue: text) else {
                let allowed = Key.allCases.map(\.rawValue).joined(separator: ", ")
                report(name, "unknown key \"\(name.string ?? "?")\" (allowed: \(allowed))")
                continue
            }
            entries[key] = value
        }
        return entries
    }

    private mutating func selector(_ entries: Entries) -> FaultSelector {
        var selector = FaultSelector()
        selector.provider = entries[.provider].flatMap { node in
            choice(node, .provider, of: SimulatedProvider.allCases.map(\.rawValue)).flatMap(SimulatedProvider.init)
        }
        selector.token = entries[.token].flatMap { text($0, .token) }.map(Glob.init)
        selector.topic = entries[.topic].flatMap { text($0, .topic) }.map(Glob.init)
        selector.path = entries[.path].flatMap { text($0, .path) }.map(Glob.init)
        selector.requests = entries[.requests].flatMap { numbers($0) }
        selector.after = entries[.after].flatMap { duration($0, .after) } ?? .zero
        selector.length = entries[.for].flatMap { duration($0, .for) }
        if let every = entries[.every].flatMap({ integer($0, .every, in: 1...Int.max) }) {
            selector.portion = .every(every)
        }
        if let node = entries[.share] {
            if let share = node.scalar.flatMap({ Double($0.string) }), (0...1).contains(share) {
                selector.portion = .share(share)
            } else {
                report(node, "share: \(described(node)) (allowed: a number from 0 to 1)")
            }
            if entries[.every] != nil { report(node, "share: cannot stand beside every") }
        }
        return selector
    }

    private mutating func latency(_ entries: Entries) -> FaultLatency {
        var latency = FaultLatency()
        latency.base = entries[.latency].flatMap { duration($0, .latency) } ?? .zero
        latency.jitter = entries[.jitter].flatMap { duration($0, .jitter) } ?? .zero
        if let node = entries[.jitter], entries[.latency] == nil { report(node, "jitter: needs latency") }
        if let node = entries[.latency], entries[.action] != nil {
            report(node, "latency: cannot stand beside action (allowed: beside status, or alone)")
        }
        return latency
    }

    // MARK: What happens

    private mutating func effect(_ entries: Entries, of node: Node) -> FaultEffect {
        if entries[.action] != nil, let status = entries[.status] {
            report(status, "status: cannot stand beside action")
        }
        if let action = entries[.action] {
            allow(entries, [.timestamp, .body, .headers], neverWith: "action")
            return self.action(action, entries)
        }
        allow(entries, [.lastStream, .errorCode, .maxConcurrentStreams], neverWith: "a rule without action")
        if let status = entries[.status] { return .answer(answer(status, entries)) }
        allow(entries, [.reason, .timestamp, .body, .headers], neverWith: "a rule without status")
        if entries[.latency] == nil {
            report(node, "the rule does nothing (needed: status, action or latency)")
        }
        return .normalAnswer
    }

    private mutating func action(_ node: Node, _ entries: Entries) -> FaultEffect {
        let name = choice(node, .action, of: Action.allCases.map(\.rawValue))
        guard let action = name.flatMap(Action.init) else { return .normalAnswer }
        if action != .goaway { allow(entries, [.lastStream, .errorCode, .reason], neverWith: "action \(action)") }
        if action != .settings { allow(entries, [.maxConcurrentStreams], neverWith: "action \(action)") }
        switch action {
        case .goaway: return .goAway(goAway(entries))
        case .reset: return .reset
        case .silence: return .silence
        case .refuse: return .refuse
        case .settings:
            guard let value = entries[.maxConcurrentStreams] else {
                report(node, "action settings: needs max_concurrent_streams")
                return .normalAnswer
            }
            let streams = integer(value, .maxConcurrentStreams, in: 0...Int(Int32.max))
            return .settings(maxConcurrentStreams: streams ?? 0)
        }
    }

    private mutating func goAway(_ entries: Entries) -> FaultGoAway {
        var goAway = FaultGoAway()
        let names = FaultGoAway.LastStream.allCases.map(\.rawValue)
        let lastStream = entries[.lastStream].flatMap { choice($0, .lastStream, of: names) }
        goAway.lastStream = lastStream.flatMap(FaultGoAway.LastStream.init) ?? .this
        let code = entries[.errorCode].flatMap { integer($0, .errorCode, in: 0...Int(UInt32.max)) }
        goAway.errorCode = UInt32(code ?? 0)
        goAway.reason = entries[.reason].flatMap { text($0, .reason) }
        return goAway
    }

    private mutating func answer(_ status: Node, _ entries: Entries) -> FaultAnswer {
        var answer = FaultAnswer()
        answer.status = integer(status, .status, in: 200...599) ?? 200
        answer.reason = entries[.reason].flatMap { text($0, .reason) }
        answer.timestamp = entries[.timestamp].flatMap { integer($0, .timestamp, in: 0...Int.max) }.map(Int64.init)
        answer.body = entries[.body].flatMap { text($0, .body) }
        guard let headers = entries[.headers] else { return answer }
        guard case .mapping(let mapping) = headers else {
            report(headers, "headers: \(described(headers)) (allowed: a mapping of names to values)")
            return answer
        }
        for (name, value) in mapping {
            guard let nameText = name.scalar?.string.lowercased(), let valueText = value.scalar?.string,
                !nameText.isEmpty, nameText.utf8.allSatisfy(\.isTokenCharacter)
            else {
                report(name, "headers: \(described(name)): not a header field (allowed: name: value)")
                continue
            }
            answer.headers.append(HeaderField(nameText, valueText))
        }
        return answer
    }

    private mutating func allow(_ entries: Entries, _ keys: [Key], neverWith what: String) {
        for key in keys {
            if let node = entries[key] { report(node, "\(key.rawValue): has no meaning in \(what)") }
        }
    }

    // MARK: Values

    private func described(_ node: Node) -> String {
        node.scalar.map { "\"\($0.string)\"" } ?? "a list or mapping"
    }

    private mutating func text(_ node: Node, _ key: Key) -> String? {
        guard let scalar = node.scalar else {
            report(node, "\(key.rawValue): \(described(node)) (allowed: text)")
            return nil
        }
        return scalar.string
    }

    private mutating func choice(_ node: Node, _ key: Key, of allowed: [String]) -> String? {
        guard let text = node.scalar?.string, allowed.contains(text) else {
            report(node, "\(key.rawValue): \(described(node)) (allowed: \(allowed.joined(separator: ", ")))")
            return nil
        }
        return text
    }

    private mutating func integer(_ node: Node, _ key: Key, in range: ClosedRange<Int>) -> Int? {
        guard let value = node.scalar.flatMap({ Int($0.string) }), range.contains(value) else {
            let upper = range.upperBound == Int.max ? "up" : "to \(range.upperBound)"
            report(
                node,
                "\(key.rawValue): \(described(node)) (allowed: a whole number from \(range.lowerBound) \(upper))"
            )
            return nil
        }
        return value
    }

    /// `100..200`, `100..` or `100`.
    private mutating func numbers(_ node: Node) -> ClosedRange<Int>? {
        let text = node.scalar?.string ?? ""
        if let single = Int(text), single >= 1 { return single...single }
        if let dots = text.firstRange(of: ".."), let first = Int(text[..<dots.lowerBound]), first >= 1 {
            let rest = text[dots.upperBound...]
            if rest.isEmpty { return first...Int.max }
            if let last = Int(rest), last >= first { return first...last }
        }
        report(node, "requests: \(described(node)) (allowed: \"100\", \"100..200\" or \"100..\", counted from 1)")
        return nil
    }

    /// A number and its unit, such as `200ms`, `1.5s`, `2m`, `1h`.
    private mutating func duration(_ node: Node, _ key: Key) -> Duration? {
        let text = node.scalar?.string ?? ""
        for (unit, seconds) in [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600)] where text.hasSuffix(unit) {
            if let number = Double(text.dropLast(unit.count)), (0...1e9).contains(number) {
                return .seconds(number * seconds)
            }
        }
        report(node, "\(key.rawValue): \(described(node)) (allowed: a time with its unit: 200ms, 1.5s, 2m, 1h)")
        return nil
    }
}

extension UInt8 {
    /// Whether the octet may stand in a header field's name (RFC 9110 section 5.6.2).
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
