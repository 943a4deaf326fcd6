import PushCore
import PushProviders

/// Reads `content` of a rule: words per language, or the words of the only language.
struct RuleContentReader {
    /// The locale of words that name none: BCP 47 "undetermined".
    ///
    /// Being the first, it serves everyone.
    static let anyLocale = "und"

    private static let parts: Set<String> = ["title", "subtitle", "body", "image"]

    let rule: SectionReader

    func read() -> [ContentDefinition] {
        guard let node = rule.node("content") else {
            if rule.node("image") != nil, !rule.flag("silent") {
                rule.report("image", at: rule.node("image"), "a picture without words is not shown: add content")
            }
            return []
        }
        guard let wordsTree = rule.tree["content"]?["*"] else { preconditionFailure("the content is not described") }
        let content = rule.section("content")
        if case .map(let entries) = node.content, entries.isEmpty {
            rule.report("content", at: node, "an empty map", allowed: "title and body, per language")
        }
        if content.entries.contains(where: { Self.parts.contains($0.key) }) {
            let words = SectionReader(node, tree: wordsTree, key: content.key, parentPlace: node.place, log: rule.log)
            let locale = Located(Self.anyLocale, at: node.place, key: content.key)
            return [readWords(words, locale: locale)]
        }
        var seen: Set<String> = []
        return content.entries.compactMap { entry -> ContentDefinition? in
            guard isLocale(entry, in: content, seen: &seen) else { return nil }
            let key = content.path(entry.key)
            if entry.value.isNull {
                content.report(entry.key, at: entry.value, "empty", allowed: "title, subtitle, body, image")
                return nil
            }
            let words = SectionReader(entry.value, tree: wordsTree, key: key, parentPlace: node.place, log: rule.log)
            return readWords(words, locale: Located(entry.key, at: entry.keyPlace, key: key))
        }
    }

    private func isLocale(_ entry: DocumentEntry, in content: SectionReader, seen: inout Set<String>) -> Bool {
        var message: String?
        if case .scalar = entry.value.content, let nearest = NearestName.find(entry.key, in: Self.parts.sorted()) {
            message = "unknown key; did you mean \"\(nearest)\"?"
        } else if !LanguageTag.isWellFormed(entry.key) {
            let modern = entry.key.replacing("_", with: "-")
            let hint = LanguageTag.isWellFormed(modern) ? "; did you mean \"\(displayed(modern))\"?" : ""
            message = "not a language tag (BCP 47)\(hint)"
        } else if let meant = LanguageTag.meant(by: entry.key) {
            message = "no language has this tag; did you mean \"\(displayed(meant))\"?"
        } else if !seen.insert(entry.key.lowercased()).inserted {
            message = "this language is here already: upper and lower case are the same"
        }
        guard let message else { return true }
        rule.log.add(Problem(at: entry.keyPlace, key: content.path(entry.key), message: message))
        return false
    }

    private func readWords(_ words: SectionReader, locale: Located<String>) -> ContentDefinition {
        var definition = ContentDefinition(locale: locale)
        definition.title = words.text("title")
        definition.subtitle = words.text("subtitle")
        definition.body = words.text("body")
        definition.image = readImage(words) ?? readImage(rule)
        // Without any entry it is empty or no map at all, and said already.
        if !words.entries.isEmpty, words.node("title") == nil, words.node("body") == nil {
            rule.log.add(
                Problem(at: words.place, key: words.key, message: "neither title nor body", allowed: "at least one")
            )
        }
        return definition
    }

    private func readImage(_ words: SectionReader) -> Located<String>? {
        guard words.node("image") != nil, let image = words.text("image") else { return nil }
        if !ImageAddress.mayBeUsable(template: image.value) {
            words.report(
                "image",
                at: words.node("image"),
                value: image.value,
                "not the address of a picture",
                allowed: ImageAddress.allowed
            )
        }
        return image
    }
}
