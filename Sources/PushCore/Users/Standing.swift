/// How late a record's word is: which owner of the partition wrote it, and which commands it knows.
///
/// Owners count up from one to the next (``UsersCore/epoch``). A process that had lost the partition without noticing may write
/// after its successor: what it wrote is of an earlier epoch. Within one epoch, who knows more commands wrote later.
struct Standing: Comparable {
    let epoch: UInt32
    /// The offset after the last command's; 0: none.
    let position: Int64

    init(epoch: UInt32, position: Int64) {
        self.epoch = epoch
        self.position = position
    }

    /// Of a user's, an address's or a fan-out's record: they have these fields in the same places. What cannot be read stands lowest.
    init(of record: UnsafeRawBufferPointer) {
        var reader = unsafe WireReader(record)
        self.init(&reader)
    }

    /// As above.
    init(_ reader: inout WireReader) {
        var epoch: UInt32 = 0
        var position: Int64 = 0
        while reader.next() {
            switch reader.number {
            case 1: position = reader.int64()
            case 42: epoch = reader.uint32()
            default: reader.skip()
            }
        }
        self.init(epoch: epoch, position: position)
    }

    static func < (first: Self, second: Self) -> Bool {
        (first.epoch, first.position) < (second.epoch, second.position)
    }
}
