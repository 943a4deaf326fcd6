/// A Kafka record as a stage core is given it: nothing is copied.
///
/// Good during the call that it is passed to. Key, value and headers point into memory of whoever calls; a core that wants to
/// keep any of it makes a copy (an array, a string).
@safe
package struct InputRecord {
    package let topic: String
    package let partition: Int32
    package let offset: Int64
    /// Since the epoch; negative where the record has none.
    package let timestampMs: Int64
    /// nil where the record has none, which is not the same as an empty one.
    package let key: UnsafeRawBufferPointer?
    /// nil for a record without value (a tombstone, or an event without data).
    package let value: UnsafeRawBufferPointer?
    package let headers: RecordHeaders

    package init(
        topic: String,
        partition: Int32,
        offset: Int64,
        timestampMs: Int64,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        headers: RecordHeaders
    ) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.timestampMs = timestampMs
        unsafe self.key = key
        unsafe self.value = value
        self.headers = headers
    }
}

/// A header of an ``InputRecord``; good as long as that.
@safe
package struct InputHeader {
    package let name: UnsafeRawBufferPointer
    /// nil where the header has a name alone.
    package let value: UnsafeRawBufferPointer?

    package init(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) {
        unsafe self.name = name
        unsafe self.value = value
    }
}

/// The headers of an ``InputRecord`` in their order, names repeated where the record repeats them.
///
/// Good as long as the record.
@safe
package struct RecordHeaders: RandomAccessCollection {
    private let headers: UnsafeBufferPointer<InputHeader>

    /// - Parameter headers: An array that the caller fills for each record, lent for the time of the call.
    package init(_ headers: UnsafeBufferPointer<InputHeader>) {
        unsafe self.headers = headers
    }

    /// No headers.
    package init() {
        unsafe headers = UnsafeBufferPointer(start: nil, count: 0)
    }

    package var startIndex: Int { 0 }
    package var endIndex: Int { unsafe headers.count }

    package subscript(position: Int) -> InputHeader {
        precondition(position >= 0 && position < endIndex, "a header is asked for inside the headers")
        // SAFETY: just checked; the memory is lent as long as the record.
        return unsafe headers[position]
    }

    /// The value of the last header of that name; nil where there is none, or it has no value.
    func last(_ name: StaticString) -> UnsafeRawBufferPointer? {
        // SAFETY: the octets are lent as long as the record.
        unsafe last { unsafe ByteScanning.equal($0.name, name) }?.value
    }
}
