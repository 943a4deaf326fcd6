/// A JSON text, checked once and laid out for reading: no string is made until somebody asks for it.
///
/// One document is loaded again and again; its memory is used again. What was read from it before (nodes, octets) is void
/// from then on: using a node of an earlier text is a programming error and stops the program.
///
/// The grammar is that of RFC 8259, strictly: no byte order mark, no comments, no trailing commas, one value. Octets must be
/// UTF-8, and `\u` escapes must pair their surrogates: half a pair has no UTF-8 form, and RFC 7493 (I-JSON) section 2.1
/// forbids it. Where a name occurs twice in an object the last one counts, as in ECMAScript's `JSON.parse`.
@safe
package final class JSONDocument {
    /// Room behind the text, so that eight octets can be read at any position of it.
    ///
    /// It holds zeros.
    static let padding = 8

    // SAFETY: Exclusivity is not checked at run time on what every access to a value reads: `load` is the only writer, it calls nobody
    // back, and a document belongs to one thread.

    /// Rises with every load.
    @exclusivity(unchecked) private(set) var generation: UInt32 = 0
    @exclusivity(unchecked) private(set) var isLoaded = false
    @exclusivity(unchecked) private(set) var tape = JSONTape(capacity: 64)
    @exclusivity(unchecked) private(set) var text: UnsafeMutablePointer<UInt8>
    private(set) var textCount = 0
    private var capacity: Int

    package init() {
        capacity = 1024
        unsafe text = .allocate(capacity: capacity + Self.padding)
    }

    deinit {
        // SAFETY: allocated in `init` or `reserve`, freed here only.
        unsafe text.deallocate()
    }

    /// Copies and checks a text.
    ///
    /// - Parameters:
    ///   - bytes: The text. It is not needed after the call.
    ///   - limits: What is refused before its content is looked at.
    /// - Returns: nil on success; otherwise what is wrong, and the document holds no text.
    package func load(_ bytes: UnsafeRawBufferPointer, limits: JSONLimits = JSONLimits()) -> JSONError? {
        unsafe generation &+= 1
        unsafe isLoaded = false
        unsafe tape.removeAll()
        guard bytes.count <= limits.bytesMax else {
            return JSONError(
                kind: .tooLarge,
                offset: limits.bytesMax,
                line: 1,
                column: 1,
                message: "the text has \(bytes.count) bytes, at most \(limits.bytesMax) are allowed"
            )
        }
        unsafe take(bytes)
        // SAFETY: `text` has `textCount` octets and the padding behind them.
        var parser = unsafe JSONParser(text: text, count: textCount, depthMax: limits.depthMax)
        if let failure = unsafe parser.parse(into: &tape) {
            return describe(failure)
        }
        unsafe isLoaded = true
        return nil
    }

    /// Copies and checks a text.
    ///
    /// See ``load(_:limits:)-(UnsafeRawBufferPointer,_)``.
    package func load(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) -> JSONError? {
        // SAFETY: the array outlives the call.
        unsafe bytes.withUnsafeBytes { unsafe load($0, limits: limits) }
    }

    /// The value that is the text.
    ///
    /// There must be one: the last load succeeded.
    package var root: JSONNode {
        precondition(unsafe isLoaded, "a JSON document has a root after a load that succeeded")
        return JSONNode(document: self, index: 0)
    }

    private func take(_ bytes: UnsafeRawBufferPointer) {
        if bytes.count > capacity { reserve(bytes.count) }
        textCount = bytes.count
        // SAFETY: `capacity` plus padding octets are allocated, and `bytes.count` is at most `capacity`.
        if let base = bytes.baseAddress {
            unsafe UnsafeMutableRawPointer(text).copyMemory(from: base, byteCount: bytes.count)
        }
        unsafe (text + textCount).initialize(repeating: 0, count: Self.padding)
    }

    private func reserve(_ count: Int) {
        capacity = max(count, capacity * 2)
        // SAFETY: the old text is not needed: it is about to be replaced.
        unsafe text.deallocate()
        unsafe text = .allocate(capacity: capacity + Self.padding)
    }

    private func describe(_ failure: JSONParser.Failure) -> JSONError {
        var line = 1
        var lineStart = 0
        for position in 0..<failure.offset {
            // SAFETY: the offset of a failure is at most `textCount`.
            if unsafe text[position] == UInt8(ascii: "\n") {
                line += 1
                lineStart = position + 1
            }
        }
        return JSONError(
            kind: failure.kind,
            offset: failure.offset,
            line: line,
            column: failure.offset - lineStart + 1,
            message: failure.message
        )
    }
}
