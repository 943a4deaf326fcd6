/// What travels with a record through the library: the caller's token, and the record's place in the order of the calls.
struct ProducerTicket: Equatable {
    /// Rises by one with each record, and starts over behind its maximum.
    let sequence: UInt32
    let token: UInt32

    init(sequence: UInt32, token: UInt32) {
        self.sequence = sequence
        self.token = token
    }

    init(bits: UInt) {
        sequence = UInt32(truncatingIfNeeded: bits >> 32)
        token = UInt32(truncatingIfNeeded: bits)
    }

    /// Both in one number, which the library keeps in the place of an address.
    var bits: UInt { UInt(sequence) << 32 | UInt(token) }

    /// Of two records in flight, fewer than 2^31 calls apart, whether this one was enqueued first.
    func precedes(_ other: Self) -> Bool { Int32(bitPattern: sequence &- other.sequence) < 0 }
}
