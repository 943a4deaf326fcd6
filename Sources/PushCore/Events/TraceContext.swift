/// The W3C Trace Context headers, checked before they are passed on.
enum TraceContext {
    /// Octets of a `tracestate` that are passed on (Trace Context section 3.3.1.5 asks for at least 512).
    static let tracestateBytesMax = 512

    /// Octets of a `traceparent`: 55, and room for the fields of later versions.
    static let traceparentBytesMax = 256

    /// A `traceparent` that others can read (section 3.2); nil for anything else, which is as good as no trace.
    static func traceparent(_ octets: UnsafeRawBufferPointer) -> String? {
        // SAFETY: indices stay below `count`.
        guard octets.count >= 55, octets.count <= traceparentBytesMax,
            unsafe octets.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        for position in 0..<55 {
            let octet = unsafe octets[position]
            let isHyphen = position == 2 || position == 35 || position == 52
            let isDigit = octet == UInt8(ascii: "-") ? isHyphen : !isHyphen && isLowerHexadecimal(octet)
            if !isDigit { return nil }
        }
        let version = unsafe (octets[0], octets[1])
        let isFirst = version == (UInt8(ascii: "0"), UInt8(ascii: "0"))
        if version == (UInt8(ascii: "f"), UInt8(ascii: "f")) { return nil }
        // A later version may add fields behind a hyphen; the first has none.
        if octets.count > 55, unsafe isFirst || octets[55] != UInt8(ascii: "-") { return nil }
        if unsafe octets[3..<35].allSatisfy({ $0 == UInt8(ascii: "0") })
            || octets[36..<52].allSatisfy({ $0 == UInt8(ascii: "0") })
        {
            return nil
        }
        return unsafe String(decoding: octets, as: UTF8.self)
    }

    /// A `tracestate` of printable ASCII within the limit; nil for anything else.
    static func tracestate(_ octets: UnsafeRawBufferPointer) -> String? {
        guard octets.count > 0, octets.count <= tracestateBytesMax,
            unsafe octets.allSatisfy({ $0 >= 0x20 && $0 < 0x7F })
        else { return nil }
        return unsafe String(decoding: octets, as: UTF8.self)
    }

    private static func isLowerHexadecimal(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"): true
        default: false
        }
    }

    /// What was checked, as headers of what follows from the event; none where there is no trace.
    ///
    /// Both in ASCII.
    static func headers(_ traceparent: [UInt8], _ tracestate: [UInt8]) -> [RecordHeader] {
        if traceparent.isEmpty { return [] }
        let parent = RecordHeader("traceparent", traceparent)
        return tracestate.isEmpty ? [parent] : [parent, RecordHeader("tracestate", tracestate)]
    }
}
