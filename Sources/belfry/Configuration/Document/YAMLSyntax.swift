import PushCore
import Yams

/// Says what is wrong with the YAML of a file in words that help to mend it.
///
/// Never quotes values: they may be secrets.
struct YAMLSyntax {
    let file: String
    let lines: SourceLines

    private static let noAnchorName = "did not find expected alphabetic or numeric character"

    func problem(for error: YamlError) -> Problem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            syntaxProblem(problem, context: context, mark: mark)
        case .duplicatedKeysInMapping(let keys, let context):
            duplicateKey(keys.first ?? "", first: context.mark)
        case .reader(let problem, _, _, _):
            whole(problem)
        case .memory:
            whole("too little memory to read it")
        case .dataCouldNotBeDecoded:
            whole("not valid UTF-8")
        case .no, .writer, .emitter, .representer:
            whole("not readable as YAML")
        }
    }

    private func whole(_ message: String) -> Problem {
        Problem(at: SourcePlace(file: file, line: 0), key: "", message: message)
    }

    private func duplicateKey(_ key: String, first: Mark) -> Problem {
        let second = lines.line(ofKey: key, after: first.line, column: first.column)
        let place = SourcePlace(file: file, line: second ?? first.line, column: first.column)
        let elsewhere = second == nil ? "" : "; it is already set in line \(first.line)"
        return Problem(at: place, key: displayed(key), message: "the key is written twice in one map\(elsewhere)")
    }

    private func syntaxProblem(_ problem: String, context: YamlError.Context?, mark: Mark) -> Problem {
        // Of a lone * or & libyaml names the character behind it; where it stands, the context says.
        let isAnchor = problem == Self.noAnchorName
        let mark = isAnchor ? context?.mark ?? mark : mark
        let place = SourcePlace(file: file, line: mark.line, column: mark.column)
        var message = advice(for: problem, at: mark) ?? "not valid YAML: \(problem)"
        if let context, context.mark.line > 0, context.mark.line < mark.line {
            message += " (\(context.text), which began in line \(context.mark.line))"
        }
        return Problem(at: place, key: "", message: message)
    }

    /// Nil where the words of libyaml are clear enough.
    private func advice(for problem: String, at mark: Mark) -> String? {
        let scalar = lines.scalar(line: mark.line, column: mark.column)
        switch problem {
        case "found character that cannot start any token" where scalar == "\t",
            "found a tab character that violates indentation",
            "found a tab character where an indentation space is expected":
            return "a tab is used for indentation: YAML wants spaces"
        case "found character that cannot start any token":
            let shown = scalar.map { displayed(String($0)) } ?? "this character"
            return "a value cannot begin with \(shown): put it in quotation marks"
        case "mapping values are not allowed in this context":
            return
                "a \":\" that belongs to no key: wrong indentation, or a text with \": \" that needs quotation marks"
        case "did not find expected key":
            return
                "wrong indentation, or a quotation mark too few or too many: the keys of one map begin in the same column"
        case "did not find expected '-' indicator":
            return "wrong indentation: the elements of one list begin with \"- \" in the same column"
        case "found unexpected end of stream":
            return "a quotation mark or bracket is opened and not closed"
        case "did not find expected ',' or '}'", "did not find expected ',' or ']'":
            return "a comma or the closing bracket is missing, or a text with { } [ ] , needs quotation marks"
        case "but found another document":
            return "a second YAML document begins here: one document per file"
        case "found undefined alias":
            return "a value beginning with * is a YAML alias, which is not supported: put it in quotation marks"
        case Self.noAnchorName:
            return "a value cannot begin with * or &: put it in quotation marks"
        default:
            return nil
        }
    }
}
