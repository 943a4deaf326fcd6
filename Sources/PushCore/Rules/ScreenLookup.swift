/// A value that conditions ask for, as it was found in an event: nothing is copied.
@safe
struct Found {
    enum Kind: UInt8 {
        /// What leads there is no map, or is not there itself; or nothing is known: an evaluation tells.
        case unknown
        /// A map without such a field.
        case absent
        /// There is something that only an evaluation can look at.
        case opaque
        case null
        case yes
        case no
        case int
        case double
        case text
        case list
        case map
    }

    var kind: Kind
    /// The place on the tape of a list or a map; of any value of JSON.
    var node: Int32 = -1
    /// An int, the bits of a double, or the number of a text's octets.
    var bits: UInt64 = 0
    /// The first octet of a text that is not empty.
    var text: UnsafeRawPointer?

    init(_ kind: Kind) { self.kind = kind }

    init(text: UnsafeRawBufferPointer) {
        kind = .text
        bits = UInt64(text.count)
        unsafe self.text = text.baseAddress
    }

    init(int: Int64) {
        kind = .int
        bits = UInt64(bitPattern: int)
    }

    var count: Int { Int(bits) }
}

/// What was found so far in the event at hand; its memory is used again for the next.
@safe
final class ScreenMemory {
    fileprivate struct Slot {
        /// The number of the event that it was found in: what was found in another counts for nothing.
        var event: UInt64
        var found: Found
    }

    private var event: UInt64 = 0
    fileprivate var slots: [Slot] = []
    /// The rules that are left, for whoever sifts.
    var kept: [(rule: Int, holds: Bool)] = []

    fileprivate var current: UInt64 { event }

    /// Begins with the next event.
    func begin(cells: Int) {
        event += 1
        if slots.count < cells {
            slots.append(contentsOf: repeatElement(Slot(event: 0, found: Found(.unknown)), count: cells - slots.count))
        }
    }
}

/// Finds values in one event, each once.
@safe
struct ScreenLookup {
    private let event: Event
    private let data: JSONNode?
    private let cells: [Screen.Cell]
    private let texts: UnsafeRawBufferPointer
    private let memory: ScreenMemory
    private let current: UInt64

    /// `texts`: The names of the cells, lent as long as this is used.
    init(_ event: Event, _ cells: [Screen.Cell], _ texts: UnsafeRawBufferPointer, _ memory: ScreenMemory) {
        self.event = event
        self.cells = cells
        unsafe self.texts = texts
        self.memory = memory
        data = event.data
        current = memory.current
    }

    @inline(__always)
    func found(_ cell: Int) -> Found {
        let slot = memory.slots[cell]
        return slot.event == current ? slot.found : find(cell)
    }

    @inline(never)
    private func find(_ cell: Int) -> Found {
        let found: Found
        switch cells[cell].place {
        case .attributes:
            found = Found(.map)
        case .data:
            found = data.map { Self.found($0) } ?? Found(.null)
        case .size(let measured):
            found = size(self.found(measured))
        case .field(let parent, let name):
            // SAFETY: the builder laid the name into the texts.
            found = unsafe field(self.found(parent), UnsafeRawBufferPointer(rebasing: texts[name]))
        }
        memory.slots[cell] = ScreenMemory.Slot(event: current, found: found)
        return found
    }

    /// Of an array alone: an object may repeat a name, and a string is counted in code points.
    private func size(_ measured: Found) -> Found {
        guard measured.kind == .list, let data else { return Found(.unknown) }
        return Found(int: Int64(JSONNode(document: data.document, index: Int(measured.node)).count))
    }

    private func field(_ parent: Found, _ name: UnsafeRawBufferPointer) -> Found {
        guard parent.kind == .map else { return Found(.unknown) }
        if parent.node < 0 { return unsafe event.found(name) }
        guard let data else { return Found(.unknown) }
        let object = JSONNode(document: data.document, index: Int(parent.node))
        return unsafe object.member(name).map { Self.found($0) } ?? Found(.absent)
    }

    /// A JSON value.
    fileprivate static func found(_ node: JSONNode) -> Found {
        var found: Found
        switch node.kind {
        case .null: found = Found(.null)
        case .boolean: found = Found(node.boolValue == true ? .yes : .no)
        case .number:
            if let number = node.intValue {
                found = Found(int: number)
            } else {
                // As expressions read it.
                found = Found(.double)
                found.bits = (node.doubleValue ?? .infinity).bitPattern
            }
        case .string: found = unsafe node.plainText.map { unsafe Found(text: $0) } ?? Found(.opaque)
        case .array: found = Found(.list)
        case .object: found = Found(.map)
        }
        found.node = Int32(truncatingIfNeeded: node.index)
        return found
    }
}

extension Event {
    /// An attribute; its text stays where it is.
    fileprivate func found(_ name: UnsafeRawBufferPointer) -> Found {
        // SAFETY: the octets are lent as long as the event.
        if let text = unsafe lentText(name) { return unsafe Found(text: text) }
        let name = unsafe String(decoding: name, as: UTF8.self)
        return Found(attribute(named: name) == nil ? .absent : .opaque)
    }
}
