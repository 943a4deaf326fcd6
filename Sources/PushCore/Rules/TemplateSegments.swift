/// A template of text and dotted names, laid out so that rendering it counts no references: each event renders several.
final class TemplateSegments: Sendable {
    private enum Kind: UInt8 {
        /// Text as it stands.
        case text
        /// The first name of a value's path, and how many follow it as ``name``.
        case data
        case event
        case other
        case name
    }

    private struct Part: Sendable {
        let kind: Kind
        let range: Range<Int>
        /// Names after the first.
        let names: Int
    }

    private let parts: [Part]
    /// Texts and names, in UTF-8.
    private let octets: [UInt8]

    /// Nil where there is anything else in it.
    init?(_ template: [TemplatePart]) {
        var parts: [Part] = []
        var octets: [UInt8] = []
        func append(_ kind: Kind, _ text: some Collection<UInt8>, names: Int = 0) {
            let start = octets.count
            octets.append(contentsOf: text)
            parts.append(Part(kind: kind, range: start..<octets.count, names: names))
        }
        for part in template {
            switch part {
            case .text(let text):
                append(.text, text)
            case .value(let path):
                let kind: Kind = path[0] == "data" ? .data : path[0] == "event" ? .event : .other
                append(kind, path[0].utf8, names: path.count - 1)
                for name in path.dropFirst() { append(.name, name.utf8) }
            case .call, .section:
                return nil
            }
        }
        self.parts = parts
        self.octets = octets
    }

    /// Ends early where the text is longer than any may be: who spends it from the budget finds that out.
    func append(_ event: EventValues, to result: inout [UInt8]) {
        let countMax = result.count + RenderBudget.octetsMax
        // SAFETY: ranges lie inside the octets; a value's part has so many names behind it.
        unsafe octets.withUnsafeBytes { octets in
            unsafe parts.withUnsafeBufferPointer { parts in
                for position in parts.indices {
                    let part = unsafe parts[position]
                    switch part.kind {
                    case .text:
                        unsafe result.append(contentsOf: octets[part.range])
                    case .data:
                        if result.count > countMax { return }
                        var value = event.dataRoot
                        for offset in 0..<part.names {
                            let name = unsafe octets[parts[position + 1 + offset].range]
                            value = unsafe value?.member(UnsafeRawBufferPointer(rebasing: name))
                        }
                        value?.appendText(to: &result)
                    case .event:
                        guard part.names == 1 else { continue }
                        let name = unsafe UnsafeRawBufferPointer(rebasing: octets[parts[position + 1].range])
                        unsafe event.appendAttribute(name, to: &result)
                    case .other, .name:
                        continue
                    }
                }
            }
        }
    }
}
