/// Members of objects in one call: the name, which is our own, and the value.
extension JSONWriter {
    package mutating func member(_ name: StaticString, _ text: String) {
        key(name)
        string(text)
    }

    package mutating func member(_ name: StaticString, _ number: Int64) {
        key(name)
        integer(number)
    }

    package mutating func member(_ name: StaticString, _ flag: Bool) {
        key(name)
        bool(flag)
    }

    package mutating func member(_ name: StaticString, _ id: Identifier) {
        key(name)
        identifier(id)
    }

    /// A time in UTC with milliseconds, from milliseconds since the Unix epoch.
    package mutating func member(_ name: StaticString, timeMs: Int64) {
        key(name)
        time(timeMs)
    }

    /// A member whose name comes from outside.
    package mutating func member(named name: String, _ text: String) {
        key(name)
        string(text)
    }
}
