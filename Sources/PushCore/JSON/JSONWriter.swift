/// Writes JSON (RFC 8259) into memory that is used again.
///
/// What it has written is a valid text as soon as ``isComplete``.
///
/// Writing what cannot stand at a place (a value where a name belongs, an end without its beginning) is a programming error and
/// stops the program.
@safe
package struct JSONWriter: ~Copyable {
    private enum Container {
        case array
        case object
    }

    /// The open arrays and objects as bits, so that nothing is allocated for them: set for an object, the innermost lowest.
    private struct Nesting {
        private var innermostBits: UInt64 = 0
        /// Of 64 levels each, the outermost first; there are none in an ordinary text.
        private var outerBits: [UInt64] = []
        private var depth = 0

        var isEmpty: Bool { depth == 0 }

        var innermost: Container? { depth == 0 ? nil : innermostBits & 1 == 1 ? .object : .array }

        mutating func push(_ container: Container) {
            if depth > 0, depth % 64 == 0 { outerBits.append(innermostBits) }
            innermostBits = innermostBits << 1 | (container == .object ? 1 : 0)
            depth += 1
        }

        mutating func pop() {
            innermostBits >>= 1
            depth -= 1
            if depth > 0, depth % 64 == 0 { innermostBits = outerBits.removeLast() }
        }
    }

    private var octets: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    /// Octets written.
    package private(set) var count = 0
    /// The open arrays and objects.
    private var open = Nesting()
    /// Whether the innermost of them has nothing in it yet.
    private var isEmpty = true
    /// Between a name and its value.
    private var awaitsValue = false

    /// - Parameter capacity: Octets to make room for; there is more when it is needed.
    package init(capacity: Int = 512) {
        self.capacity = max(capacity, 64)
        unsafe octets = .allocate(capacity: self.capacity)
    }

    deinit {
        // SAFETY: allocated in `init` or `grow`, freed here only.
        unsafe octets.deallocate()
    }

    /// Whether one whole value was written.
    package var isComplete: Bool { count > 0 && open.isEmpty }

    /// A copy of what was written so far.
    package var bytes: [UInt8] {
        // SAFETY: `count` octets are written.
        unsafe Array(UnsafeBufferPointer(start: octets, count: count))
    }

    /// Lends what was written so far.
    package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        // SAFETY: `count` octets are written, and nothing is written during the call.
        try unsafe body(UnsafeRawBufferPointer(start: octets, count: count))
    }

    /// Forgets what was written and keeps the memory.
    package mutating func removeAll() {
        count = 0
        open = Nesting()
        isEmpty = true
        awaitsValue = false
    }

    // MARK: Arrays and objects

    package mutating func beginObject() { begin(.object, UInt8(ascii: "{")) }

    package mutating func endObject() { end(.object, UInt8(ascii: "}")) }

    package mutating func beginArray() { begin(.array, UInt8(ascii: "[")) }

    package mutating func endArray() { end(.array, UInt8(ascii: "]")) }

    private mutating func begin(_ container: Container, _ octet: UInt8) {
        beginValue()
        put(octet)
        open.push(container)
        isEmpty = true
    }

    private mutating func end(_ container: Container, _ octet: UInt8) {
        precondition(
            open.innermost == container && !awaitsValue,
            "an array or object ends where it is open, after its last value"
        )
        open.pop()
        put(octet)
        // Whatever is around it has it as an element.
        isEmpty = false
    }

    /// Writes the name of a member; its value comes next.
    package mutating func key(_ name: String) {
        beginKey()
        quote(name)
        put(UInt8(ascii: ":"))
    }

    /// Writes the name of a member that is known when the program is built.
    ///
    /// See ``key(_:)-(String)``.
    package mutating func key(_ name: StaticString) {
        beginKey()
        let length = name.utf8CodeUnitCount
        reserve(length + 3)
        // SAFETY: a static string lives as long as the program, and room for it and three octets was just reserved.
        let text = unsafe UnsafeRawBufferPointer(start: name.utf8Start, count: length)
        assert(unsafe Self.nextEscaped(text, from: 0) == length, "a name in the code needs no escape")
        unsafe octets[count] = UInt8(ascii: "\"")
        unsafe UnsafeMutableRawPointer(octets + count + 1).copyMemory(from: name.utf8Start, byteCount: length)
        unsafe octets[count + length + 1] = UInt8(ascii: "\"")
        unsafe octets[count + length + 2] = UInt8(ascii: ":")
        count += length + 3
    }

    // MARK: Values

    package mutating func string(_ value: String) {
        beginValue()
        quote(value)
    }

    package mutating func integer(_ value: some FixedWidthInteger) {
        beginValue()
        let isNegative = value < 0
        if isNegative { put(UInt8(ascii: "-")) }
        var digits = 1
        var rest = value.magnitude / 10
        while rest != 0 {
            digits += 1
            rest /= 10
        }
        reserve(digits)
        var magnitude = value.magnitude
        for position in stride(from: count + digits - 1, through: count, by: -1) {
            let (quotient, remainder) = magnitude.quotientAndRemainder(dividingBy: 10)
            // SAFETY: room for all digits was just reserved.
            unsafe octets[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
            magnitude = quotient
        }
        count += digits
    }

    /// Writes the shortest text that reads back as the same Double.
    ///
    /// JSON has no infinity and no NaN: they become `null`, as in ECMAScript's `JSON.stringify`.
    package mutating func double(_ value: Double) {
        beginValue()
        put(value.isFinite ? value.description : "null")
    }

    package mutating func bool(_ value: Bool) {
        beginValue()
        put(value ? "true" : "false")
    }

    package mutating func null() {
        beginValue()
        put("null")
    }

    /// Writes a string such as `"2026-01-02T03:04:05.678Z"`.
    ///
    /// See ``RFC3339/text(_:)`` for the range.
    ///
    /// - Parameter milliseconds: Since the epoch.
    package mutating func time(_ milliseconds: Int64) {
        beginValue()
        put(UInt8(ascii: "\""))
        reserve(RFC3339.writtenCount)
        // SAFETY: room was just reserved.
        unsafe RFC3339.write(milliseconds, to: octets + count)
        count += RFC3339.writtenCount
        put(UInt8(ascii: "\""))
    }

    /// Writes a UUID in its canonical form.
    mutating func identifier(_ value: Identifier) {
        beginValue()
        reserve(Identifier.textCount + 2)
        // SAFETY: room for the text and its quotation marks was just reserved.
        unsafe octets[count] = UInt8(ascii: "\"")
        let text = unsafe UnsafeMutableBufferPointer(start: octets + count + 1, count: Identifier.textCount)
        _ = unsafe value.write(to: text)
        unsafe octets[count + Identifier.textCount + 1] = UInt8(ascii: "\"")
        count += Identifier.textCount + 2
    }

    /// Copies a value that was read, as it stood.
    package mutating func raw(_ node: JSONNode) {
        beginValue()
        let isString = node.kind == .string
        if isString { put(UInt8(ascii: "\"")) }
        // SAFETY: the octets are lent for the call. The document has checked them.
        unsafe node.withRawBytes { unsafe put($0) }
        if isString { put(UInt8(ascii: "\"")) }
    }

    /// Copies what another writer has completed.
    package mutating func raw(_ other: borrowing JSONWriter) {
        precondition(other.isComplete, "only a complete value can stand in another")
        beginValue()
        // SAFETY: the other writer's octets are lent for the call.
        unsafe put(UnsafeRawBufferPointer(start: other.octets, count: other.count))
    }

    // MARK: Places

    @inline(__always)
    private mutating func beginKey() {
        precondition(
            open.innermost == .object && !awaitsValue,
            "a member name stands in an object, after the value of the member before"
        )
        if !isEmpty { put(UInt8(ascii: ",")) }
        isEmpty = false
        awaitsValue = true
    }

    @inline(__always)
    private mutating func beginValue() {
        if awaitsValue {
            awaitsValue = false
            return
        }
        guard let container = open.innermost else {
            precondition(count == 0, "a JSON text is one value")
            return
        }
        precondition(container == .array, "a value in an object follows its name")
        if !isEmpty { put(UInt8(ascii: ",")) }
        isEmpty = false
    }

    // MARK: Strings

    private mutating func quote(_ text: String) {
        var text = text
        // SAFETY: the octets of the string are lent for the call.
        text.withUTF8 { unsafe quote(UnsafeRawBufferPointer($0)) }
    }

    /// Copies runs that need no escape at once; `"`, `\` and control characters are escaped one by one.
    private mutating func quote(_ text: UnsafeRawBufferPointer) {
        put(UInt8(ascii: "\""))
        // SAFETY: positions are at most `count` of the text.
        var position = 0
        while position < text.count {
            let stop = unsafe Self.nextEscaped(text, from: position)
            unsafe put(UnsafeRawBufferPointer(rebasing: text[position..<stop]))
            position = stop
            if position < text.count {
                unsafe escape(text[position])
                position += 1
            }
        }
        put(UInt8(ascii: "\""))
    }

    /// Position of the next octet that must be escaped; the count where there is none.
    private static func nextEscaped(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
        // SAFETY: a word is read only where eight octets remain, an octet only below `count`.
        var position = start
        while position < text.count {
            if position + 8 <= text.count,
                unsafe ByteScanning.stringStops(text.loadUnaligned(fromByteOffset: position, as: UInt64.self)) == 0
            {
                position += 8
                continue
            }
            // Eight octets (or the rest) hold a stop; that may be a letter beyond ASCII, which needs no escape.
            for _ in 0..<min(8, text.count - position) {
                let octet = unsafe text[position]
                if octet < 0x20 || octet == UInt8(ascii: "\"") || octet == UInt8(ascii: "\\") { return position }
                position += 1
            }
        }
        return position
    }

    private mutating func escape(_ octet: UInt8) {
        switch octet {
        case UInt8(ascii: "\""): put("\\\"")
        case UInt8(ascii: "\\"): put("\\\\")
        case 0x08: put("\\b")
        case 0x09: put("\\t")
        case 0x0A: put("\\n")
        case 0x0C: put("\\f")
        case 0x0D: put("\\r")
        default:
            put(octet < 0x10 ? "\\u000" : "\\u001")
            let low = octet & 0x0F
            put(low < 10 ? UInt8(ascii: "0") + low : UInt8(ascii: "a") + low - 10)
        }
    }

    // MARK: Octets

    @inline(__always)
    private mutating func put(_ octet: UInt8) {
        reserve(1)
        // SAFETY: room was just reserved.
        unsafe octets[count] = octet
        count += 1
    }

    private mutating func put(_ text: String) {
        var text = text
        // SAFETY: the octets of the string are lent for the call.
        text.withUTF8 { unsafe put(UnsafeRawBufferPointer($0)) }
    }

    @inline(__always)
    private mutating func put(_ run: UnsafeRawBufferPointer) {
        guard let base = run.baseAddress else { return }
        reserve(run.count)
        // SAFETY: room was just reserved, and nobody else has this memory.
        unsafe UnsafeMutableRawPointer(octets + count).copyMemory(from: base, byteCount: run.count)
        count += run.count
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if capacity - count < more { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        // SAFETY: the new memory has room for `count` octets, which are copied before the old memory is freed.
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        unsafe larger.initialize(from: octets, count: count)
        unsafe octets.deallocate()
        unsafe octets = larger
    }
}
