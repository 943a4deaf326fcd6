internal import CEL

/// Answers lines that each ask for the value of an expression: `belfry eval --batch`.
///
/// A line is `{"id", "expr", "bindings": {name: value}, "container"?}`, its answer `{"id", "value"}` or `{"id", "error"}`; values
/// are in the form of ``ValueForm``. Other members are left alone. Whatever a line holds, it has an answer.
package final class ExpressionBatch {
    /// Longer lines are answered without being read.
    package static let lineBytesMax = 16 << 20
    /// A name of a container is tried with each of its parts.
    private static let containerBytesMax = 1_024

    private let timeZones: TimeZoneDatabase
    private let document = JSONDocument()
    private static let limits = JSONLimits(bytesMax: lineBytesMax, depthMax: 1_024)

    package init(timeZones: TimeZoneDatabase) { self.timeZones = timeZones }

    private struct Refused: Error {
        let reason: String
    }

    /// The answer to a line, without a line break.
    package func answer(to line: [UInt8]) -> [UInt8] {
        if let error = document.load(line, limits: Self.limits) {
            return Self.answer(Self.identifier(inBroken: line), error: "not JSON: \(error)")
        }
        let identifier = document.root.member("id").map { JSONTree($0) }
        do throws(Refused) {
            guard document.root.kind == .object else { throw Refused(reason: "a line is a JSON object") }
            guard let identifier else { throw Refused(reason: "id is missing") }
            let value = try evaluate(document.root)
            return try Self.answer(identifier, value)
        } catch {
            return Self.answer(identifier, error: error.reason)
        }
    }

    /// The answer to a line of which only a part was kept, since it is too long.
    package func answer(toOverlong part: [UInt8]) -> [UInt8] {
        Self.answer(Self.identifier(inBroken: part), error: "the line is longer than \(Self.lineBytesMax) bytes")
    }

    private func evaluate(_ request: JSONNode) throws(Refused) -> Value {
        guard let source = request.member("expr")?.stringValue else {
            throw Refused(reason: request.member("expr") == nil ? "expr is missing" : "expr is not a string")
        }
        let container = try container(request.member("container"))
        let bindings = try bindings(request.member("bindings"))
        let names = bindings.keys.sorted()
        let environment = Environment(
            variables: names.map { Environment.Variable($0) },
            container: container,
            unknownNames: .evaluatedToError,
            timeZoneOffset: { [timeZones] in timeZones.offset(in: $0, at: $1) }
        )
        do throws(CompileError) {
            let expression = try Expression(source, environment: environment)
            return expression.evaluate(BoundValues(names.map { bindings[$0] }))
        } catch {
            throw Refused(reason: error.rendered)
        }
    }

    private func container(_ node: JSONNode?) throws(Refused) -> String {
        guard let node, !node.isNull else { return "" }
        guard let container = node.stringValue, container.utf8.count <= Self.containerBytesMax else {
            throw Refused(reason: "container is not a string of at most \(Self.containerBytesMax) bytes")
        }
        return container
    }

    private func bindings(_ node: JSONNode?) throws(Refused) -> [String: Value] {
        guard let node, !node.isNull else { return [:] }
        guard node.kind == .object else { throw Refused(reason: "bindings is not an object") }
        var bindings: [String: Value] = [:]
        for member in node.members {
            do throws(ValueForm.Malformed) {
                bindings[member.name] = try ValueForm.read(member.value)
            } catch {
                throw Refused(reason: "bindings: '\(member.name.prefix(80))': \(error)")
            }
        }
        return bindings
    }

    // MARK: Answers

    private static func answer(_ identifier: JSONTree, _ value: Value) throws(Refused) -> [UInt8] {
        if let error = value.evaluationError { throw Refused(reason: error.description) }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        identifier.write(to: &writer)
        writer.key("value")
        do throws(ValueForm.Malformed) {
            try ValueForm.write(value, to: &writer)
        } catch {
            throw Refused(reason: error.description)
        }
        writer.endObject()
        return writer.bytes
    }

    private static func answer(_ identifier: JSONTree?, error: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        (identifier ?? .null).write(to: &writer)
        writer.member("error", error)
        writer.endObject()
        return writer.bytes
    }

    /// The id of a line that cannot be read as a whole: the string or number after the first `"id":`.
    private static func identifier(inBroken line: [UInt8]) -> JSONTree? {
        let name = Array("\"id\"".utf8)
        var position = 0
        while position + name.count <= line.count, !line[position...].starts(with: name) { position += 1 }
        var rest = line[min(position + name.count, line.count)...].drop { isBlank($0) }
        guard rest.first == UInt8(ascii: ":") else { return nil }
        rest = rest.dropFirst().drop { isBlank($0) }
        var value: [UInt8] = []
        if rest.first == UInt8(ascii: "\"") {
            value.append(rest.removeFirst())
            var isEscaped = false
            for octet in rest {
                value.append(octet)
                if octet == UInt8(ascii: "\""), !isEscaped { break }
                isEscaped = octet == UInt8(ascii: "\\") && !isEscaped
            }
        } else {
            value = Array(rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") && !isBlank($0) })
        }
        return try? JSONTree(text: value)
    }

    private static func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 }
}
