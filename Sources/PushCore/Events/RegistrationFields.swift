/// The fields of a registration's data, each asked for by name and form.
///
/// The first that is wrong ends the decoding.
///
/// `null` is as good as absent. Details name the field and what is allowed, never the value: it may be an address.
struct RegistrationFields {
    private let object: JSONNode
    /// In front of every name, such as `data.subscription.`.
    private let prefix: String

    /// - Parameter event: Its data must be a JSON object.
    /// - Throws: Why there are no fields to read.
    init(of event: Event) throws(DeadLetterReason) {
        guard let data = event.data, data.kind == .object else {
            throw DeadLetterReason(.invalidData, "data: must be a JSON object")
        }
        object = data
        prefix = "data."
    }

    private init(_ object: JSONNode, prefix: String) {
        self.object = object
        self.prefix = prefix
    }

    // MARK: Values

    private func value(_ name: String) -> JSONNode? {
        guard let node = object.member(name), !node.isNull else { return nil }
        return node
    }

    func has(_ name: String) -> Bool { value(name) != nil }

    func bool(_ name: String) -> Bool? { value(name)?.boolValue }

    /// A string of that form; nil where the field is absent.
    func optional(_ name: String, _ form: TextForm) throws(DeadLetterReason) -> String? {
        guard let node = value(name) else { return nil }
        return try text(node, name, form)
    }

    /// A string of that form.
    func required(_ name: String, _ form: TextForm) throws(DeadLetterReason) -> String {
        guard let text = try optional(name, form) else { throw missing(name, form.allowed) }
        return text
    }

    /// An object inside.
    func object(_ name: String) throws(DeadLetterReason) -> RegistrationFields {
        guard let inner = try optionalObject(name) else { throw missing(name, "an object") }
        return inner
    }

    /// An object inside; nil where the field is absent.
    func optionalObject(_ name: String) throws(DeadLetterReason) -> RegistrationFields? {
        guard let node = value(name) else { return nil }
        guard node.kind == .object else { throw invalid(name, "an object") }
        return RegistrationFields(node, prefix: "\(prefix)\(name).")
    }

    /// Strings of that form; none where the field is absent.
    func list(_ name: String, _ form: TextForm, countMax: Int) throws(DeadLetterReason) -> [String] {
        guard let node = value(name) else { return [] }
        guard node.kind == .array, node.count <= countMax else {
            throw invalid(name, "an array of at most \(countMax) strings")
        }
        var texts: [String] = []
        for (position, element) in node.elements.enumerated() {
            texts.append(try text(element, "\(name)[\(position)]", form))
        }
        return texts
    }

    /// Booleans by name.
    func flags(_ name: String, names form: TextForm, countMax: Int) throws(DeadLetterReason) -> [String: Bool] {
        let allowed = "an object of at most \(countMax) names with true or false"
        guard let node = value(name) else { throw missing(name, allowed) }
        guard node.kind == .object, node.count <= countMax else { throw invalid(name, allowed) }
        var flags: [String: Bool] = [:]
        for member in node.members {
            guard form.accepts(member.name), let flag = member.value.boolValue else { throw invalid(name, allowed) }
            flags[member.name] = flag
        }
        return flags
    }

    /// A whole number in that range.
    func wholeNumber(_ name: String, _ range: ClosedRange<Int64>) throws(DeadLetterReason) -> Int64 {
        let allowed = "a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard let node = value(name) else { throw missing(name, allowed) }
        guard let number = node.intValue, range.contains(number) else { throw invalid(name, allowed) }
        return number
    }

    private func text(_ node: JSONNode, _ name: String, _ form: TextForm) throws(DeadLetterReason) -> String {
        guard let text = node.stringValue, form.accepts(text) else { throw invalid(name, form.allowed) }
        return text
    }

    // MARK: Reasons

    func missing(_ name: String, _ allowed: String) -> DeadLetterReason {
        DeadLetterReason(.missingField, "\(prefix)\(name): is required: \(allowed)")
    }

    func invalid(_ name: String, _ allowed: String) -> DeadLetterReason {
        DeadLetterReason(.invalidField, "\(prefix)\(name): must be \(allowed)")
    }

    /// Refuses a field that does not go with the others.
    func refuse(_ name: String, because reason: String) throws(DeadLetterReason) {
        guard has(name) else { return }
        throw DeadLetterReason(.invalidField, "\(prefix)\(name): is not allowed \(reason)")
    }
}
