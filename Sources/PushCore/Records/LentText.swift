/// A text where it lies in a record: a string is made of it when one asks.
///
/// Whoever has it has the record, and no longer than that.
@safe
struct LentText {
    private let lent: UnsafeRawBufferPointer

    /// `octets`: UTF-8, lent for as long as the text is used.
    init(_ octets: UnsafeRawBufferPointer) {
        unsafe lent = unsafe octets
    }

    /// An empty text.
    init() {
        unsafe lent = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    var isEmpty: Bool { unsafe lent.isEmpty }

    /// Whether it is the text that lies elsewhere in UTF-8.
    func isEqual(to text: UnsafeRawBufferPointer) -> Bool { unsafe ByteScanning.equal(lent, text) }

    /// Its UTF-8 octets.
    var octets: [UInt8] { unsafe Array(lent) }

    var string: String {
        // SAFETY: the octets are there as long as this is.
        isEmpty ? "" : unsafe String(decoding: lent, as: UTF8.self)
    }
}
