/// What is known about one key.
///
/// It drives reading, defaults, the search for unknown keys, the names of variables and the document.
package struct KeyDescription: Sendable {
    package enum Kind: Sendable {
        case text
        /// One text, or a list of texts.
        case texts
        /// A text, number or bool, taken as it is written.
        case scalar
        /// Path of a file, relative to the configuration file.
        case path
        case flag
        case wholeNumber(ClosedRange<Int64>)
        case number(ClosedRange<Double>)
        case duration(ClosedRange<Duration>)
        case choice([String])
        /// Read by hand; the text names its type.
        case special(String)
    }

    package enum Presence: Sendable {
        case required
        case optional
        /// As it would be written in the file.
        case standard(String)
    }

    /// Pattern: `[]` after a list, `*` for a name that the user chooses; `limits.*[].max`.
    package let path: String
    package let kind: Kind
    package let presence: Presence
    /// What it is for, in one line.
    package let note: String
    package let example: String

    init(_ path: String, _ kind: Kind, _ presence: Presence, _ note: String, example: String) {
        self.path = path
        self.kind = kind
        self.presence = presence
        self.note = note
        self.example = example
    }

    /// The pattern of its environment variable: `BELFRY_APPS_<n>_KEY_FILE`.
    package var environmentName: String {
        path.split(separator: ".").reduce("BELFRY") { name, part in
            let isList = part.hasSuffix("[]")
            let word = isList ? part.dropLast(2) : part
            return name + "_" + (word == "*" ? "<name>" : word.uppercased()) + (isList ? "_<n>" : "")
        }
    }

    /// The type, in the words of the document and of error messages.
    package var typeName: String {
        switch kind {
        case .text: "text"
        case .texts: "text or list of texts"
        case .scalar: "text, number or bool"
        case .path: "path"
        case .flag: "bool"
        case .wholeNumber: "whole number"
        case .number: "number"
        case .duration: "duration"
        case .choice: "one of a list"
        case .special(let name): name
        }
    }

    /// What is allowed, where the type does not say it all.
    package var range: String? {
        switch kind {
        case .wholeNumber(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .duration(let range):
            "\(DurationText.describe(range.lowerBound)) to \(DurationText.describe(range.upperBound))"
        case .choice(let names): names.joined(separator: ", ")
        case .flag: "true, false"
        case .text, .texts, .scalar, .path, .special: nil
        }
    }
}

/// Known keys as a tree, for walking beside a document.
struct KeyTree: Sendable {
    private(set) var leaf: KeyDescription?
    /// True where the value is a list of maps, or of such lists' maps.
    private(set) var isList = false
    /// In the order of the description.
    private(set) var children: [(name: String, tree: KeyTree)] = []

    init(_ descriptions: [KeyDescription]) {
        for description in descriptions {
            insert(description, path: description.path.split(separator: ".")[...])
        }
    }

    private init() {}

    /// The subtree of a key; `*` where any name is allowed.
    subscript(name: String) -> KeyTree? {
        children.first { $0.name == name || $0.name == "*" }?.tree
    }

    var names: [String] { children.map(\.name) }

    private mutating func insert(_ description: KeyDescription, path: ArraySlice<Substring>) {
        guard let part = path.first else {
            leaf = description
            return
        }
        let name = part.hasSuffix("[]") ? String(part.dropLast(2)) : String(part)
        var index = children.firstIndex { $0.name == name }
        if index == nil {
            children.append((name, KeyTree()))
            index = children.count - 1
        }
        guard let index else { return }
        if part.hasSuffix("[]") { children[index].tree.isList = true }
        children[index].tree.insert(description, path: path.dropFirst())
    }
}
