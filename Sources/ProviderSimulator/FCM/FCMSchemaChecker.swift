/// Checks a JSON body against FCM's schema, and gives all names their lowerCamelCase form.
///
/// The words are those of Google's JSON reader, which reports every mistake at once.
struct FCMSchemaChecker {
    private(set) var violations: [FCMError.Violation] = []

    /// The body with names in lowerCamelCase; null values are left out, as the JSON form of Protobuf has them.
    ///
    /// - Throws: nothing; what is wrong stands in `violations`.
    mutating func check(_ body: [UInt8], _ schema: FCMSchema) -> JSONValue {
        guard let value = JSONValue(body) else {
            violations.append(.init(field: "", description: "Invalid JSON payload received. Unable to parse."))
            return .object([])
        }
        guard value.isObject else {
            let text = "Invalid JSON payload received. Unknown name \"\": Root element must be a message."
            violations.append(.init(field: "", description: text))
            return .object([])
        }
        return message(value, schema, at: "")
    }

    private mutating func message(_ value: JSONValue, _ schema: FCMSchema, at path: String) -> JSONValue {
        var members: [JSONValue.Member] = []
        for member in value.members {
            let name = Self.camelCase(member.name)
            guard let type = schema.fields[name] else {
                let place = path.isEmpty ? "" : " at '\(path)'"
                let text = "Invalid JSON payload received. Unknown name \"\(member.name)\"\(place): Cannot find field."
                violations.append(.init(field: path, description: text))
                continue
            }
            if case .null = member.value { continue }
            let field = (path.isEmpty ? "" : path + ".") + Self.snakeCase(name)
            let value = self.value(member.value, type, at: field)
            members.removeAll { $0.name == name }
            members.append(.init(name: name, value: value))
        }
        return .object(members)
    }

    private mutating func value(_ value: JSONValue, _ type: FCMValueType, at path: String) -> JSONValue {
        switch type {
        case .string:
            if value.string == nil { report(value, "TYPE_STRING", at: path) }
        case .boolean:
            if value.boolean == nil { report(value, "TYPE_BOOL", at: path) }
        case .int32:
            let number = value.integer ?? value.string.flatMap { Int64($0) }
            if number.flatMap(Int32.init(exactly:)) == nil { report(value, "TYPE_INT32", at: path) }
        case .float:
            guard case .number = value else {
                report(value, "TYPE_FLOAT", at: path)
                break
            }
        case .duration:
            if value.string.flatMap(FCMDuration.init) == nil {
                report(value, "type.googleapis.com/google.protobuf.Duration", at: path)
            }
        case .timestamp:
            if value.string?.wholeMatch(of: Self.rfc3339) == nil {
                report(value, "type.googleapis.com/google.protobuf.Timestamp", at: path)
            }
        case .enumeration(let names):
            let isNamed = value.string.map { names.contains($0.uppercased()) } ?? false
            let isNumbered = value.integer.map { (0..<Int64(names.count)).contains($0) } ?? false
            if !isNamed, !isNumbered { report(value, "TYPE_ENUM", at: path) }
        case .list(let element):
            guard case .array(let elements) = value else {
                report(value, "TYPE_LIST", at: path)
                break
            }
            for (index, value) in elements.enumerated() { _ = self.value(value, element, at: "\(path)[\(index)]") }
        case .stringMap:
            guard value.isObject else {
                report(value, "TYPE_MAP", at: path)
                break
            }
            for (index, member) in value.members.enumerated() where member.value.string == nil {
                report(member.value, "TYPE_STRING", at: "\(path)[\(index)].value")
            }
        case .anyObject:
            if !value.isObject { report(value, "type.googleapis.com/google.protobuf.Struct", at: path) }
        case .message(let schema):
            guard value.isObject else {
                report(value, "TYPE_MESSAGE", at: path)
                break
            }
            return message(value, schema, at: path)
        }
        return value
    }

    private mutating func report(_ value: JSONValue, _ type: String, at path: String) {
        violations.append(
            .init(field: path, description: "Invalid value at '\(path)' (\(type)), \(value.text)")
        )
    }

    private static var rfc3339: Regex<Substring> {
        /[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})/
    }

    static func camelCase(_ name: String) -> String {
        guard name.contains("_") else { return name }
        let parts = name.split(separator: "_", omittingEmptySubsequences: false)
        let rest = parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }
        return parts[0] + rest.joined()
    }

    private static func snakeCase(_ name: String) -> String {
        name.reduce(into: "") { text, letter in
            if letter.isUppercase { text += "_" }
            text += letter.lowercased()
        }
    }
}

/// A duration as the JSON form of Protobuf writes it: decimal seconds, at most nine decimals, and an `s`.
struct FCMDuration {
    let seconds: Double

    init?(_ text: String) {
        guard text.wholeMatch(of: /-?[0-9]{1,12}(?:\.[0-9]{1,9})?s/) != nil, let seconds = Double(text.dropLast())
        else {
            return nil
        }
        self.seconds = seconds
    }
}
