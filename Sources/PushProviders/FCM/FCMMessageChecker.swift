internal import PushCore

/// Walks a message along the schema, and makes of it what is sent.
struct FCMMessageChecker {
    let stage: FCMMessageSchema.Stage
    private(set) var problems: [FCMMessageSchema.Problem] = []

    init(stage: FCMMessageSchema.Stage) {
        self.stage = stage
    }

    mutating func object(_ object: JSONObject, _ schema: FCMObjectFields, at path: String) -> JSONObject {
        var result = JSONObject()
        for member in object.members {
            let memberPath = path.isEmpty ? member.name : "\(path).\(member.name)"
            guard let field = schema[member.name] else {
                unknown(member.name, in: schema, at: memberPath)
                continue
            }
            guard result[field.name] == nil else {
                report(memberPath, nil, "\(field.name) is set twice", allowed: nil)
                continue
            }
            if let value = value(member.value, field.kind, at: memberPath) { result[field.name] = value }
        }
        for field in schema.fields
        where field.isRequired && !object.members.contains(where: { schema[$0.name]?.name == field.name }) {
            report(path, nil, "\(field.name) is missing", allowed: nil)
        }
        return result
    }

    private mutating func unknown(_ name: String, in schema: FCMObjectFields, at path: String) {
        let names = schema.fields.map(\.name)
        if let nearest = NearestName.find(name, in: names) {
            report(path, nil, "unknown key; did you mean \"\(nearest)\"?", allowed: nil)
        } else {
            report(path, nil, "unknown key", allowed: names.isEmpty ? "an empty object" : names.joined(separator: ", "))
        }
    }

    /// What is sent; nil where the value is at fault.
    private mutating func value(_ value: JSONTree, _ kind: FCMFieldKind, at path: String) -> JSONTree? {
        if value == .null || isEventValue(value) { return value }
        switch kind {
        case .text(let form): return text(value, form, at: path)
        case .boolean: return boolean(value, at: path)
        case .integer: return integer(value, at: path)
        case .fraction: return fraction(value, at: path)
        case .choice(let words): return choice(value, words, at: path)
        case .list(let element): return list(value, element, at: path)
        case .data: return data(value, at: path)
        case .headers(let forms): return headers(value, forms, at: path)
        case .freeObject:
            return value.object == nil ? refused(value, "not an object", at: path) : value
        case .apnsPayload:
            guard let payload = value.object else { return refused(value, "not an object", at: path) }
            if let aps = payload["aps"], aps != .null, aps.object == nil {
                return refused(aps, "not an object", at: "\(path).aps")
            }
            return value
        case .object(let fields):
            guard let object = value.object else { return refused(value, "not an object", at: path) }
            return .object(self.object(object, fields, at: path))
        }
    }

    // MARK: Scalars

    private func isTemplate(_ value: JSONTree) -> Bool {
        guard stage == .template, case .string(let text) = value else { return false }
        return text.contains("{{")
    }

    /// What stands for a value of the event, which may be of any type.
    private func isEventValue(_ value: JSONTree) -> Bool {
        guard stage == .template, case .string(let text) = value else { return false }
        return JSONTemplate.isValue(text)
    }

    private mutating func text(_ value: JSONTree, _ form: FCMValueForm, at path: String) -> JSONTree? {
        if isTemplate(value) { return value }
        guard case .string(let text) = value else {
            return refused(value, "not text; write it in quotation marks", at: path, allowed: form.allowed)
        }
        guard form.admits(text) else {
            return refused(value, "not of this form", at: path, allowed: form.allowed, reason: form.reason)
        }
        return value
    }

    private mutating func boolean(_ value: JSONTree, at path: String) -> JSONTree? {
        if isTemplate(value) { return value }
        switch value {
        case .boolean: return value
        case .string("true"): return .boolean(true)
        case .string("false"): return .boolean(false)
        default: return refused(value, "not a boolean", at: path, allowed: "true, false")
        }
    }

    private mutating func integer(_ value: JSONTree, at path: String) -> JSONTree? {
        if isTemplate(value) { return value }
        let number: Int64? =
            switch value {
            case .integer(let number): number
            case .string(let text): Int64(text)
            default: nil
            }
        guard let number, Int32(exactly: number) != nil else {
            return refused(value, "not a whole number of 32 bits", at: path, allowed: "-2147483648 to 2147483647")
        }
        return .integer(number)
    }

    private mutating func fraction(_ value: JSONTree, at path: String) -> JSONTree? {
        if isTemplate(value) { return value }
        let number: Double? =
            switch value {
            case .integer(let number): Double(number)
            case .number(let number): number
            case .string(let text): Double(text)
            default: nil
            }
        guard let number, (0...1).contains(number) else {
            return refused(value, "not a number from 0 to 1", at: path, allowed: "0 to 1")
        }
        return .number(number)
    }

    private mutating func choice(_ value: JSONTree, _ words: [String], at path: String) -> JSONTree? {
        if isTemplate(value) { return value }
        if case .string(let text) = value, words.contains(text.uppercased()) { return .string(text.uppercased()) }
        return refused(value, "not one of the known words", at: path, allowed: words.joined(separator: ", "))
    }

    // MARK: Collections

    private mutating func list(_ value: JSONTree, _ element: FCMFieldKind, at path: String) -> JSONTree? {
        guard case .array(let elements) = value else { return refused(value, "not a list", at: path) }
        var result: [JSONTree] = []
        for (index, item) in elements.enumerated() {
            guard item != .null else {
                report("\(path)[\(index)]", nil, "null has no meaning in a list", allowed: nil)
                continue
            }
            if let item = self.value(item, element, at: "\(path)[\(index)]") { result.append(item) }
        }
        return .array(result)
    }

    private mutating func data(_ value: JSONTree, at path: String) -> JSONTree? {
        guard let entries = value.object else { return refused(value, "not an object", at: path) }
        var result = JSONObject()
        for entry in entries.members {
            let entryPath = "\(path).\(entry.name)"
            if let problem = FCMMessageSchema.problem(withDataKey: entry.name) {
                report(entryPath, nil, problem, allowed: FCMMessageSchema.dataKeysAllowed, reason: .badDataKey)
            } else if entry.value == .null {
                result[entry.name] = .null
            } else if let text = text(entry.value, .any, at: entryPath) {
                result[entry.name] = text
            }
        }
        return .object(result)
    }

    private mutating func headers(_ value: JSONTree, _ forms: [String: FCMValueForm], at path: String) -> JSONTree? {
        guard let headers = value.object else { return refused(value, "not an object", at: path) }
        var result = JSONObject()
        for header in headers.members {
            let headerPath = "\(path).\(header.name)"
            guard isHeaderName(header.name) else {
                report(headerPath, nil, "not the name of a header", allowed: nil)
                continue
            }
            if header.value == .null {
                result[header.name] = .null
            } else if let text = text(header.value, forms[header.name.lowercased()] ?? .any, at: headerPath) {
                result[header.name] = text
            }
        }
        return .object(result)
    }

    /// RFC 9110 section 5.1, as far as it is used.
    private func isHeaderName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { FCMValueForm.isAlphanumeric($0) || "-_.".utf8.contains($0) }
    }

    // MARK: Problems

    private mutating func refused(
        _ value: JSONTree,
        _ message: String,
        at path: String,
        allowed: String? = nil,
        reason: Reason = .invalidRequest
    ) -> JSONTree? {
        report(path, value, message, allowed: allowed, reason: reason)
        return nil
    }

    mutating func report(
        _ path: String,
        _ value: JSONTree?,
        _ message: String,
        allowed: String?,
        reason: Reason = .invalidRequest
    ) {
        problems.append(
            FCMMessageSchema.Problem(
                path: path,
                value: value?.excerpt,
                message: message,
                allowed: allowed,
                reason: reason
            )
        )
    }
}
