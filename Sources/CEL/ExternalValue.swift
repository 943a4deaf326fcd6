/// Storage of values that are read only where an expression looks, such as a JSON document in its own bytes.
///
/// A node is whatever number the storage finds a value by, such as an index into its tape. A value is then a reference and
/// a number: passing it on allocates nothing. Equal questions must have equal answers, from any thread, for as long as
/// values of the document are in use.
package protocol ExternalDocument: AnyObject, Sendable {
    /// What the value is, without reading more of it than needed.
    func shape(of node: Int) -> ExternalShape
    /// A scalar's value, never `.external` itself; nil for lists and maps.
    func scalar(of node: Int) -> Value?
    /// The value under a string key of a map, or nil; nil too for what is not a map. The hot path: asked before the shape.
    ///
    /// A scalar may be returned as what it is, where that costs no allocation (numbers, bools, null).
    func member(named name: String, of node: Int) -> Value?
    /// The element at an index within `0..<count`, or nil; asked only of lists.
    func element(at index: Int, of node: Int) -> Value?
    /// The number of elements or entries; asked only of lists and maps.
    func count(of node: Int) -> Int
    /// The keys of a map, in the order of the document; asked only of maps.
    func keys(of node: Int) -> [String]
    /// Answers a question about a string where it lies, without making a `String` of it; nil when it cannot, or when the
    /// value is not a string.
    func matches(_ question: StringQuestion, node: Int) -> Bool?
}

extension ExternalDocument {
    /// Leaves every question to be answered on the `String`.
    package func matches(_ question: StringQuestion, node: Int) -> Bool? { nil }
}

/// A question about an external string that its storage may answer.
package enum StringQuestion: Sendable {
    /// The same code points, with no normalisation.
    case equals(String)
    case hasPrefix(String)
    case hasSuffix(String)
}

/// What an external value is.
package enum ExternalShape: Sendable {
    case scalar
    case list
    case map
}

/// A value in an external document.
package struct ExternalValue: Sendable {
    package let document: any ExternalDocument
    package let node: Int

    package init(_ document: any ExternalDocument, node: Int) {
        self.document = document
        self.node = node
    }

    package var shape: ExternalShape { document.shape(of: node) }

    var count: Int { document.count(of: node) }
    var keys: [String] { document.keys(of: node) }
    var scalar: Value? { document.scalar(of: node) }

    func member(named name: String) -> Value? { document.member(named: name, of: node) }
    func element(at index: Int) -> Value? { document.element(at: index, of: node) }
    func matches(_ question: StringQuestion) -> Bool? { document.matches(question, node: node) }

    var type: ValueType {
        switch shape {
        case .scalar: scalar?.type ?? .null
        case .list: .list
        case .map: .map
        }
    }

    var materialised: Value {
        switch shape {
        case .scalar:
            return scalar ?? .null
        case .list:
            return .list((0..<count).map { element(at: $0) ?? .null })
        case .map:
            let entries = keys.map { MapValue.Entry(key: .string($0), value: member(named: $0) ?? .null) }
            return .map(MapValue(externalEntries: entries))
        }
    }
}
