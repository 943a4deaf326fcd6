internal import SwiftProtobuf

/// A device of a user's record: what a notification asks about is read, and the rest stays encoded.
///
/// Its octets are those of `Device` in the log, and in a delivery; so what a later version has added to them stays there.
struct HeldDevice {
    /// The octets, and behind them those of the packed record that it was read from.
    private var storage: [UInt8] = []
    private var octetCount = 0
    private(set) var number: UInt32 = 0
    private(set) var provider = ""
    private(set) var app = ""
    private(set) var pushType = ""
    private(set) var locale = ""
    private(set) var timezone = ""
    private(set) var registeredAtMs: Int64 = 0
    /// 0: it is in use.
    private(set) var removedAtMs: Int64 = 0
    private(set) var signalledAtMs: Int64 = 0
    private(set) var changedByOffset: Int64 = 0
    /// Whether its address is there, and not a fingerprint alone.
    private(set) var hasAddress = false
    /// Where its id lies in the octets.
    private var idRange = 0..<0

    init(_ device: Device) {
        self = Self(octets: device.encoded())
    }

    private init(octets: [UInt8]) {
        // SAFETY: the reader is used within the call.
        self = unsafe octets.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            return Self(&reader)
        }
    }

    /// Reads a device as the log has it, or packed (``RecordPacking``).
    init(_ reader: inout WireReader) {
        let packed = unsafe reader.all
        storage = WireWriter.octets(capacity: 3 * packed.count + 64) { writer in
            read(&reader, &writer)
            octetCount = writer.count
            // SAFETY: the octets are copied within the call.
            if reader.isPacked { unsafe writer.fields(packed) }
        }
    }

    private mutating func read(_ reader: inout WireReader, _ writer: inout WireWriter) {
        while reader.next() {
            switch reader.number {
            case 1: idRange = reader.copyText(to: &writer)
            case 2: provider = reader.copyName(to: &writer)
            case 3: app = reader.copyName(to: &writer)
            case 4:
                hasAddress = true
                _ = reader.copyText(to: &writer)
            case 5, 6:
                hasAddress = true
                reader.copy(to: &writer)
            case 8: locale = reader.copyName(to: &writer)
            case 9: timezone = reader.copyName(to: &writer)
            case 10: registeredAtMs = reader.copyNumber(to: &writer)
            case 11: removedAtMs = reader.copyNumber(to: &writer)
            case 12: signalledAtMs = reader.copyNumber(to: &writer)
            case 13: changedByOffset = reader.copyNumber(to: &writer)
            case 14: number = UInt32(truncatingIfNeeded: reader.copyNumber(to: &writer))
            case 15: pushType = reader.copyName(to: &writer)
            default: reader.copy(to: &writer)
            }
        }
    }

    /// As the value of a field of the record.
    var octets: ArraySlice<UInt8> { storage[..<octetCount] }

    /// Packed, as the table that it was read from holds it; nil for a device that is new, or was changed.
    var packed: ArraySlice<UInt8>? { octetCount < storage.count ? storage[octetCount...] : nil }

    var id: String { String(decoding: storage[idRange], as: UTF8.self) }

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
