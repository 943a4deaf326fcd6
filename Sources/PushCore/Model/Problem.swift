/// A place in a configuration or rules file.
package struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    /// Path as the user gave it.
    package let file: String
    /// From 1; 0 where the file as a whole is meant (missing, unreadable).
    package let line: Int
    /// From 1, in characters; 0 where only the line is known.
    package let column: Int

    package init(file: String, line: Int, column: Int = 0) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String {
        switch (line, column) {
        case (0, _): file
        case (_, 0): "\(file):\(line)"
        default: "\(file):\(line):\(column)"
        }
    }
}

/// A value together with where it was written.
package struct Located<Value: Sendable>: Sendable {
    package let value: Value
    package let place: SourcePlace
    /// The path of the key that holds it, such as `rules[2].content.en.title`.
    package let key: String

    package init(_ value: Value, at place: SourcePlace, key: String) {
        self.value = value
        self.place = place
        self.key = key
    }
}

/// Something wrong with what a person wrote, said so that the person can mend it.
package struct Problem: Hashable, Sendable, CustomStringConvertible {
    package enum Severity: String, Sendable {
        case error
        case warning
    }

    package let severity: Severity
    package let place: SourcePlace
    /// The path of the key, such as `limits.marketing[0].max`.
    package let key: String
    /// The value as written; nil where a key is missing or the value is a secret.
    package let value: String?
    /// What is wrong.
    package let message: String
    /// What would be right; nil where the message says it.
    package let allowed: String?

    package init(
        _ severity: Severity = .error,
        at place: SourcePlace,
        key: String,
        value: String? = nil,
        message: String,
        allowed: String? = nil
    ) {
        self.severity = severity
        self.place = place
        self.key = key
        self.value = value
        self.message = message
        self.allowed = allowed
    }

    /// One line: `belfry.yaml:12:7: error: limits.marketing[0].max: "many": not a whole number (allowed: 1 to 1000000)`.
    package var description: String {
        var text = "\(place): \(severity.rawValue): "
        if !key.isEmpty { text += "\(key): " }
        if let value { text += "\"\(value)\": " }
        text += message
        if let allowed { text += " (allowed: \(allowed))" }
        return text
    }
}
