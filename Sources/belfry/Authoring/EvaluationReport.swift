import CEL
import PushCore

/// What `belfry eval` says about one expression.
struct EvaluationReport {
    let isFailure: Bool
    /// For a person.
    let text: String
    /// One object, on one line.
    let json: String

    init(_ ending: ExpressionTrial.Ending, source: String) {
        switch ending {
        case .value(let value):
            if let error = value.evaluationError {
                isFailure = true
                text = CompileError.rendered(error, in: source)
                json = Self.object(error: error.message, error.position, kind: error.kind.rawValue)
            } else {
                isFailure = false
                text = value.text(lengthMax: 1 << 20)
                json = Self.object(value)
            }
        case .deadLetter(let reason):
            isFailure = true
            text = "the event would be a dead letter: \(reason)"
            json = Self.object(error: reason.detail, nil, kind: reason.code.rawValue)
        case .noEvent:
            isFailure = true
            text = "the record has no value: it would be skipped"
            json = Self.object(error: text, nil, kind: "tombstone")
        }
    }

    /// The report of an expression that is none.
    static func json(_ error: CompileError) -> String {
        let first = error.problems[0]
        return object(error: first.message, first.position, kind: "syntax")
    }

    private static func object(_ value: Value) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("type", value.type.rawValue)
        writer.member("text", value.text(lengthMax: 1 << 20))
        var form = JSONWriter()
        if (try? ValueForm.write(value, to: &form)) != nil {
            writer.key("value")
            writer.raw(form)
        }
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func object(error: String, _ position: SourcePosition?, kind: String) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.member("kind", kind)
        writer.member("message", error)
        if let position {
            writer.member("line", Int64(position.line))
            writer.member("column", Int64(position.column))
        }
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
