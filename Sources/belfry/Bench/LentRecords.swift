import PushCore

/// Records laid out in memory once, so that a measurement reads them as a stage reads Kafka's memory: without a copy.
@safe
final class LentRecords {
    private struct Place {
        let topic: String
        let key: Range<Int>?
        let value: Range<Int>?
        let headers: Range<Int>
    }

    private var places: [Place] = []
    private let octets: UnsafeMutableBufferPointer<UInt8>
    private let headers: UnsafeMutableBufferPointer<InputHeader>

    init(_ records: [OwnedRecord]) {
        var all: [UInt8] = []
        var headerRanges: [(name: Range<Int>, value: Range<Int>?)] = []
        places.reserveCapacity(records.count)
        for record in records {
            let first = headerRanges.count
            for header in record.headers {
                headerRanges.append(
                    (Self.append(header.name, to: &all), header.value.map { Self.append($0, to: &all) })
                )
            }
            let place = Place(
                topic: record.topic,
                key: record.key.map { Self.append($0, to: &all) },
                value: record.value.map { Self.append($0, to: &all) },
                headers: first..<headerRanges.count
            )
            places.append(place)
        }
        unsafe octets = .allocate(capacity: all.count + 1)
        // SAFETY: there is room for all octets; all ranges below lie inside them, and both memories go together in `deinit`.
        _ = unsafe octets.initialize(from: all)
        unsafe headers = .allocate(capacity: max(headerRanges.count, 1))
        for (index, range) in headerRanges.enumerated() {
            unsafe (headers.baseAddress.unsafelyUnwrapped + index).initialize(
                to: InputHeader(
                    name: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[range.name]),
                    value: range.value.map {
                        unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[$0])
                    }
                )
            )
        }
    }

    deinit {
        // SAFETY: allocated in `init`, freed here only. Headers are plain addresses.
        unsafe headers.deallocate()
        unsafe octets.deallocate()
    }

    private static func append(_ part: [UInt8], to octets: inout [UInt8]) -> Range<Int> {
        octets += part
        return (octets.count - part.count)..<octets.count
    }

    var count: Int { places.count }

    /// Octets of keys, values and headers of the first record.
    var firstRecordOctets: Int {
        guard let place = places.first else { return 0 }
        // SAFETY: the range lies inside the headers that `init` made.
        let inHeaders = unsafe headers[place.headers].reduce(0) {
            unsafe $0 + $1.name.count + ($1.value?.count ?? 0)
        }
        return (place.key?.count ?? 0) + (place.value?.count ?? 0) + inHeaders
    }

    /// Lends a record for a call.
    ///
    /// - Parameters:
    ///   - index: Below ``count``.
    ///   - offset: Where the record claims to stand.
    ///   - body: Must not let the record out.
    /// - Returns: What `body` returns.
    func withRecord<Result>(_ index: Int, offset: Int64, _ body: (InputRecord) -> Result) -> Result {
        let place = places[index]
        // SAFETY: the ranges lie inside the memories, which live as long as this object.
        let record = unsafe InputRecord(
            topic: place.topic,
            partition: 0,
            offset: offset,
            timestampMs: 0,
            key: place.key.map { unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[$0]) },
            value: place.value.map { unsafe UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(octets)[$0]) },
            headers: RecordHeaders(UnsafeBufferPointer(rebasing: headers[place.headers]))
        )
        return body(record)
    }
}
