/// The choice of words by language.
enum Locale {
    /// The position of the first preferred language that there are words in: exactly, or with subtags taken off from the
    /// right (RFC 4647 lookup: `de-CH-1996`, `de-CH`, `de`); otherwise 0, the rule's first.
    ///
    /// `locales`: BCP 47 tags of the words that there are.
    /// `preferred`: Likewise, the most preferred first; empty ones mean nothing.
    static func choose(from locales: [String], preferred: [String]) -> Int {
        if locales.count < 2 { return 0 }
        for tag in preferred where !tag.isEmpty {
            if let exact = locales.firstIndex(of: tag) { return exact }
            var subtags = normalized(tag).split(separator: "-")
            while !subtags.isEmpty {
                let range = subtags.joined(separator: "-")
                if let match = locales.firstIndex(where: { normalized($0) == range }) { return match }
                subtags.removeLast()
                // A single letter or digit introduces what follows it, and means nothing alone.
                if let last = subtags.last, last.count == 1 { subtags.removeLast() }
            }
        }
        return 0
    }

    private static func normalized(_ tag: String) -> String {
        String(tag.lowercased().map { $0 == "_" ? "-" : $0 })
    }
}
