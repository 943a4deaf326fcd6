/// A notify command where it lies in its record: what the users stage decides by is read, and the rest goes on as octets.
///
/// Most of a notification (words, data, link, options) is of no interest to the users stage, and reaches the outbox as it
/// came, with fields of later versions.
@safe
struct NotifyCommand {
    /// One language's words: where their field stands in the notification, and the language.
    private struct Words {
        let field: Range<Int>
        let locale: LentText
    }

    /// Texts that most rules do not set, or that few ask for.
    private struct Texts {
        var category = LentText()
        var collapseKey = LentText()
        var limit = LentText()
        var pushType = LentText()
        var traceparent = LentText()
        var tracestate = LentText()
        var dedupeKey = LentText()
        var cancels = LentText()
    }

    /// See `Notify.origin`.
    private(set) var origin: UInt64 = 0
    /// In the place of a user's devices; nil where a user is addressed.
    private(set) var target: Device?
    private(set) var expiresAtMs: Int64 = 0
    private(set) var bypassLimits = false
    /// Whether each user's badge goes up by one.
    private(set) var badgeIncrements = false
    private(set) var dedupeWindowMs: Int64 = 0
    private(set) var bypassQuietHours = false
    /// Where it is collected: present in few.
    private(set) var digest: DigestPlan?
    /// Which of the user's devices it goes to: present in few, absent for all.
    private(set) var devices: DeviceChoice?
    /// The whole value of the record.
    private(set) var command = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var idHigh: UInt64 = 0
    private var idLow: UInt64 = 0
    private var texts = Texts()
    private var words: [Words] = []
    private var octets = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

    /// Reads the value of a record of the inbox; nil where it is no notify command.
    ///
    /// `command`: Lent for as long as the result is used.
    init?(_ command: UnsafeRawBufferPointer) {
        if unsafe !read(command) { return nil }
    }

    /// None as yet.
    init() {}

    /// As above: false where it is no notify command, and this is not one then.
    mutating func read(_ command: UnsafeRawBufferPointer) -> Bool {
        unsafe self.command = unsafe command
        var reader = unsafe WireReader(command)
        guard reader.next(), reader.number == 1 else { return false }
        var notify = unsafe WireReader(reader.slice())
        while notify.next() {
            switch notify.number {
            case 1: unsafe octets = notify.slice()
            case 2: origin = notify.fixed64()
            case 3:
                // SAFETY: the octets are copied within the call.
                guard var device = unsafe try? Device(octets: notify.slice()) else { return false }
                // Decisions name devices by their number.
                device.number = 1
                target = device
            default: notify.skip()
            }
        }
        guard !reader.next(), reader.isWellFormed, notify.isWellFormed, unsafe octets.count > 0 else { return false }
        var notification = unsafe WireReader(octets)
        read(&notification)
        return notification.isWellFormed
    }

    private mutating func read(_ notification: inout WireReader) {
        while notification.next() {
            switch notification.number {
            case 1: idHigh = notification.fixed64()
            case 4: texts.category = notification.text()
            case 5: expiresAtMs = notification.int64()
            case 7: texts.collapseKey = notification.text()
            case 8: readWords(&notification)
            case 11: texts.pushType = notification.nested { $0.text(ofField: 11) }
            case 12: texts.limit = notification.text()
            case 13: bypassLimits = notification.bool()
            case 15: texts.traceparent = notification.text()
            case 16: texts.tracestate = notification.text()
            case 17: idLow = notification.fixed64()
            case 32: badgeIncrements = notification.bool()
            case 40: texts.dedupeKey = notification.text()
            case 41: dedupeWindowMs = notification.int64()
            case 42: bypassQuietHours = notification.bool()
            case 43: texts.cancels = notification.text()
            case 44: readDigest(&notification)
            case 45: readDevices(&notification)
            default: notification.skip()
            }
        }
    }

    private mutating func readDigest(_ notification: inout WireReader) {
        // SAFETY: the octets are copied within the call.
        if let digest = unsafe try? DigestPlan(octets: notification.slice()), self.digest == nil {
            self.digest = digest
        } else {
            notification.fail()
        }
    }

    private mutating func readDevices(_ notification: inout WireReader) {
        // SAFETY: as above.
        if let devices = unsafe try? DeviceChoice(octets: notification.slice()), self.devices == nil {
            self.devices = devices
        } else {
            notification.fail()
        }
    }

    private mutating func readWords(_ notification: inout WireReader) {
        let locale = notification.nested { $0.text(ofField: 1) }
        if words.isEmpty { words.reserveCapacity(4) }
        words.append(Words(field: notification.fieldStart..<notification.fieldEnd, locale: locale))
    }

    /// The id of the notification.
    var id: Identifier { Identifier(high: idHigh, low: idLow) }

    /// Empty where the rule names none.
    var category: String { texts.category.string }

    /// Empty where a newer notification takes no other's place.
    var collapseKey: String { texts.collapseKey.string }

    /// A name from the configured limits; empty where the rule names none.
    var limit: String { texts.limit.string }

    /// The kind of token that it goes to at APNs (``TokenKind``); empty for the app's own.
    var tokenKind: String { texts.pushType.isEmpty ? "" : TokenKind.serving(texts.pushType.string) }

    var dedupeKey: String { texts.dedupeKey.string }

    /// The collapse key of what it ends; empty where it ends nothing.
    var cancels: String { texts.cancels.string }

    /// The W3C trace context of the event, as headers of what follows from it.
    var traceHeaders: [RecordHeader] {
        TraceContext.headers(texts.traceparent.octets, texts.tracestate.octets)
    }

    /// The rule that asks for it. Few ask, so that it is looked for when they do.
    var ruleID: String {
        var notification = unsafe WireReader(octets)
        while notification.next() {
            if notification.number == 3 { return notification.string() }
            notification.skip()
        }
        return ""
    }

    /// When the event happened; 0 where it does not say. Few ask.
    var eventTimeMs: Int64 {
        var notification = unsafe WireReader(octets)
        while notification.next() {
            if notification.number == 2 { return notification.nested(EventReference.init).timeMs }
            notification.skip()
        }
        return 0
    }

    /// The whole notification, for a receipt.
    ///
    /// - Throws: ``Unreadable`` where a part that nobody has looked at before is none.
    var notification: Notification {
        get throws(Unreadable) {
            guard let notification = unsafe try? Notification(record: octets) else { throw Unreadable() }
            return notification
        }
    }

    /// Part of a notification is damaged.
    struct Unreadable: Error {}

    /// The words in the language of a device, or else in the one that its user prefers: a position in ``locales``.
    func choice(for device: HeldDevice, preferring locale: String) -> Int {
        if words.count < 2 { return 0 }
        for index in words.indices where device.reads(words[index].locale) { return index }
        return Locale.choose(from: locales, preferred: [device.locale, locale])
    }

    /// The languages that there are words in, in the order of the rule.
    var locales: [String] { words.map(\.locale.string) }

    /// Writes the notification with the words of one language alone, as a field that the writer's owner knows.
    ///
    /// `choice`: A position in ``locales``; 0 where there are none.
    /// `badge`: What this user's icon shall show; 0 where the rule does not count.
    func write(_ field: UInt64, words choice: Int, badge: Int64, to writer: inout WireWriter) {
        writer.nested(field) { writer in
            var position = 0
            for index in words.indices where index != choice && words.count > 1 {
                // SAFETY: the fields lie inside the octets.
                unsafe writer.fields(UnsafeRawBufferPointer(rebasing: octets[position..<words[index].field.lowerBound]))
                position = words[index].field.upperBound
            }
            unsafe writer.fields(UnsafeRawBufferPointer(rebasing: octets[position...]))
            // The last of all fields.
            writer.int64(33, badge)
        }
    }

    /// Octets that ``write(_:words:badge:to:)`` writes, at most.
    var octetCount: Int { unsafe octets.count + 24 }

    /// A notify command, encoded.
    ///
    /// `notification`: The notification without its id, encoded: the same for all users that a rule addresses.
    /// `id`: Its id for one of them.
    /// `target`: In the place of a user's devices, encoded; empty where a user is addressed.
    static func encoded(
        _ notification: [UInt8],
        id: Identifier,
        origin: UInt64,
        target: [UInt8] = []
    ) -> [UInt8] {
        var command = WireWriter(capacity: notification.count + target.count + 64)
        command.nested(1) { notify in
            notify.nested(1) { writer in
                writer.fixed64(1, id.high)
                writer.fields(notification)
                writer.fixed64(17, id.low)
            }
            notify.fixed64(2, origin)
            if !target.isEmpty { notify.message(3, target) }
        }
        return command.octets
    }
}
