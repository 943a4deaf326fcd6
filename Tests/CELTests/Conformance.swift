import CEL
import Foundation
import PushCore

/// One case of the CEL conformance suite, in the form of `conformance/cel/cases.jsonl`.
struct ConformanceCase {
    let id: String
    let expression: String
    let bindings: [String: Value]
    let container: String
    /// The value that has to result, or nil for an error.
    let wanted: Value?

    var section: String { String(id.prefix { $0 != "/" }) }

    /// Nil when the evaluation gives what is wanted, or what it gives instead.
    func mismatch() -> String? {
        let names = bindings.keys.sorted()
        let environment = Environment(
            variables: names.map { Environment.Variable($0) },
            container: container,
            unknownNames: .evaluatedToError,
            timeZoneOffset: { zone, seconds in
                TimeZone(identifier: zone)?.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            }
        )
        let value: Value
        do {
            let expression = try CEL.Expression(expression, environment: environment)
            value = expression.evaluate(BoundValues(names.map { bindings[$0] }))
        } catch {
            return wanted == nil ? nil : "does not compile: \(error.rendered)"
        }
        guard let wanted else { return value.evaluationError == nil ? "\(value) instead of an error" : nil }
        return value.isSame(as: wanted) ? nil : "\(value) instead of \(wanted)"
    }
}

extension ConformanceCase {
    /// The cases file, or nil where it is absent: beside the repository, or where `BELFRY_CONFORMANCE_DIR` points.
    static func load() throws -> [ConformanceCase]? {
        var directory = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/conformance")
        if let override = ProcessInfo.processInfo.environment["BELFRY_CONFORMANCE_DIR"] {
            directory = URL(filePath: override)
        }
        let file = directory.appending(path: "cel/cases.jsonl")
        guard FileManager.default.fileExists(atPath: file.path()) else {
            print("NOTICE: no conformance cases at \(file.path()); set BELFRY_CONFORMANCE_DIR to run them")
            return nil
        }
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try ConformanceCase(String($0))
        }
    }

    private init(_ line: String) throws {
        let document = JSONDocument()
        if document.load(Array(line.utf8)) != nil { throw MalformedCase(line: line) }
        let root = document.root
        guard let id = root.member("id")?.stringValue, let expression = root.member("expr")?.stringValue else {
            throw MalformedCase(line: line)
        }
        self.id = id
        self.expression = expression
        container = root.member("container")?.stringValue ?? ""
        var bindings: [String: Value] = [:]
        if let given = root.member("bindings") {
            for member in given.members { bindings[member.name] = try ValueForm.read(member.value) }
        }
        self.bindings = bindings
        wanted = try root.member("want").map { try ValueForm.read($0) }
        guard wanted != nil || root.member("error")?.boolValue == true else { throw MalformedCase(line: line) }
    }
}

struct MalformedCase: Error {
    let line: String
}

extension Value {
    /// Whether two values are of the same types all through and equal.
    ///
    /// Stricter than the language, which takes 1 and 1.0 as equal; and NaN is the same as NaN here.
    func isSame(as other: Value) -> Bool {
        switch (materialised, other.materialised) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.uint(let left), .uint(let right)): left == right
        case (.double(let left), .double(let right)):
            left.isNaN ? right.isNaN : left.bitPattern == right.bitPattern
        case (.string(let left), .string(let right)): Array(left.utf8) == Array(right.utf8)
        case (.bytes(let left), .bytes(let right)): left == right
        case (.timestamp(let left), .timestamp(let right)): left == right
        case (.duration(let left), .duration(let right)): left == right
        case (.type(let left), .type(let right)): left == right
        case (.list(let left), .list(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.map(let left), .map(let right)):
            left.count == right.count
                && left.entries.allSatisfy { entry in
                    right.entries.contains { entry.key.isSame(as: $0.key) && entry.value.isSame(as: $0.value) }
                }
        case (.optional(let left), .optional(let right)):
            left.map { inner in right.map { inner.isSame(as: $0) } ?? false } ?? (right == nil)
        case (.error(let left), .error(let right)): left.kind == right.kind
        default: false
        }
    }
}
