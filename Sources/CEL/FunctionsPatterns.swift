/// Regular expressions: the standard function `matches`, and the regex extension of cel-go.
extension Function {
    static let patterns: [Function] = [
        .matching("matches", .member, 2...2) { text, pattern, _, frame in matches(text, pattern, &frame) },
        .matching("matches", .global, 2...2) { text, pattern, _, frame in matches(text, pattern, &frame) },
        .matching("regex.extract", .global, 2...2) { text, pattern, _, frame in
            extract("regex.extract", text, pattern, .first, &frame) { .optional($0.first) }
        },
        .matching("regex.extractAll", .global, 2...2) { text, pattern, _, frame in
            extract("regex.extractAll", text, pattern, .all, &frame) { .list($0) }
        },
        .matching("regex.replace", .global, 3...4, replace),
    ]

    private static func matches(_ text: Value, _ pattern: RegularExpression, _ frame: inout Frame) -> Value {
        guard case .string(let text) = text else { return .noSuchOverload("matches", text, .string("")) }
        return pattern.matches(text, &frame).map(Value.bool) ?? .error(frame.exhaustion)
    }

    private enum Matches {
        case first
        case all
    }

    /// The texts of the only group, or of whole matches for a pattern without one.
    private static func extract(
        _ name: String,
        _ text: Value,
        _ pattern: RegularExpression,
        _ wanted: Matches,
        _ frame: inout Frame,
        _ result: ([Value]) -> Value
    ) -> Value {
        guard case .string(let text) = text else { return .noSuchOverload(name, text, .string("")) }
        guard pattern.groupCount < 2 else {
            return .failure(.invalidArgument, "\(name) takes a pattern with one group at most")
        }
        let bytes = Array(text.utf8)
        var found: [Value] = []
        let failure = forEachMatch(of: pattern, in: bytes, &frame) { match, frame in
            // A group that took no part gives nothing.
            if let range = match.groups[pattern.groupCount] {
                found.append(.string(String(decoding: bytes[range], as: UTF8.self)))
            }
            if found.count > frame.limits.elementsMax { return .failure(frame.refusal(ofElements: found.count)) }
            return wanted == .all ? .goOn : .stop
        }
        return failure ?? result(found)
    }

    /// What a visitor of matches wants next.
    private enum Visit {
        case goOn
        case stop
        case failure(Value?)
    }

    /// Visits the matches from left to right, none of which overlap; an error when there is one.
    ///
    /// An empty match right after another match is none, as in RE2 and Go.
    private static func forEachMatch(
        of pattern: RegularExpression,
        in bytes: [UInt8],
        _ frame: inout Frame,
        _ visit: (RegularExpression.Match, inout Frame) -> Visit
    ) -> Value? {
        var start = 0
        var lastEnd = -1
        while start <= bytes.count {
            let match: RegularExpression.Match
            switch pattern.firstMatch(in: bytes.span, from: start, &frame) {
            case .failure(let error): return .error(error)
            case .success(nil): return nil
            case .success(.some(let found)): match = found
            }
            let range = match.range
            if !range.isEmpty || range.lowerBound != lastEnd {
                switch visit(match, &frame) {
                case .goOn: break
                case .stop: return nil
                case .failure(let failure): return failure
                }
            }
            lastEnd = range.upperBound
            start = range.upperBound
            if range.isEmpty {
                start += 1
                while start < bytes.count, bytes[start] & 0xC0 == 0x80 { start += 1 }
            }
        }
        return nil
    }
}

// MARK: Replacement

extension Function {
    /// `regex.replace(text, pattern, replacement[, count])`: all matches, or the first `count` of them; `\1` in the
    /// replacement stands for a group, `\0` for the whole match.
    private static func replace(
        _ text: Value,
        _ pattern: RegularExpression,
        _ rest: [Value],
        _ frame: inout Frame
    ) -> Value {
        guard case .string(let text) = text, case .string(let replacement) = rest[0] else {
            return .noSuchOverload("regex.replace", text, .string(""), rest[0])
        }
        var countMax = Int.max
        if rest.count == 2 {
            guard case .int(let count) = rest[1] else { return .noSuchOverload("regex.replace", rest[1]) }
            if count == 0 { return .string(text) }
            if count > 0 { countMax = Int(count) }
        }
        guard let parts = replacementParts(replacement, groupCount: pattern.groupCount) else {
            return .failure(.invalidArgument, "regex.replace: the replacement names a group that is not there")
        }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var end = 0
        var count = 0
        let failure = forEachMatch(of: pattern, in: bytes, &frame) { match, frame in
            result += bytes[end..<match.range.lowerBound]
            end = match.range.upperBound
            for part in parts {
                switch part {
                case .text(let text): result += text
                case .group(let group): if let range = match.groups[group] { result += bytes[range] }
                }
            }
            count += 1
            // Paid for once, when all is there.
            if result.count > frame.limits.stringBytesMax {
                return .failure(frame.refusal(ofBytes: result.count))
            }
            return count < countMax ? .goOn : .stop
        }
        if let failure { return failure }
        result += bytes[end...]
        return frame.refusal(ofBytes: result.count) ?? .string(String(decoding: result, as: UTF8.self))
    }

    private enum ReplacementPart {
        case text([UInt8])
        case group(Int)
    }

    /// The parts of a replacement; nil for a backslash before anything but a group's digit or another backslash.
    private static func replacementParts(_ replacement: String, groupCount: Int) -> [ReplacementPart]? {
        var parts: [ReplacementPart] = []
        var text: [UInt8] = []
        var bytes = replacement.utf8.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let letter = bytes.next() else { return nil }
            if letter == UInt8(ascii: "\\") {
                text.append(letter)
            } else if let digit = letter.hexDigitValue, digit < 10, digit <= groupCount {
                parts += [.text(text), .group(Int(digit))]
                text = []
            } else {
                return nil
            }
        }
        return parts + [.text(text)]
    }
}
