/// A device of a user's record: what a notification asks about is read, and the rest stays encoded.
///
/// Its octets are those of `Device` in the log, and in a delivery; so what a later version has added to them stays there.
struct HeldDevice {
    /// One piece of memory, so that a copy is a reference: the octets, those of the packed record that it was read from, and the facts.
    private var storage: [UInt8]

    /// What the octets say.
    fileprivate struct Facts: BitwiseCopyable {
        var octetCount: UInt32 = 0
        var number: UInt32 = 0
        var registeredAtMs: Int64 = 0
        var removedAtMs: Int64 = 0
        var signalledAtMs: Int64 = 0
        var changedByOffset: Int64 = 0
        var hasAddress = false
        var id = Place()
        var provider = Place()
        var app = Place()
        var pushType = Place()
        var locale = Place()
        var timezone = Place()
    }

    /// Where a text lies in the octets.
    fileprivate struct Place: BitwiseCopyable {
        private var start: UInt32 = 0
        private var count: UInt32 = 0

        init() {}

        init(_ range: Range<Int>) {
            (start, count) = (UInt32(range.lowerBound), UInt32(range.count))
        }

        var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    }

    init(_ device: Device) {
        let octets = device.encoded()
        // SAFETY: the reader is used within the call.
        self = unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            var scratch = WireWriter(capacity: 2 * octets.count)
            return Self(&reader, &scratch)
        }
    }

    /// Reads a device as the log has it, or packed (``RecordPacking``).
    ///
    /// `writer`: Memory to work in; what was in it is gone.
    init(_ reader: inout WireReader, _ writer: inout WireWriter) {
        let packed = unsafe reader.all
        var facts = Facts()
        writer.removeAll()
        while reader.next() { facts.read(&reader, &writer) }
        reader.copyRest(to: &writer)
        facts.octetCount = UInt32(writer.count)
        // SAFETY: the octets are copied within the calls.
        if reader.isPacked { unsafe writer.fields(packed) }
        unsafe withUnsafeBytes(of: facts) { unsafe writer.fields($0) }
        storage = writer.octets
    }

    @inline(__always)
    private var facts: Facts {
        // SAFETY: they lie at the end of all storage.
        unsafe storage.withUnsafeBytes {
            unsafe $0.loadUnaligned(fromByteOffset: $0.count - MemoryLayout<Facts>.size, as: Facts.self)
        }
    }

    private var packedEnd: Int { storage.count - MemoryLayout<Facts>.size }

    var octetCount: Int { Int(facts.octetCount) }
    var number: UInt32 { facts.number }
    var registeredAtMs: Int64 { facts.registeredAtMs }
    /// 0: it is in use.
    var removedAtMs: Int64 { facts.removedAtMs }
    var signalledAtMs: Int64 { facts.signalledAtMs }
    var changedByOffset: Int64 { facts.changedByOffset }
    /// Whether its address is there, and not a fingerprint alone.
    var hasAddress: Bool { facts.hasAddress }

    /// As the value of a field of the record.
    var octets: ArraySlice<UInt8> { storage[..<octetCount] }

    /// Packed, as the table that it was read from holds it; nil for a device that is new, or was changed.
    var packed: ArraySlice<UInt8>? { octetCount < packedEnd ? storage[octetCount..<packedEnd] : nil }

    /// Writes it as a field of a message.
    func write(_ field: UInt64, to writer: inout WireWriter) {
        writer.begin(field, count: octetCount)
        // SAFETY: the octets are copied within the call.
        unsafe storage.withUnsafeBytes { unsafe writer.fields(UnsafeRawBufferPointer(rebasing: $0[..<octetCount])) }
    }

    // MARK: Texts

    var id: String { text(facts.id) }
    var provider: String { text(facts.provider) }
    var app: String { text(facts.app) }
    var pushType: String { text(facts.pushType) }
    var locale: String { text(facts.locale) }
    var timezone: String { text(facts.timezone) }

    /// The provider that it is registered at; nil where that is none of ours.
    var knownProvider: Provider? { unsafe withText(facts.provider) { unsafe Provider(octets: $0) } }

    private func text(_ place: Place) -> String {
        unsafe withText(place) { unsafe $0.isEmpty ? "" : String(decoding: $0, as: UTF8.self) }
    }

    /// Lends a text in UTF-8.
    private func withText<Answer>(_ place: Place, _ body: (UnsafeRawBufferPointer) -> Answer) -> Answer {
        // SAFETY: the place lies inside the octets, which are lent for the call.
        unsafe storage.withUnsafeBytes { unsafe body(UnsafeRawBufferPointer(rebasing: $0[place.range])) }
    }

    /// Lends its id in UTF-8.
    func withID<Answer>(_ body: (UnsafeRawBufferPointer) -> Answer) -> Answer { unsafe withText(facts.id, body) }

    /// Whether it is registered with this app.
    func isRegistered(with app: [UInt8], at provider: [UInt8]) -> Bool {
        // SAFETY: all are lent for the calls.
        unsafe withText(facts.app) { own in unsafe app.withUnsafeBytes { unsafe ByteScanning.equal(own, $0) } }
            && withText(facts.provider) { own in
                unsafe provider.withUnsafeBytes { unsafe ByteScanning.equal(own, $0) }
            }
    }

    /// Whether its language is this one.
    func reads(_ locale: LentText) -> Bool {
        unsafe withText(facts.locale) { unsafe !$0.isEmpty && locale.isEqual(to: $0) }
    }

    var isActive: Bool { removedAtMs == 0 }

    /// All of it.
    var device: Device {
        get {
            // SAFETY: the reader is used within the call.
            let known = unsafe octets.withUnsafeBytes { octets in
                var reader = unsafe WireReader(octets)
                let device = Device(&reader)
                return reader.isWellFormed ? device : nil
            }
            return known ?? (try? Device(octets: Array(octets))) ?? Device()
        }
        set { self = Self(newValue) }
    }

    /// `atMs`: In the time of registrations.
    mutating func remove(atMs: Int64, _ context: UsersCore.Context) {
        device.removedAtMs = atMs
        device.changedByOffset = context.position
    }
}

extension HeldDevice.Facts {
    fileprivate mutating func read(_ reader: inout WireReader, _ writer: inout WireWriter) {
        switch reader.number {
        case 1: id = .init(reader.copyText(to: &writer))
        case 2: provider = .init(reader.copyText(to: &writer))
        case 3: app = .init(reader.copyText(to: &writer))
        case 4, 5, 6:
            hasAddress = true
            reader.copy(to: &writer)
        case 8: locale = .init(reader.copyText(to: &writer))
        case 9: timezone = .init(reader.copyText(to: &writer))
        case 10: registeredAtMs = reader.int64()
        case 11: removedAtMs = reader.int64()
        case 12: signalledAtMs = reader.int64()
        case 13: changedByOffset = reader.int64()
        case 14: number = reader.uint32()
        case 15: pushType = .init(reader.copyText(to: &writer))
        default: reader.copy(to: &writer)
        }
    }
}

extension HeldDevice {
    /// Whether it was removed, and its address is there for nobody: when the command that removed it is committed, no decision that may be
    /// repeated sends to it.
    func hasIdleAddress(committed: Int64) -> Bool { hasAddress && !isActive && changedByOffset <= committed }

    /// Keeps the fingerprint in the place of the address: a registration that was overtaken is known by it.
    mutating func forgetAddress(_ digests: Digests) {
        var device = device
        device.addressFingerprint = digests.fingerprint(of: device)
        device.address = nil
        self.device = device
    }
}

extension Digests {
    /// Of a device's address; nil where it never had one.
    func fingerprint(of held: HeldDevice) -> String? {
        let fingerprint = fingerprint(of: held.device)
        return fingerprint.isEmpty ? nil : fingerprint
    }
}
