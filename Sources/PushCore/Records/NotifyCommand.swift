/// A notify command where it lies in its record: what the users stage decides by is read, and the rest goes on as octets.
///
/// Most of a notification (words, data, link, options) is of no interest to the users stage, and reaches the outbox as it
/// came, with fields of later versions.
@safe
struct NotifyCommand {
    /// One language's words: where their field stands in the notification, and the language.
    private struct Words {
        let field: Range<Int>
        let locale: String
    }

    /// See `Notify.origin`.
    private(set) var origin: UInt64 = 0
    /// In the place of a user's devices; nil where a user is addressed.
    private(set) var target: Device?
    private(set) var expiresAtMs: Int64 = 0
    private(set) var category = ""
    /// Empty where a newer notification takes no other's place.
    private(set) var collapseKey = ""
    /// A name from the configured limits; empty where the rule names none.
    private(set) var limit = ""
    private(set) var bypassLimits = false
    /// The kind of token that it goes to at APNs (``TokenKind``); empty for the app's own.
    private(set) var tokenKind = ""
    /// Whether each user's badge goes up by one.
    private(set) var badgeIncrements = false
    private(set) var dedupeKey = ""
    private(set) var dedupeWindowMs: Int64 = 0
    private(set) var bypassQuietHours = false
    /// The collapse key of what it ends; empty where it ends nothing.
    private(set) var cancels = ""
    /// Where it is collected: present in few.
    private(set) var digest: DigestPlan?
    /// Which of the user's devices it goes to: present in few, absent for all.
    private(set) var devices: DeviceChoice?
    /// The whole value of the record.
    private(set) var command = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var idHigh: UInt64 = 0
    private var idLow: UInt64 = 0
    private var traceparent = ""
    private var tracestate = ""
    private var words: [Words] = []
    private var octets = unsafe UnsafeRawBufferPointer(start: nil, count: 0)

    /// Reads the value of a record of the inbox; nil where it is no notify command.
    ///
    /// `command`: Lent for as long as the result is used.
    init?(_ command: UnsafeRawBufferPointer) {
        unsafe self.command = unsafe command
        var reader = unsafe WireReader(command)
        guard reader.next(), reader.number == 1 else { return nil }
        var notify = unsafe WireReader(reader.slice())
        while notify.next() {
            switch notify.number {
            case 1: unsafe octets = notify.slice()
            case 2: origin = notify.fixed64()
            case 3:
                // SAFETY: the octets are copied within the call.
                guard var device = unsafe try? Device(octets: notify.slice()) else { return nil }
                // Decisions name devices by their number.
                device.number = 1
                target = device
            default: notify.skip()
            }
        }
        guard !reader.next(), reader.isWellFormed, notify.isWellFormed, unsafe octets.count > 0 else { return nil }
        var notification = unsafe WireReader(octets)
        read(&notification)
        guard notification.isWellFormed else { return nil }
    }

    private mutating func read(_ notification: inout WireReader) {
        while notification.next() {
            switch notification.number {
            case 1: idHigh = notification.fixed64()
            case 4: category = notification.string()
            case 5: expiresAtMs = notification.int64()
            case 7: collapseKey = notification.string()
            case 8:
                let locale = notification.nested(Self.locale)
                words.append(Words(field: notification.fieldStart..<notification.fieldEnd, locale: locale))
            case 11: tokenKind = TokenKind.serving(notification.nested(Self.pushType))
            case 12: limit = notification.string()
            case 13: bypassLimits = notification.bool()
            case 15: traceparent = notification.string()
            case 16: tracestate = notification.string()
            case 17: idLow = notification.fixed64()
            case 32: badgeIncrements = notification.bool()
            case 40: dedupeKey = notification.string()
            case 41: dedupeWindowMs = notification.int64()
            case 42: bypassQuietHours = notification.bool()
            case 43: cancels = notification.string()
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

    private static func locale(_ content: inout WireReader) -> String {
        var locale = ""
        while content.next() {
            if content.number == 1 { locale = content.string() } else { content.skip() }
        }
        return locale
    }

    private static func pushType(_ options: inout WireReader) -> String {
        var pushType = ""
        while options.next() {
            if options.number == 11 { pushType = options.string() } else { options.skip() }
        }
        return pushType
    }

    /// The id of the notification.
    var id: Identifier { Identifier(high: idHigh, low: idLow) }

    /// The W3C trace context of the event, as headers of what follows from it.
    var traceHeaders: [RecordHeader] { TraceContext.headers(traceparent, tracestate) }

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

    /// The whole notification, for a receipt; nil where a part that nobody has looked at is none.
    var notification: Notification? { unsafe try? Notification(record: octets) }

    /// The words for somebody who reads these languages, the first one best: a position in ``locales``.
    func choice(preferred first: String, _ second: String) -> Int {
        if words.count < 2 { return 0 }
        if let exact = words.firstIndex(where: { $0.locale == (first.isEmpty ? second : first) }) { return exact }
        return Locale.choose(from: locales, preferred: [first, second])
    }

    /// The languages that there are words in, in the order of the rule.
    var locales: [String] { words.map(\.locale) }

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
        WireWriter.octets(capacity: notification.count + target.count + 64) { writer in
            writer.nested(1) { notify in
                notify.nested(1) { writer in
                    writer.fixed64(1, id.high)
                    writer.fields(notification)
                    writer.fixed64(17, id.low)
                }
                notify.fixed64(2, origin)
                if !target.isEmpty { notify.message(3, target) }
            }
        }
    }
}
