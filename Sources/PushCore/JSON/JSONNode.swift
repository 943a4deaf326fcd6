/// What a JSON value is.
package enum JSONKind: Sendable {
    case null
    case boolean
    case number
    case string
    case array
    case object
}

/// A value inside a ``JSONDocument``: a place, not a copy.
///
/// Good until the document is loaded again; using it afterwards stops the program, so that it can never show another text.
package struct JSONNode {
    let document: JSONDocument
    private let generation: UInt32
    let index: Int

    @inline(__always)
    init(document: JSONDocument, index: Int) {
        self.document = document
        // SAFETY: for this and every access to the document: see there on exclusivity.
        self.generation = unsafe document.generation
        self.index = index
    }

    @inline(__always)
    var entry: JSONTapeEntry {
        precondition(
            unsafe document.generation == generation && document.isLoaded,
            "a JSON node is used only until its document is loaded again"
        )
        return unsafe document.tape[index]
    }

    package var kind: JSONKind {
        switch entry.kind {
        case .null: .null
        case .yes, .no: .boolean
        case .integer, .decimal: .number
        case .string, .escapedString: .string
        case .array: .array
        case .object: .object
        }
    }

    package var isNull: Bool { entry.kind == .null }

    /// Elements of an array, or members of an object, each of the repeated names included; 0 for other values.
    package var count: Int { entry.count }

    // MARK: Scalars

    package var boolValue: Bool? {
        switch entry.kind {
        case .yes: true
        case .no: false
        case .null, .integer, .decimal, .string, .escapedString, .array, .object: nil
        }
    }

    /// A number that is written without fraction and exponent and lies in the range of Int64; nil for all else.
    ///
    /// `1.0` and `1e3` are none: who writes them means a floating-point number.
    package var intValue: Int64? {
        let entry = entry
        guard entry.kind == .integer else { return nil }
        // SAFETY: the octets are read before anything else can load the document.
        return unsafe JSONNumber.integer(octets(entry))
    }

    /// Any number as the nearest Double; nil for other values, and for numbers beyond the range of Double.
    package var doubleValue: Double? {
        let entry = entry
        guard entry.kind == .integer || entry.kind == .decimal else { return nil }
        // SAFETY: as in `intValue`.
        return unsafe JSONNumber.double(octets(entry))
    }

    /// A string with its escapes resolved; nil for other values.
    package var stringValue: String? {
        let entry = entry
        switch entry.kind {
        case .string:
            // SAFETY: as in `intValue`.
            return unsafe String(decoding: octets(entry), as: UTF8.self)
        case .escapedString:
            // SAFETY: as in `intValue`; resolving escapes makes a text shorter, never longer.
            let octets = unsafe octets(entry)
            return unsafe String(unsafeUninitializedCapacity: octets.count) {
                unsafe JSONEscapes.resolve(octets, into: $0)
            }
        case .null, .yes, .no, .integer, .decimal, .array, .object:
            return nil
        }
    }

    /// Lends the octets of a string, escapes resolved.
    ///
    /// - Parameter body: Is given the octets for the time of the call.
    /// - Returns: What `body` returns; nil where this is no string.
    /// - Throws: What `body` throws.
    package func withStringBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        let entry = entry
        switch entry.kind {
        case .string:
            // SAFETY: the octets stay as they are until the document is loaded again, which `body` must not do.
            return try unsafe body(octets(entry))
        case .escapedString:
            let octets = unsafe octets(entry)
            let resolved = unsafe [UInt8](unsafeUninitializedCapacity: octets.count) { buffer, count in
                count = unsafe JSONEscapes.resolve(octets, into: buffer)
            }
            return try unsafe resolved.withUnsafeBufferPointer { (octets) throws(Failure) in
                try unsafe body(UnsafeRawBufferPointer(octets))
            }
        case .null, .yes, .no, .integer, .decimal, .array, .object:
            return nil
        }
    }

    /// The octets of a string without escapes, lent until the document is loaded again; nil for all else.
    var plainText: UnsafeRawBufferPointer? {
        let entry = entry
        guard entry.kind == .string else { return nil }
        return unsafe octets(entry)
    }

    /// Whether this is the string `text`.
    ///
    /// Makes no string.
    package func isString(_ text: StaticString) -> Bool {
        unsafe withStringBytes { unsafe ByteScanning.equal($0, text) } ?? false
    }

    /// Lends the octets of the value as they stand in the text; of a string, without the quotation marks and with escapes.
    package func withRawBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        // SAFETY: as in `withStringBytes`.
        try unsafe body(octets(entry))
    }

    @inline(__always)
    private func octets(_ entry: JSONTapeEntry) -> UnsafeRawBufferPointer {
        // SAFETY: start and end of an entry lie inside the text it was made from, and `entry` has checked the generation.
        unsafe UnsafeRawBufferPointer(
            start: document.text + Int(entry.start),
            count: Int(entry.end) &- Int(entry.start)
        )
    }

    // MARK: Arrays and objects

    /// The member of that name, the last where there are several; nil where there is none, or this is no object.
    package func member(_ name: String) -> JSONNode? {
        var name = name
        // SAFETY: the octets of the string are lent for the call.
        return name.withUTF8 { unsafe member(UnsafeRawBufferPointer($0)) }
    }

    /// The member of that name.
    ///
    /// See ``member(_:)-(String)``.
    ///
    /// - Parameter name: UTF-8.
    /// - Returns: Its value; nil where there is none, or this is no object.
    package func member(_ name: UnsafeRawBufferPointer) -> JSONNode? {
        let object = entry
        guard object.kind == .object else { return nil }
        var found: Int?
        var key = index + 1
        for _ in 0..<object.count {
            let candidate = unsafe document.tape[key]
            if unsafe isNamed(candidate, name) { found = key + 1 }
            key = unsafe Int(document.tape[key + 1].next)
        }
        guard let found else { return nil }
        return JSONNode(document: document, index: found)
    }

    @inline(__always)
    private func isNamed(_ key: JSONTapeEntry, _ name: UnsafeRawBufferPointer) -> Bool {
        if key.kind == .string {
            let octets = unsafe octets(key)
            guard octets.count == name.count else { return false }
            // SAFETY: both hold `count` octets; where that is none, nothing is read.
            guard let left = octets.baseAddress, let right = name.baseAddress else { return true }
            return unsafe ByteScanning.equal(left, right, count: name.count)
        }
        // Rare: a name with escapes. An escape is longer than what it means.
        guard key.end &- key.start > name.count else { return false }
        let octets = unsafe octets(key)
        let resolved = unsafe [UInt8](unsafeUninitializedCapacity: octets.count) { buffer, count in
            count = unsafe JSONEscapes.resolve(octets, into: buffer)
        }
        return unsafe resolved.elementsEqual(name)
    }

    /// The element at a position from 0; nil beyond the end, or where this is no array.
    ///
    /// Walks from the beginning.
    package func element(_ position: Int) -> JSONNode? {
        let array = entry
        guard array.kind == .array, position >= 0, position < array.count else { return nil }
        var element = index + 1
        for _ in 0..<position { element = unsafe Int(document.tape[element].next) }
        return JSONNode(document: document, index: element)
    }

    /// The elements of an array, in order; none for other values.
    package var elements: JSONElements {
        let array = entry
        return JSONElements(
            first: JSONNode(document: document, index: index + 1),
            count: array.kind == .array ? array.count : 0
        )
    }

    /// The members of an object, in the order of the text; none for other values.
    ///
    /// A repeated name comes repeatedly.
    package var members: JSONMembers {
        let object = entry
        return JSONMembers(
            first: JSONNode(document: document, index: index + 1),
            count: object.kind == .object ? object.count : 0
        )
    }

    /// The place behind this value on the tape.
    @inline(__always)
    var following: JSONNode { JSONNode(document: document, index: Int(entry.next)) }
}

/// A name and its value.
package struct JSONMember {
    /// The name, as a string.
    package let key: JSONNode
    package let value: JSONNode

    /// The name with its escapes resolved.
    package var name: String {
        guard let name = key.stringValue else { preconditionFailure("a member's name is a string") }
        return name
    }
}

/// The elements of an array.
package struct JSONElements: Sequence, IteratorProtocol {
    private var current: JSONNode
    private var remaining: Int

    init(first: JSONNode, count: Int) {
        current = first
        remaining = count
    }

    package mutating func next() -> JSONNode? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let element = current
        if remaining > 0 { current = element.following }
        return element
    }
}

/// The members of an object.
package struct JSONMembers: Sequence, IteratorProtocol {
    private var current: JSONNode
    private var remaining: Int

    init(first: JSONNode, count: Int) {
        current = first
        remaining = count
    }

    package mutating func next() -> JSONMember? {
        guard remaining > 0 else { return nil }
        remaining -= 1
        let key = current
        let value = key.following
        if remaining > 0 { current = value.following }
        return JSONMember(key: key, value: value)
    }
}
