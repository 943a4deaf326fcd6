internal import CNGHTTP2

/// Requests laid out in memory as nghttp2 reads them, so that sending one costs nothing but the library.
@safe
package final class PlainRequests {
    /// One request as text.
    package struct Request {
        /// In order, the pseudo-header fields first; a field that is not indexed stays out of the header table.
        package var fields: [(name: String, value: String, isIndexed: Bool)]
        /// At least one octet, and less than 1 MiB.
        package var body: [UInt8]

        package init(fields: [(name: String, value: String, isIndexed: Bool)], body: [UInt8]) {
            self.fields = fields
            self.body = body
        }
    }

    private struct Place {
        let fields: Range<Int>
        let body: Range<Int>
    }

    private var places: [Place] = []
    private let memory: UnsafeMutableBufferPointer<UInt8>
    private let fields: UnsafeMutableBufferPointer<nghttp2_nv>

    /// - Precondition: there is a request, and each has a body.
    package init(_ requests: [Request]) {
        precondition(!requests.isEmpty && requests.allSatisfy { (1..<(1 << 20)).contains($0.body.count) })
        var all: [UInt8] = []
        var ranges: [(name: Range<Int>, value: Range<Int>, isIndexed: Bool)] = []
        for request in requests {
            let first = ranges.count
            for field in request.fields {
                let name = Self.append(field.name.utf8, to: &all)
                ranges.append((name, Self.append(field.value.utf8, to: &all), field.isIndexed))
            }
            places.append(Place(fields: first..<ranges.count, body: Self.append(request.body, to: &all)))
        }
        unsafe memory = .allocate(capacity: all.count)
        unsafe fields = .allocate(capacity: ranges.count)
        // SAFETY: there is room for all octets and all fields; the ranges lie inside the octets, and nghttp2 only reads.
        _ = unsafe memory.initialize(from: all)
        let start = unsafe memory.baseAddress.unsafelyUnwrapped
        let noCopy = UInt8(NGHTTP2_NV_FLAG_NO_COPY_NAME.rawValue | NGHTTP2_NV_FLAG_NO_COPY_VALUE.rawValue)
        let noIndex = UInt8(NGHTTP2_NV_FLAG_NO_INDEX.rawValue)
        for (index, range) in ranges.enumerated() {
            let field = unsafe nghttp2_nv(
                name: start + range.name.lowerBound,
                value: start + range.value.lowerBound,
                namelen: range.name.count,
                valuelen: range.value.count,
                flags: range.isIndexed ? noCopy : noCopy | noIndex
            )
            unsafe fields.initializeElement(at: index, to: field)
        }
    }

    deinit {
        // SAFETY: allocated in `init`, freed here only; the fields are plain addresses.
        unsafe memory.deallocate()
        unsafe fields.deallocate()
    }

    private static func append(_ part: some Collection<UInt8>, to octets: inout [UInt8]) -> Range<Int> {
        octets += part
        return (octets.count - part.count)..<octets.count
    }

    /// How many there are.
    package var count: Int { places.count }

    /// Where the ranges of bodies begin; valid as long as this object.
    var octets: UnsafePointer<UInt8> { unsafe UnsafePointer(memory.baseAddress.unsafelyUnwrapped) }

    /// The fields of a request, valid as long as this object, and its body within ``octets``.
    func request(_ index: Int) -> (fields: UnsafeMutableBufferPointer<nghttp2_nv>, body: Range<Int>) {
        let place = places[index]
        // SAFETY: the range lies inside the fields that `init` made.
        return unsafe (UnsafeMutableBufferPointer(rebasing: fields[place.fields]), place.body)
    }
}
