/// What a snapshot says about itself, before its records.
///
/// A file is, with whole numbers little-endian: eight octets of magic, the format's version and the length of what follows up to the
/// records as 32-bit numbers; the fields below in their order, texts behind their lengths (32 bits); then each record as two lengths (32
/// bits), key and value; and in the end SHA-256 of all of it. Keys and values are those of the users topic, octet for octet.
struct SnapshotHeader: Hashable, Sendable {
    /// Where the records are from.
    struct Origin: Hashable, Sendable {
        /// As the cluster says.
        let clusterID: String
        /// The users topic.
        let topic: String
        let partition: Int32
        let partitionCount: Int32
    }

    /// Changes when an older version could not read a file, or would read it wrongly.
    static let version: UInt32 = 1
    static let magic = Array("BLFRYUSR".utf8)
    /// Octets of magic, version and length.
    static let prefixCount = 16

    var origin: Origin
    /// The log is contained up to this offset; what comes from it on is to be read.
    var offset: Int64
    /// What it contains of the log ends before this offset, which is `offset` unless somebody else has written into the log.
    var end: Int64
    /// Of the owner of the partition that wrote it.
    var epoch: UInt32
    /// Since the Unix epoch.
    var createdAtMs: Int64
    var count: Int

    /// Magic, version, length and fields.
    var octets: [UInt8] {
        var fields: [UInt8] = []
        for text in [origin.clusterID, origin.topic] {
            Self.append(UInt32(text.utf8.count), to: &fields)
            fields += Array(text.utf8)
        }
        Self.append(origin.partition, to: &fields)
        Self.append(origin.partitionCount, to: &fields)
        Self.append(offset, to: &fields)
        Self.append(end, to: &fields)
        Self.append(epoch, to: &fields)
        Self.append(createdAtMs, to: &fields)
        Self.append(Int64(count), to: &fields)
        var octets = Self.magic
        Self.append(Self.version, to: &octets)
        Self.append(UInt32(fields.count), to: &octets)
        return octets + fields
    }

    init(origin: Origin, offset: Int64, end: Int64, epoch: UInt32, createdAtMs: Int64, count: Int) {
        self.origin = origin
        self.offset = offset
        self.end = end
        self.epoch = epoch
        self.createdAtMs = createdAtMs
        self.count = count
    }

    /// Reads the fields; nil where they are not such.
    init?(fields: [UInt8]) {
        var rest = fields[...]
        guard let clusterID = Self.text(&rest), let topic = Self.text(&rest),
            let partition = Self.number(&rest, Int32.self), let partitionCount = Self.number(&rest, Int32.self),
            let offset = Self.number(&rest, Int64.self), let end = Self.number(&rest, Int64.self),
            let epoch = Self.number(&rest, UInt32.self), let createdAtMs = Self.number(&rest, Int64.self),
            let count = Self.number(&rest, Int64.self), count >= 0, rest.isEmpty
        else { return nil }
        origin = Origin(clusterID: clusterID, topic: topic, partition: partition, partitionCount: partitionCount)
        self.offset = offset
        self.end = end
        self.epoch = epoch
        self.createdAtMs = createdAtMs
        self.count = Int(count)
    }

    static func append(_ number: some FixedWidthInteger, to octets: inout [UInt8]) {
        var rest = number
        for _ in 0..<number.bitWidth / 8 {
            octets.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    /// The number that the octets begin with, which are then shorter; nil where they are too few.
    static func number<Number: FixedWidthInteger>(_ octets: inout ArraySlice<UInt8>, _ type: Number.Type) -> Number? {
        let size = Number.bitWidth / 8
        guard octets.count >= size else { return nil }
        let number = octets.prefix(size).reversed().reduce(Number.zero) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        octets = octets.dropFirst(size)
        return number
    }

    private static func text(_ octets: inout ArraySlice<UInt8>) -> String? {
        guard let count = number(&octets, UInt32.self), Int(count) <= octets.count else { return nil }
        let text = String(validating: octets.prefix(Int(count)), as: UTF8.self)
        octets = octets.dropFirst(Int(count))
        return text
    }
}

extension SnapshotHeader {
    /// Why a snapshot is not used, or not kept: one word each, for the log and the metrics.
    enum Discard: String, CaseIterable, Sendable {
        /// Octets changed or missing, or no snapshot at all.
        case damaged
        /// Written by a later version, in a format that this one does not know.
        case laterVersion = "later_version"
        /// Of another cluster or topic, or of one with another number of partitions.
        case foreign
        /// The log does not reach so far, or begins behind it: it was made anew, or cut.
        case outsideLog = "outside_log"
        /// Tombstones behind it may have been compacted away.
        case tooOld = "too_old"
        /// The file cannot be opened or read.
        case unreadable
        /// The partition went to another instance.
        case revoked
        /// What it holds about a person is to be erased.
        case erased
    }

    /// What a snapshot has to be to be used.
    struct Expectation: Sendable {
        var origin: Origin
        /// The first offset of the log, and the one that comes next.
        var low: Int64
        var high: Int64
        var nowMs: Int64
        var maxAgeMs: Int64
    }

    /// A clock may be ahead of the one that wrote it by so much, or behind it.
    private static let skewMaxMs: Int64 = 300_000

    /// Why a snapshot with this header is not to be used; nil when it may.
    func refusal(_ expectation: Expectation) -> Discard? {
        if origin != expectation.origin { return .foreign }
        if offset < expectation.low || end > expectation.high || offset > end { return .outsideLog }
        let earliestMs = expectation.nowMs - expectation.maxAgeMs
        if createdAtMs < earliestMs || createdAtMs > expectation.nowMs + Self.skewMaxMs { return .tooOld }
        return nil
    }
}
