import CEL
import Testing

/// A text with what a pattern has to match in it, as Go's and RE2's search tests have it: the leftmost match and its
/// groups; nil for no match at all.
struct MatchRow: Sendable, CustomTestStringConvertible {
    let pattern: String
    let text: String
    let wanted: String?
    /// Where the match begins, when that is not where its text first occurs; in code points.
    let start: Int?

    init(_ pattern: String, _ text: String, _ wanted: String?, at start: Int? = nil) {
        self.pattern = pattern
        self.text = text
        self.wanted = wanted
        self.start = start
    }

    /// The text with the match in angle brackets.
    var marked: String {
        guard let wanted else { return text }
        let scalars = Array(text.unicodeScalars)
        let match = Array(wanted.unicodeScalars)
        let found = (0...scalars.count - match.count).first { scalars[$0...].starts(with: match) } ?? 0
        let start = start ?? found
        let parts = [scalars[..<start], ["<"], match[...], [">"], scalars[(start + match.count)...]]
        return parts.reduce(into: "") { $0.unicodeScalars.append(contentsOf: $1) }
    }

    var testDescription: String { "\(pattern) in \(text)" }
}

struct RegularExpressionTests {
    private static let environment = Environment(variables: [
        Environment.Variable("text"), Environment.Variable("pattern"),
    ])

    /// What an expression with `text` and `pattern` gives.
    private static func evaluate(_ source: String, _ pattern: String, _ text: String) throws -> Value {
        let bindings = BoundValues([.string(text), .string(pattern)])
        return try Expression(source, environment: environment).evaluate(bindings)
    }

    /// A pattern written into an expression, where it is compiled once.
    private static func literal(_ pattern: String) -> String {
        var escaped = ""
        for scalar in pattern.unicodeScalars {
            let code = String(scalar.value, radix: 16)
            escaped += "\\U" + String(repeating: "0", count: 8 - code.utf8.count) + code
        }
        return "'\(escaped)'"
    }

    @Test(
        "The leftmost match is found, the same by automaton and by simulation",
        arguments: [
            MatchRow("", "", ""), MatchRow("a", "", nil), MatchRow("abc", "xabcy", "abc"),
            MatchRow("^abc", "xabc", nil),
            MatchRow("a.c", "a\nc abc", "abc"), MatchRow("(?s)a.c", "a\nc", "a\nc"), MatchRow("a*", "aaab", "aaa"),
            MatchRow("a*?", "aaab", ""), MatchRow("a+?b", "aaab", "aaab"), MatchRow("(?U)a+", "aaa", "a"),
            MatchRow("(?U)a+?", "aaa", "aaa"), MatchRow("a|ab", "ab", "a"), MatchRow("ab|a", "ab", "ab"),
            MatchRow("(?:a|ab)(?:c|bcd)", "abcd", "abcd"), MatchRow("a{2}", "aaa", "aa"),
            MatchRow("a{2,}", "aaaa", "aaaa"), MatchRow("a{1,2}?b", "aab", "aab"), MatchRow("a{0}b", "ab", "b"),
            MatchRow("a{,2}", "a{,2}", "a{,2}"), MatchRow("a{x", "a{x", "a{x"), MatchRow("{", "{", "{"),
            MatchRow("]}", "]}", "]}"), MatchRow("[]a]+", "]a", "]a"), MatchRow("[^]a]", "]ab", "b"),
            MatchRow("[a-]+", "a-b", "a-"), MatchRow("[-a]+", "-a", "-a"), MatchRow("[a-c-e]+", "b-e", "b-e"),
            MatchRow("[^a]", "\n", "\n"), MatchRow("[\\d\\-x]+", "1-x", "1-x"), MatchRow("\\d+", "ab12", "12"),
            MatchRow("\\D+", "12ab", "ab"), MatchRow("\\s", "\u{B}", nil), MatchRow("[[:space:]]", "\u{B}", "\u{B}"),
            MatchRow("\\w+", "\u{e9}a_1", "a_1"), MatchRow("\\W", "a\u{e9}", "\u{e9}"),
            MatchRow("[^\\D5]+", "512", "12"),
            MatchRow("[[:alpha:]]+", "1aZ", "aZ"), MatchRow("[[:^digit:]]+", "1a", "a"), MatchRow("[[:]", ":", ":"),
            MatchRow("\\bfoo\\b", "afoo foo", "foo", at: 5), MatchRow("\\Boo", "oo foo", "oo", at: 4),
            MatchRow("a$", "a\n", nil),
            MatchRow("(?m)a$", "a\nb", "a"), MatchRow("(?m)^b", "a\nb", "b"), MatchRow("^b", "a\nb", nil),
            MatchRow("(?m)\\Ab", "a\nb", nil), MatchRow("a\\z", "ba", "a"), MatchRow("$^", "", ""),
            MatchRow("\\Qa.b*\\E+", "a.b**", "a.b**"), MatchRow("\\Q\\", "\\", "\\"), MatchRow("a\\Eb", "ab", "ab"),
            MatchRow("\\x41\\x{1F600}\\n\\t\\101\\07", "A\u{1F600}\n\tA\u{7}", "A\u{1F600}\n\tA\u{7}"),
            MatchRow("\\.\\_\\-", "._-", "._-"), MatchRow("(?i)straSSe", "STRAsse", "STRAsse"),
            MatchRow("(?i)k", "\u{212A}", "\u{212A}"), MatchRow("(?i)\u{3C3}+", "\u{3A3}\u{3C2}", "\u{3A3}\u{3C2}"),
            MatchRow("(?i)[^x]", "X", nil), MatchRow("(?i)[\u{e0}-\u{e9}]", "\u{C9}", "\u{C9}"),
            MatchRow("(?i)i", "\u{131}", nil), MatchRow("(?i:a)b", "Ab", "Ab"), MatchRow("(?i:a)b", "AB", nil),
            MatchRow("a(?i)b|c", "aB", "aB"), MatchRow("a(?i)b|c", "C", "C"), MatchRow("(?i)a(?-i)b", "Ab", "Ab"),
            MatchRow("(?i)a(?-i)b", "AB", nil), MatchRow("\\pN+", "a1\u{2167}", "1\u{2167}"),
            MatchRow("\\p{Lu}", "a\u{C9}", "\u{C9}"), MatchRow("\\P{L}", "a1", "1"), MatchRow("\\p{^L}", "a1", "1"),
            MatchRow("[\\p{Greek}\\p{Cyrillic}]+", "a\u{3B1}\u{436}", "\u{3B1}\u{436}"),
            MatchRow("\\p{Han}", "a\u{4E2D}", "\u{4E2D}"), MatchRow("(?s).", "\u{1F600}", "\u{1F600}"),
            MatchRow("ma\u{f1}ana", "ma\u{f1}ana", "ma\u{f1}ana"), MatchRow("\u{e9}+", "e\u{301}", nil),
            MatchRow("(|a)*", "aa", ""), MatchRow("(|a)+", "aa", ""), MatchRow("(a|)+", "aa", "aa"),
            MatchRow("(a*)*", "aab", "aa"), MatchRow("(a*)+b", "aab", "aab"), MatchRow("(?:a?)*?b", "aab", "aab"),
            MatchRow("a*?", "aa", ""), MatchRow("(?:(?:^a)*b)", "ab", "ab"),
            MatchRow("[a-z]+@[a-z]+\\.(com|org)", "mail x@y.org now", "x@y.org"),
            MatchRow("(?P<n>a)(?<m>b)", "ab", "ab"),
            MatchRow("^*a", "ba", "a"), MatchRow("a||b", "b", ""), MatchRow("()", "x", ""),
        ]
    )
    func leftmost(row: MatchRow) throws {
        let pattern = Self.literal(row.pattern)
        let replaced = try Self.evaluate("regex.replace(text, \(pattern), r'<\\0>', 1)", row.pattern, row.text)
        #expect(replaced.isSame(as: .string(row.marked)), "\(replaced)")
        for source in ["text.matches(\(pattern))", "text.matches(pattern)", "matches(text, pattern)"] {
            let value = try Self.evaluate(source, row.pattern, row.text)
            #expect(value.isSame(as: .bool(row.wanted != nil)), "\(source) gives \(value)")
        }
    }

    @Test(
        "What RE2 refuses is refused, with the place",
        arguments: [
            ("(", 1), ("a)", 2), ("*a", 1), ("a**", 3), ("a*+", 3), ("a{2}{3}", 5), ("a{2,1}", 2), ("a{1001}", 2),
            ("(a{100}){11}", 9), ("(?:(?:a{10}){10}){11}", 18), ("[a", 1), ("[]", 1), ("[z-a]", 2), ("[a-\\d]", 4),
            ("[[:foo:]]", 2), ("\\", 1), ("a\\1", 2), ("(a)\\2", 4), ("(?=a)", 1), ("(?!a)", 1), ("(?<=a)", 1),
            ("(?<!a)", 1), ("(?P=n)", 1), ("(?P<n>a)(?P<n>b)", 9), ("(?<>a)", 1), ("(?x)a", 1), ("(?i", 1), ("\\8", 1),
            ("\\k", 1), ("\\Z", 1), ("\\C", 1), ("\\xZ", 1), ("\\x{110000}", 1), ("\\p{Klingon}", 1), ("\\p{L", 1),
            ("\u{e9}(", 3), ("\\\u{e9}", 1), ("(?-)", 1), ("|*", 2), ("(*)", 2), ("a{1,1001}", 2),
        ]
    )
    func refused(pattern: String, byte: Int) throws {
        let value = try Self.evaluate("text.matches(pattern)", pattern, "")
        let error = try #require(value.evaluationError)
        #expect(error.kind == .invalidArgument)
        #expect(error.message.hasPrefix("the pattern is wrong at byte \(byte): "), "\(error.message)")
        #expect(throws: CompileError.self) {
            try Expression("'x'.matches(\(Self.literal(pattern)))", environment: Environment())
        }
    }

    @Test("An invalid literal is left to evaluation where unknown names are, so that || may absorb it")
    func deferred() throws {
        try Row("true || 'a'.matches('(')", true).check(.unchecked)
        try FailureRow("'a'.matches('(')", .invalidArgument).check()
        try FailureRow("(1).matches('a')", .noSuchOverload).check()
        try FailureRow("'a'.matches(1)", .noSuchOverload).check()
    }

    @Test("A caret stands under the place in the pattern where the literal has no escape before it")
    func caret() throws {
        for (source, column) in [("'x'.matches('ab(')", 16), ("'x'.matches(r'''\u{e9}[''')", 18)] {
            let error = try #require(throws: CompileError.self) { try Expression(source, environment: Environment()) }
            #expect(error.problems[0].position.column == column, "\(error.rendered)")
        }
    }

    @Test(
        "Groups are those of the match that a backtracking search would find first",
        arguments: [
            Row(#"regex.replace('abcd', '(a|ab)(c|bcd)(d*)', r'\1,\2,\3')"#, "a,bcd,"),
            Row(#"regex.replace('aab', '(a*)(a)(b)', r'<\1|\2|\3>')"#, "<a|a|b>"),
            Row(#"regex.replace('ab', '(a)|b', r'<\1>')"#, "<a><>"),
            Row(#"regex.replace('aba', '(?:(a)|(b))*', r'<\1\2>', 1)"#, "<ab>"),
            Row(#"regex.replace('aaa', '(a){2}', r'<\1>')"#, "<a>a"),
            Row(#"regex.replace('a-b', '(?P<x>.)-(.)', r'\2-\1\\')"#, #"b-a\"#),
            Row(#"regex.replace('abc', '', '-')"#, "-a-b-c-"), Row(#"regex.replace('abc', 'b*', '-')"#, "-a-c-"),
            Row(#"regex.replace('\u00e9a', 'a*', '-')"#, "-\u{e9}-"),
            Row(#"regex.replace('banana', 'a', 'x', 2)"#, "bxnxna"),
            Row(#"regex.replace('banana', 'a', 'x', 0)"#, "banana"),
            Row(#"regex.replace('banana', 'a', 'x', -1)"#, "bxnxnx"), Row(#"regex.replace('abc', '$', '!')"#, "abc!"),
            Row("regex.extract('item 42', r'(\\d+)')", .optional("42")), Row("regex.extract('x', 'y')", .optional(nil)),
            Row("regex.extract('b', '(a)?b')", .optional(nil)),
            Row("regex.extractAll('id:1, id:2', r'id:(\\d)')", ["1", "2"]), Row("regex.extractAll('x', 'y')", []),
            Row("regex.extractAll('aXb', '[a-z]')", ["a", "b"]),
        ]
    )
    func groups(row: Row) throws { try row.check() }

    @Test(
        "The functions on patterns refuse what they cannot do",
        arguments: [
            FailureRow("regex.extract('ab', '(a)(b)')", .invalidArgument),
            FailureRow("regex.extractAll('ab', '(a)(b)')", .invalidArgument),
            FailureRow(#"regex.replace('a', 'a', r'\1')"#, .invalidArgument),
            FailureRow(#"regex.replace('a', 'a', r'\x')"#, .invalidArgument),
            FailureRow(#"regex.replace('a', 'a', '\\')"#, .invalidArgument),
            FailureRow("regex.replace('a', '(', 'b')", .invalidArgument),
            FailureRow("regex.replace(1, 'a', 'b')", .noSuchOverload),
            FailureRow("regex.extract(1, 'a')", .noSuchOverload),
            FailureRow("regex.replace('a', 'a', 'b', 'c')", .noSuchOverload),
        ]
    )
    func failures(row: FailureRow) throws { try row.check() }
}
