/// A record that owns its octets: for tests, the simulator and what is read from files.
package struct OwnedRecord: Sendable, Equatable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64
    /// Since the epoch.
    package var timestampMs: Int64
    package var key: [UInt8]?
    package var value: [UInt8]?
    package var headers: [Header]

    package struct Header: Sendable, Equatable {
        package var name: [UInt8]
        package var value: [UInt8]?

        package init(_ name: String, _ value: [UInt8]?) {
            self.name = Array(name.utf8)
            self.value = value
        }

        package init(_ name: String, _ value: String) {
            self.init(name, Array(value.utf8))
        }
    }

    package init(
        topic: String,
        partition: Int32 = 0,
        offset: Int64 = 0,
        timestampMs: Int64 = 0,
        key: [UInt8]? = nil,
        value: [UInt8]? = nil,
        headers: [Header] = []
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestampMs = timestampMs
        self.key = key
        self.value = value
        self.headers = headers
    }

    /// Lends the record as a core is given it.
    ///
    /// - Parameter body: Must not let the record, or an event made from it, out.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    package func withInputRecord<Result>(_ body: (InputRecord) throws -> Result) rethrows -> Result {
        var octets: [UInt8] = []
        let keyRange = Self.append(key, to: &octets)
        let valueRange = Self.append(value, to: &octets)
        let headerRanges = headers.map { (Self.append($0.name, to: &octets), Self.append($0.value, to: &octets)) }
        // One octet more, so that an empty key or value has an address too: it must not look like none.
        octets.append(0)
        // SAFETY: all ranges lie inside `octets`, which outlives the call, as does the array of headers.
        return try unsafe octets.withUnsafeBytes { octets in
            let headers = headerRanges.map { name, value in
                unsafe InputHeader(
                    name: UnsafeRawBufferPointer(rebasing: octets[name ?? 0..<0]),
                    value: value.map { unsafe UnsafeRawBufferPointer(rebasing: octets[$0]) }
                )
            }
            return try unsafe headers.withUnsafeBufferPointer { headers in
                let record = unsafe InputRecord(
                    topic: topic,
                    partition: partition,
                    offset: offset,
                    timestampMs: timestampMs,
                    key: keyRange.map { unsafe UnsafeRawBufferPointer(rebasing: octets[$0]) },
                    value: valueRange.map { unsafe UnsafeRawBufferPointer(rebasing: octets[$0]) },
                    headers: RecordHeaders(headers)
                )
                return try body(record)
            }
        }
    }

    private static func append(_ part: [UInt8]?, to octets: inout [UInt8]) -> Range<Int>? {
        guard let part else { return nil }
        octets.append(contentsOf: part)
        return (octets.count - part.count)..<octets.count
    }
}
