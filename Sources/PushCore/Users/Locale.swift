/// The choice of words by language.
enum Locale {
    /// The content for the first preferred language that has one: exactly, or with subtags taken off from the right (RFC 4647
    /// lookup: `de-CH-1996`, `de-CH`, `de`); otherwise the rule's first.
    ///
    /// `contents`: At least one.
    /// `preferred`: BCP 47 tags, the most preferred first.
    static func choose(from contents: [Content], preferred: [String]) -> Content {
        for tag in preferred {
            var subtags = normalized(tag).split(separator: "-")
            while !subtags.isEmpty {
                let range = subtags.joined(separator: "-")
                if let match = contents.first(where: { normalized($0.locale) == range }) { return match }
                subtags.removeLast()
                // A single letter or digit introduces what follows it, and means nothing alone.
                if let last = subtags.last, last.count == 1 { subtags.removeLast() }
            }
        }
        return contents[0]
    }

    private static func normalized(_ tag: String) -> String {
        String(tag.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}
