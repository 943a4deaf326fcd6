/// A CEL map: entries in the order they were written, found by key.
///
/// Keys are bool, int, uint or string. Numbers that are equal are the same key, whatever their type: `{1: 'a'}[1u]` is `'a'`.
package struct MapValue: Sendable {
    /// One key with its value.
    package struct Entry: Sendable {
        package let key: Value
        package let value: Value

        package init(key: Value, value: Value) {
            self.key = key
            self.value = value
        }
    }

    /// Below this many entries a look through all of them is faster than hashing.
    private static let indexedFrom = 9

    /// The entries in the order they were added.
    package private(set) var entries: [Entry] = []
    private var index: [MapKey: Int] = [:]

    /// An empty map.
    package init() {}

    /// A map of the given entries, or nil when a key is repeated or is of a type that cannot be a key.
    package init?(_ entries: [Entry]) {
        for entry in entries where insert(entry) != .inserted { return nil }
    }

    /// A map of entries whose keys an external document vouches for; of a repeated key the first entry is found.
    init(externalEntries: [Entry]) {
        for entry in externalEntries { _ = insert(entry) }
    }

    /// The number of entries.
    package var count: Int { entries.count }

    /// The value under a key, or nil; a key of another type is simply not there.
    package func value(for key: Value) -> Value? {
        guard let key = MapKey(lookup: key) else { return nil }
        return position(of: key).map { entries[$0].value }
    }

    /// The value under a string key, or nil.
    package func value(named name: String) -> Value? {
        position(of: .string(name)).map { entries[$0].value }
    }

    /// What became of an entry that was to be added.
    enum Insertion {
        case inserted
        case repeatedKey
        case unusableKey
    }

    /// Adds an entry unless its key is there already or cannot be a key.
    mutating func insert(_ entry: Entry) -> Insertion {
        guard let key = MapKey(key: entry.key) else { return .unusableKey }
        if position(of: key) != nil { return .repeatedKey }
        entries.append(entry)
        if entries.count == Self.indexedFrom {
            for (position, entry) in entries.enumerated() {
                if let key = MapKey(key: entry.key) { index[key] = position }
            }
        } else if entries.count > Self.indexedFrom {
            index[key] = entries.count - 1
        }
        return .inserted
    }

    private func position(of key: MapKey) -> Int? {
        if entries.count >= Self.indexedFrom { return index[key] }
        return entries.firstIndex { MapKey(key: $0.key) == key }
    }
}

/// A map key in the form that makes equal keys equal: a number that an int can hold is an int.
enum MapKey: Hashable {
    case bool(Bool)
    case int(Int64)
    case uint(UInt64)
    case string(String)

    /// The key to store, or nil for a value that cannot be a key.
    init?(key: Value) {
        switch key {
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .int(value)
        case .uint(let value): self = Int64(exactly: value).map(MapKey.int) ?? .uint(value)
        case .string(let value): self = .string(value)
        default: return nil
        }
    }

    /// The key to look for: as for storing, and a double that is a whole number.
    init?(lookup: Value) {
        if case .double(let value) = lookup {
            if let whole = Int64(exactly: value) {
                self = .int(whole)
            } else if let whole = UInt64(exactly: value) {
                self = .uint(whole)
            } else {
                return nil
            }
        } else {
            self.init(key: lookup)
        }
    }

    /// Strings are compared by code points; Swift's own equality would take different spellings of one character as equal.
    static func == (left: MapKey, right: MapKey) -> Bool {
        switch (left, right) {
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.uint(let left), .uint(let right)): left == right
        case (.string(let left), .string(let right)): Text.equal(left, right)
        case (.bool, _), (.int, _), (.uint, _), (.string, _): false
        }
    }

    func hash(into hasher: inout Hasher) {
        switch self {
        case .bool(let value): hasher.combine(value)
        case .int(let value): hasher.combine(value)
        case .uint(let value): hasher.combine(value)
        case .string(let value): hasher.combine(value)
        }
    }
}
