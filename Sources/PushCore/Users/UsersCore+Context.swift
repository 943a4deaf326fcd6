extension UsersCore {
    /// What surrounds a command.
    @safe
    struct Context {
        /// The key in UTF-8, lent for the call.
        let keyOctets: UnsafeRawBufferPointer
        /// Where the record of the key was when the command came.
        let spot: RecordTable.Spot
        /// The offset after the command's own: records keep this number, in which 0 means none.
        let position: Int64
        let nowMs: Int64

        /// `key`: Lent for as long as this is used.
        init(key: UnsafeRawBufferPointer, _ spot: RecordTable.Spot, position: Int64, nowMs: Int64) {
            unsafe keyOctets = unsafe key
            self.spot = spot
            self.position = position
            self.nowMs = nowMs
        }

        /// `u:` user id, `a:` fingerprint, `t:` and a target, or `f:` and a fan-out.
        var key: String { unsafe String(decoding: keyOctets, as: UTF8.self) }

        /// What follows `u:` or `a:`; empty for a target.
        var userID: String { unsafe String(decoding: userOctets, as: UTF8.self) }

        var hasUser: Bool { unsafe !userOctets.isEmpty }

        private var userOctets: UnsafeRawBufferPointer {
            let start = unsafe keyOctets.first == UInt8(ascii: "t") ? keyOctets.count : min(2, keyOctets.count)
            return unsafe UnsafeRawBufferPointer(rebasing: keyOctets[start...])
        }

        /// The key of what follows in the outbox and among the receipts.
        var recordKey: [UInt8] { unsafe Array(hasUser ? userOctets : keyOctets) }
    }
}
