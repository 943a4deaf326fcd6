import CEL
import Synchronization
import Testing

/// A tree of values in storage of its own, which counts what is read of it.
final class TestDocument: ExternalDocument {
    enum Item {
        case scalar(Value)
        case list([Int])
        case map([(name: String, node: Int)])
    }

    private let items: [Item]
    private let scalarReads = Mutex(0)

    /// The items; the last is the root.
    init(_ items: [Item]) { self.items = items }

    var root: Value { .external(ExternalValue(self, node: items.count - 1)) }
    var scalarReadCount: Int { scalarReads.withLock { $0 } }

    func shape(of node: Int) -> ExternalShape {
        switch items[node] {
        case .scalar: .scalar
        case .list: .list
        case .map: .map
        }
    }

    func scalar(of node: Int) -> Value? {
        guard case .scalar(let value) = items[node] else { return nil }
        scalarReads.withLock { $0 += 1 }
        return value
    }

    func member(named name: String, of node: Int) -> Value? {
        guard case .map(let members) = items[node], let member = members.first(where: { $0.name == name }) else {
            return nil
        }
        return .external(ExternalValue(self, node: member.node))
    }

    func element(at index: Int, of node: Int) -> Value? {
        guard case .list(let nodes) = items[node] else { return nil }
        return .external(ExternalValue(self, node: nodes[index]))
    }

    func count(of node: Int) -> Int {
        switch items[node] {
        case .scalar: 0
        case .list(let nodes): nodes.count
        case .map(let members): members.count
        }
    }

    func keys(of node: Int) -> [String] {
        guard case .map(let members) = items[node] else { return [] }
        return members.map(\.name)
    }

    func matches(_ question: StringQuestion, node: Int) -> Bool? {
        guard case .scalar(.string(let text)) = items[node] else { return nil }
        return switch question {
        case .equals(let other): text == other
        case .hasPrefix(let prefix): text.hasPrefix(prefix)
        case .hasSuffix: nil
        }
    }
}

struct ExternalValueTests {
    private static let environment = Environment(variables: [
        Environment.Variable("data"), Environment.Variable("other"),
    ])

    /// The document `{"total": 250, "source": "/shop/1", "items": [250, "/shop/1"], "empty": {}, "none": []}`.
    private static func document() -> TestDocument {
        TestDocument([
            .scalar(250), .scalar("/shop/1"), .list([0, 1]), .map([]), .list([]),
            .map([("total", 0), ("source", 1), ("items", 2), ("empty", 3), ("none", 4)]),
        ])
    }

    @Test(
        "An external document is read as a map would be",
        arguments: [
            Row("data.total > 100 && data.source.startsWith('/shop')", true), Row("data['total'] + 1", 251),
            Row("data.items[1]", "/shop/1"),
            Row("data.items[?7].hasValue()", false), Row("data.?total.orValue(0)", 250), Row("has(data.total)", true),
            Row("has(data.x)", false),
            Row("'items' in data && !('x' in data) && !(1 in data)", true), Row("250.0 in data.items", true),
            Row("size(data)", 5),
            Row("data.items.size()", 2), Row("data.items == [250u, '/shop/1']", true),
            Row("[250, '/shop/1'] == data.items", true),
            Row("data == data && data == other", true), Row("data.empty == {} && data.none == []", true),
            Row("data.items + [1]", [250, "/shop/1", 1]), Row("[1] + data.none", [1]),
            Row("data.items.map(x, x)", [250, "/shop/1"]),
            Row("data.map(k, k)", ["total", "source", "items", "empty", "none"]), Row("data.empty.map(k, k)", []),
            Row("data.exists(k, v, k == 'total' && v == 250)", true), Row("data.items.transformList(i, v, i)", [0, 1]),
            Row("data.empty.transformMap(k, v, v)", .entries()), Row("'%s'.format([data.items])", "[250, /shop/1]"),
            Row("math.greatest(data.items.filter(x, type(x) == int))", 250), Row("data.source == '/shop/1'", true),
            Row("data.source != '/shop/1'", false), Row("data.source.endsWith('1')", true),
            Row("data.total == '250'", false),
            Row("{data.source: 1}['/shop/1']", 1),
            Row("type(data) == map && type(data.items) == list && type(data.total) == int", true),
            Row("data.items.filter(x, true)", [250, "/shop/1"]), Row("data.total in {250: 1}", true),
            Row("-data.total", -250),
            Row("optional.ofNonZeroValue(data.none).hasValue()", false),
            Row("data.total > 1 ? data.source : ''", "/shop/1"),
            Row(#"data.source.matches('^/shop/\\d$')"#, true), Row("regex.extract(data.source, 'sh(.)p').value()", "o"),
            Row("(data.items + data.items).distinct()", [250, "/shop/1"]), Row("[data.items].flatten()[1]", "/shop/1"),
            Row("[data.total, 3].sort()", [3, 250]), Row("data.sortBy(k, k)[0]", "empty"),
            Row("data.items.first().value() + data.items.slice(0, 1)[0]", 500),
            Row("sets.contains(data.items, [250.0])", true),
        ]
    )
    func reading(row: Row) throws {
        let bindings = BoundValues([Self.document().root, Self.document().root])
        let value = try Expression(row.source, environment: Self.environment).evaluate(bindings)
        #expect(value.isSame(as: row.wanted), "\(value)")
    }

    @Test(
        "What an external document lacks is an error as for a map",
        arguments: [
            FailureRow("data.tracking", .noSuchKey), FailureRow("data['x']", .noSuchKey),
            FailureRow("data.items[2]", .indexOutOfBounds),
            FailureRow("data.items[-1]", .indexOutOfBounds), FailureRow("data.total.x", .noSuchOverload),
            FailureRow("data.items.x", .noSuchOverload),
            FailureRow("data + 1", .noSuchOverload), FailureRow("data.total.startsWith('a')", .noSuchOverload),
            FailureRow("data < data", .noSuchOverload),
            FailureRow("data.total[0]", .noSuchOverload), FailureRow("data && true", .noSuchOverload),
            FailureRow("data.source.all(x, true)", .noSuchOverload),
            FailureRow("{data: 1}", .noSuchOverload),
        ]
    )
    func failures(row: FailureRow) throws {
        let environment = Environment(variables: Self.environment.variables, unknownNames: .evaluatedToError)
        let value = try Expression(row.source, environment: environment).evaluate(BoundValues([Self.document().root]))
        #expect(value.evaluationError?.kind == row.kind, "\(value)")
    }

    @Test(
        "Only what the expression looks at is read",
        arguments: [
            ("has(data.source) && size(data.items) == 2", 0), ("data.source.startsWith('/shop')", 0),
            ("data.source == '/x'", 0),
            ("data.total > 1 || data.source > ''", 1), ("data.items[0] == 250", 1),
        ]
    )
    func laziness(source: String, reads: Int) throws {
        let document = Self.document()
        _ = try Expression(source, environment: Self.environment).evaluate(BoundValues([document.root]))
        #expect(document.scalarReadCount == reads)
    }

    @Test("The message names the missing key")
    func message() throws {
        let value = try Expression("data.tracking", environment: Self.environment).evaluate(
            BoundValues([Self.document().root])
        )
        #expect(value.evaluationError?.message == "no such key: tracking")
    }
}
