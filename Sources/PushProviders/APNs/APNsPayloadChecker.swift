internal import PushCore

/// Walks `aps` along the schema, and makes of it what is sent.
struct APNsPayloadChecker {
    let pushType: APNsPushType?
    let stage: APNsPayloadSchema.Stage
    private(set) var problems: [APNsPayloadSchema.Problem] = []

    init(pushType: APNsPushType?, stage: APNsPayloadSchema.Stage) {
        self.pushType = pushType
        self.stage = stage
    }

    mutating func object(_ object: JSONObject, _ schema: APNsFields, at path: String) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let memberPath = path.isEmpty ? member.name : "\(path).\(member.name)"
            guard let field = schema.field(member.name, of: pushType) else {
                refuseKey(member.name, in: schema, at: memberPath)
                continue
            }
            if let value = value(member.value, field.kind, at: memberPath) { result[field.name] = value }
        }
        return result
    }

    private mutating func refuseKey(_ name: String, in schema: APNsFields, at path: String) {
        let elsewhere = schema.fields.filter { $0.name == name }
        guard elsewhere.isEmpty else {
            let types = APNsPushType.allCases.filter { type in elsewhere.contains { $0.pushTypes.contains(type) } }
            report(
                path,
                nil,
                "not a key of push type \((pushType ?? .alert).rawValue)",
                allowed: "push type " + types.map(\.rawValue).joined(separator: ", ")
            )
            return
        }
        var names: [String] = []
        for field in schema.fields where field.pushTypes.contains(pushType ?? .alert) { names.append(field.name) }
        if let nearest = NearestName.find(name, in: names) {
            report(path, nil, "unknown key; did you mean \"\(nearest)\"?", allowed: nil)
        } else {
            report(path, nil, "unknown key", allowed: names.joined(separator: ", "))
        }
    }

    /// What is sent; nil where the value is at fault.
    private mutating func value(_ value: JSONTree, _ kind: APNsFieldKind, at path: String) -> JSONTree? {
        if value == .null || isTemplate(value, kind) { return value }
        switch kind {
        case .text:
            if case .string = value { return value }
            return refused(value, "not text; write it in quotation marks", at: path)
        case .texts: return texts(value, at: path)
        case .choice(let words):
            if case .string(let text) = value, words.contains(text) { return value }
            return refused(value, "not one of the known words", at: path, allowed: words.joined(separator: ", "))
        case .integer(let range):
            if let number = Self.integer(value), range.contains(number) { return .integer(number) }
            let allowed = range.count == 1 ? "\(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            return refused(value, "not a whole number in range", at: path, allowed: allowed)
        case .number(let range): return number(value, range, at: path)
        case .boolean:
            switch value {
            case .boolean: return value
            case .string("true"): return .boolean(true)
            case .string("false"): return .boolean(false)
            default: return refused(value, "not a boolean", at: path, allowed: "true, false")
            }
        case .time: return time(value, at: path)
        case .channelID:
            if case .string(let text) = value, APNsChannelID(text) != nil { return value }
            return refused(value, "not the id of a channel", at: path, allowed: APNsChannelID.allowed)
        case .freeObject:
            return value.object == nil ? refused(value, "not an object", at: path) : value
        case .textOr(let fields):
            if case .string = value { return value }
            guard let object = value.object else { return refused(value, "neither text nor an object", at: path) }
            return .object(self.object(object, fields, at: path))
        }
    }

    /// A text of which nothing can be said yet.
    private func isTemplate(_ value: JSONTree, _ kind: APNsFieldKind) -> Bool {
        guard stage == .template, case .string(let text) = value, text.contains("{{") else { return false }
        // A template gives text, whatever the event holds; only what stands for a value of the event may give something else.
        switch kind {
        case .texts, .freeObject: return JSONTemplate.isValue(text)
        case .text, .choice, .integer, .number, .boolean, .time, .channelID, .textOr: return true
        }
    }

    private mutating func texts(_ value: JSONTree, at path: String) -> JSONTree? {
        guard case .array(let elements) = value else { return refused(value, "not a list of texts", at: path) }
        for (index, element) in elements.enumerated() {
            if case .string = element { continue }
            report("\(path)[\(index)]", element, "not text; write it in quotation marks", allowed: nil)
        }
        return value
    }

    private mutating func number(_ value: JSONTree, _ range: ClosedRange<Double>, at path: String) -> JSONTree? {
        let number: Double? =
            switch value {
            case .integer(let number): Double(number)
            case .number(let number): number
            case .string(let text): Double(text)
            default: nil
            }
        guard let number, range.contains(number) else {
            let isBounded = range.upperBound < .greatestFiniteMagnitude
            let allowed = isBounded ? "\(range.lowerBound) to \(range.upperBound)" : "a number"
            return refused(value, "not a number in range", at: path, allowed: allowed)
        }
        if case .string = value { return .number(number) }
        return value
    }

    private mutating func time(_ value: JSONTree, at path: String) -> JSONTree? {
        if case .string(let text) = value, let milliseconds = RFC3339.parse(text), milliseconds >= 0 {
            return .integer(milliseconds / 1_000)
        }
        // A fraction means nothing to anybody here, but Apple takes any number.
        let seconds: Int64? =
            if case .number(let number) = value { Int64(exactly: number.rounded(.down)) } else { Self.integer(value) }
        guard let seconds, Self.secondsRange.contains(seconds) else {
            return refused(
                value,
                "not a time",
                at: path,
                allowed: "UNIX seconds (not milliseconds), or RFC 3339 such as 2026-01-02T03:04:05Z"
            )
        }
        return .integer(seconds)
    }

    /// Up to the year 5138: milliseconds of any time after March 1973 are above it.
    private static let secondsRange: ClosedRange<Int64> = 0...99_999_999_999

    private static func integer(_ value: JSONTree) -> Int64? {
        switch value {
        case .integer(let number): number
        case .string(let text): Int64(text)
        case .null, .boolean, .number, .array, .object: nil
        }
    }

    // MARK: What goes together

    /// Checks what no single key shows; a key whose value is at fault counts as set.
    mutating func checkRelations(of aps: JSONObject) {
        checkArguments(of: aps)
        switch pushType {
        case .background: checkBackground(aps)
        case .liveactivity: checkActivity(aps)
        case nil, .alert, .voip, .complication, .fileprovider, .mdm, .location, .pushtotalk, .widgets, .controls: break
        }
    }

    /// Arguments are put into the text that a key names.
    private mutating func checkArguments(of aps: JSONObject) {
        guard let alert = aps["alert"]?.object else { return }
        for prefix in ["title-", "subtitle-", ""] where Self.isSet(alert["\(prefix)loc-args"]) {
            guard !Self.isSet(alert["\(prefix)loc-key"]) else { continue }
            report("alert.\(prefix)loc-args", nil, "without \(prefix)loc-key", allowed: nil)
        }
    }

    private mutating func checkBackground(_ aps: JSONObject) {
        if let available = aps["content-available"], let number = Self.integer(available), number != 1 {
            report("content-available", available, "a background notification has 1", allowed: "1")
        }
    }

    private mutating func checkActivity(_ aps: JSONObject) {
        guard let event = aps["event"], event != .null else {
            report("event", nil, "missing", allowed: "start, update, end")
            return
        }
        if stage == .rendered { require(["timestamp"], in: aps, of: "a Live Activity") }
        // What a template gives is known later.
        switch event {
        case "start":
            require(["content-state", "attributes-type", "attributes"], in: aps, of: "a start")
            if stage == .rendered { require(["alert"], in: aps, of: "a start") }
        case "update":
            require(["content-state"], in: aps, of: "an update")
        default: break
        }
        guard event == "start" || event == "update" || event == "end" else { return }
        if event != "start" {
            refuse(
                ["attributes-type", "attributes", "input-push-channel", "input-push-token"],
                in: aps,
                unless: "start"
            )
        }
        if event != "end" { refuse(["dismissal-date"], in: aps, unless: "end") }
    }

    private mutating func require(_ names: [String], in aps: JSONObject, of what: String) {
        for name in names where !Self.isSet(aps[name]) { report(name, nil, "missing; \(what) needs it", allowed: nil) }
    }

    private mutating func refuse(_ names: [String], in aps: JSONObject, unless event: String) {
        for name in names where Self.isSet(aps[name]) {
            report(name, nil, "only with event \"\(event)\"", allowed: nil)
        }
    }

    private static func isSet(_ value: JSONTree?) -> Bool {
        value != nil && value != .null
    }

    // MARK: Problems

    private mutating func refused(
        _ value: JSONTree,
        _ message: String,
        at path: String,
        allowed: String? = nil
    ) -> JSONTree? {
        report(path, value, message, allowed: allowed)
        return nil
    }

    mutating func report(_ path: String, _ value: JSONTree?, _ message: String, allowed: String?) {
        problems.append(
            APNsPayloadSchema.Problem(
                path: path,
                value: value?.excerpt,
                message: message,
                allowed: allowed
            )
        )
    }
}
