import Foundation

/// Validates JSON against the files in `schemas/`, in the keywords that `schemas/README.md` lists.
///
/// An unknown keyword is a problem too: a rule that nobody checks would look like one that holds.
final class SchemaValidator {
    private let folder: URL
    private var documents: [String: JSONValue] = [:]
    /// Compiled once: that takes longer than all the rest.
    private var patterns: [String: Regex<AnyRegexOutput>] = [:]

    /// The project's own schemas.
    init() {
        folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("schemas")
    }

    /// - Returns: what is wrong, each with its place; empty when the value is valid.
    func problems(_ value: JSONValue, schema file: String) throws -> [String] {
        try check(value, document(file), file, at: "$")
    }

    private func document(_ file: String) throws -> JSONValue {
        if let document = documents[file] { return document }
        let document = try JSONValue(parsing: Data(contentsOf: folder.appendingPathComponent(file)))
        documents[file] = document
        return document
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ file: String, at place: String) throws -> [String] {
        if case .bool(let isAllowed) = schema { return isAllowed ? [] : ["\(place): not allowed"] }
        guard let keywords = schema.members else { return ["\(file): a schema is an object or a bool"] }
        var problems: [String] = []
        for (keyword, argument) in keywords {
            problems += try check(value, keyword, argument, keywords, file, at: place)
        }
        return problems
    }

    private func isValid(_ value: JSONValue, _ schema: JSONValue, _ file: String) throws -> Bool {
        try check(value, schema, file, at: "$").isEmpty
    }

    private func check(
        _ value: JSONValue,
        _ keyword: String,
        _ argument: JSONValue,
        _ keywords: [String: JSONValue],
        _ file: String,
        at place: String
    ) throws -> [String] {
        let failed = ["\(place): \(keyword) \(argument) does not hold for \(value)"]
        switch keyword {
        case "$schema", "$comment", "$defs", "title", "description", "then", "else": return []
        case "$ref": return try follow(argument, value, file, at: place)
        case "const": return value == argument ? [] : failed
        case "enum": return argument.elements?.contains(value) == true ? [] : failed
        case "type": return Self.has(value, type: argument) ? [] : failed
        case "format": return Self.has(value, format: argument.text) ? [] : failed
        case "pattern": return try matches(value, argument.text ?? "") ? [] : failed
        case "minLength": return (value.text?.unicodeScalars.count ?? .max) >= argument.integer ?? 0 ? [] : failed
        case "minimum": return (value.double ?? .infinity) >= argument.double ?? 0 ? [] : failed
        case "maximum": return (value.double ?? -.infinity) <= argument.double ?? 0 ? [] : failed
        case "uniqueItems": return Set(value.elements ?? []).count == (value.elements ?? []).count ? [] : failed
        case "allOf": return try (argument.elements ?? []).flatMap { try check(value, $0, file, at: place) }
        case "anyOf": return try count(value, argument, file) > 0 ? [] : failed
        case "oneOf": return try count(value, argument, file) == 1 ? [] : failed
        case "not": return try isValid(value, argument, file) ? failed : []
        case "if":
            let branch = try isValid(value, argument, file) ? keywords["then"] : keywords["else"]
            return try branch.map { try check(value, $0, file, at: place) } ?? []
        case "required":
            guard let members = value.members else { return [] }
            return (argument.elements ?? []).compactMap(\.text).filter { members[$0] == nil }
                .map { "\(place): \($0) is missing" }
        case "properties":
            return try (argument.members ?? [:]).flatMap { name, schema in
                try value[name].map { try check($0, schema, file, at: "\(place).\(name)") } ?? []
            }
        case "additionalProperties":
            let known = keywords["properties"]?.members ?? [:]
            return try (value.members ?? [:]).filter { known[$0.key] == nil }
                .flatMap { try check($0.value, argument, file, at: "\(place).\($0.key)") }
        case "items":
            return try (value.elements ?? []).flatMap { try check($0, argument, file, at: "\(place)[]") }
        default: return ["\(file): the keyword \(keyword) is not known here"]
        }
    }

    private func count(_ value: JSONValue, _ schemas: JSONValue, _ file: String) throws -> Int {
        try (schemas.elements ?? []).filter { try isValid(value, $0, file) }.count
    }

    private func follow(
        _ reference: JSONValue,
        _ value: JSONValue,
        _ file: String,
        at place: String
    ) throws -> [String] {
        let parts = (reference.text ?? "").split(separator: "#", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return ["\(file): \(reference) is no reference"] }
        let target = parts[0].isEmpty ? file : String(parts[0])
        var schema: JSONValue? = try document(target)
        for name in parts[1].split(separator: "/") { schema = schema?[String(name)] }
        guard let schema else { return ["\(file): \(reference) leads nowhere"] }
        return try check(value, schema, target, at: place)
    }

    private static func has(_ value: JSONValue, type: JSONValue) -> Bool {
        if let types = type.elements { return types.contains { has(value, type: $0) } }
        return switch value {
        case .null: type == "null"
        case .bool: type == "boolean"
        case .integer: type == "integer" || type == "number"
        case .number: type == "number"
        case .string: type == "string"
        case .array: type == "array"
        case .object: type == "object"
        }
    }

    private static func has(_ value: JSONValue, format: String?) -> Bool {
        guard let text = value.text else { return true }
        switch format {
        case "date-time":
            return (try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))) != nil
                || (try? Date(text, strategy: .iso8601)) != nil
        case "uuid": return UUID(uuidString: text) != nil
        case "uri": return URL(string: text)?.scheme != nil
        case "uri-reference": return URL(string: text) != nil
        default: return false
        }
    }

    private func matches(_ value: JSONValue, _ pattern: String) throws -> Bool {
        guard let text = value.text else { return true }
        let regex = try patterns[pattern] ?? Regex(pattern)
        patterns[pattern] = regex
        return text.firstMatch(of: regex) != nil
    }
}
