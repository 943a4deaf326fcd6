/// Notifications that were decided and can no longer be replayed: enough to know a repeat by, and no more.
///
/// 16 octets for each, the oldest first: the first half of the id, the first half of the command's origin, and the second in
/// which it was decided; all little-endian.
struct SeenMarks {
    private(set) var octets: [UInt8] = []

    private static let size = 16

    var count: Int { octets.count / Self.size }
    var isEmpty: Bool { octets.isEmpty }

    /// When the last of them was decided; 0 where there are none.
    var lastMs: Int64 { isEmpty ? 0 : Int64(load(UInt32.self, at: octets.count - Self.size + 12)) * 1000 }

    init() {}

    /// What is no whole number of marks was not written by us: it counts as none.
    init(octets: some Collection<UInt8>) {
        if octets.isEmpty || octets.count % Self.size != 0 { return }
        // One more will follow.
        self.octets.reserveCapacity(octets.count + Self.size)
        self.octets.append(contentsOf: octets)
    }

    /// The part of an origin that a mark keeps.
    static func origin(_ origin: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: origin >> 32) }

    /// The origin of a notification that was decided; nil where it is not known.
    func origin(ofID idHigh: UInt64) -> UInt32? {
        index(of: idHigh).map { load(UInt32.self, at: $0 + 8) }
    }

    /// Remembers a decision; a notification that is known already is remembered by the later one.
    ///
    /// `atMs`: Not before those of the calls before, unless the clock was set back.
    mutating func append(idHigh: UInt64, origin: UInt64, atMs: Int64) {
        if let known = index(of: idHigh) { octets.removeSubrange(known..<known + Self.size) }
        let rest = UInt64(Self.origin(origin)) | UInt64(UInt32(clamping: atMs / 1000)) << 32
        // SAFETY: the octets are copied within the call.
        unsafe withUnsafeBytes(of: (idHigh.littleEndian, rest.littleEndian)) { unsafe octets.append(contentsOf: $0) }
    }

    /// Drops the oldest: those of before a time, and those above a number.
    mutating func drop(beforeMs: Int64, keeping max: Int) {
        if octets.isEmpty { return }
        var dropped = Swift.max(0, count - max)
        while dropped < count, Int64(load(UInt32.self, at: dropped * Self.size + 12)) * 1000 + 999 < beforeMs {
            dropped += 1
        }
        if dropped > 0 { octets.removeFirst(dropped * Self.size) }
    }

    private func index(of idHigh: UInt64) -> Int? {
        // SAFETY: every place is a whole mark inside the octets.
        unsafe octets.withUnsafeBytes { octets in
            for place in stride(from: 0, to: octets.count, by: Self.size)
            where unsafe UInt64(littleEndian: octets.loadUnaligned(fromByteOffset: place, as: UInt64.self)) == idHigh {
                return place
            }
            return nil
        }
    }

    private func load<Word: FixedWidthInteger & BitwiseCopyable>(_ type: Word.Type, at place: Int) -> Word {
        // SAFETY: places are those of whole marks.
        unsafe octets.withUnsafeBytes {
            Word(littleEndian: unsafe $0.loadUnaligned(fromByteOffset: place, as: Word.self))
        }
    }
}
