/// What a user's record says about one window of a limit (`LimitState`): as it is read for every notification, without what a later
/// version has added, which ``HeldUser`` keeps.
struct HeldLimit: Sendable, Equatable {
    /// See ``Limits/KeyedWindow/key``.
    var window: UInt32 = 0
    /// When it is of no interest any more, and for a pace, when the next one is due; 0: it was never used.
    var tatMs: Int64 = 0
    /// Of a calendar: the number of the period that was counted last.
    var period: Int64 = 0
    var count: UInt32 = 0
    /// Of the period before.
    var countBefore: UInt32 = 0

    init() {}

    /// `later`: Is given each field of a later version.
    init(_ reader: inout WireReader, later: (UnsafeRawBufferPointer) -> Void = { _ in }) {
        while reader.next() {
            switch reader.number {
            case 1: window = reader.fixed32()
            case 2: tatMs = reader.int64()
            case 3: period = reader.int64()
            case 4: count = reader.uint32()
            case 5: countBefore = reader.uint32()
            default:
                reader.skip()
                // SAFETY: the octets are lent for the call.
                if reader.isWellFormed { unsafe later(reader.field) }
            }
        }
    }

    func write(to writer: inout WireWriter) {
        writer.fixed32(1, window)
        writer.int64(2, tatMs)
        writer.int64(3, period)
        writer.uint64(4, UInt64(count))
        writer.uint64(5, UInt64(countBefore))
    }
}
