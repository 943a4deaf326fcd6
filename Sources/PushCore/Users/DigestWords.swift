/// The words of a digest: the texts of its plan, with their gaps filled from all items.
struct DigestWords {
    /// Octets that the items of one text take, at most: a notification has room for 4 KiB in all.
    static let itemOctetsMax = 1_024

    private let plan: DigestPlan
    /// By item, the oldest first: what each contributes.
    private let items: [[String]]
    private let count: Int

    /// `items`: The fragments of each item that can be named.
    /// `count`: Of all items, named or not.
    init(plan: DigestPlan, items: [[String]], count: Int) {
        self.plan = plan
        let fragments = Self.fragments(of: plan).count
        // What another version of the rule has made may have other places.
        self.items = items.filter { $0.count == fragments }
        self.count = count
    }

    /// What one notification contributes: the texts of the plan's pieces of kind ITEMS, in their order.
    static func fragments(of plan: DigestPlan) -> [String] {
        plan.contents.flatMap { pieces($0).flatMap { $0.flatMap(fragments) } }
    }

    private static func fragments(of piece: DigestPiece) -> [String] {
        piece.kind == .items ? [piece.text] : piece.inner.flatMap(fragments)
    }

    private static func pieces(_ content: DigestContent) -> [[DigestPiece]] {
        [content.title, content.subtitle, content.body]
    }

    /// The words of one language.
    ///
    /// As many items are named as fit into each of its texts.
    func content(_ content: DigestContent) -> Content {
        let first = firstFragment(of: content)
        let number = Self.pieces(content).flatMap { $0.flatMap(Self.fragments) }.count
        var named = number == 0 ? 0 : min(items.count, Int(plan.itemsMax))
        for fragment in first..<first + number {
            var octets = 0
            let fitting = items.prefix { item in
                octets += item[fragment].utf8.count
                return octets <= Self.itemOctetsMax
            }
            named = min(named, fitting.count)
        }
        var next = first
        var words = Content()
        words.locale = content.locale
        words.title = text(content.title, named: named, &next)
        words.subtitle = text(content.subtitle, named: named, &next)
        words.body = text(content.body, named: named, &next)
        words.image = content.image
        return words
    }

    private func firstFragment(of content: DigestContent) -> Int {
        var before = DigestPlan()
        before.contents = Array(plan.contents.prefix { $0.locale != content.locale })
        return Self.fragments(of: before).count
    }

    /// `next`: The number of the fragment that the next piece of items is made of.
    private func text(_ pieces: [DigestPiece], named: Int, _ next: inout Int) -> String {
        var text = ""
        for piece in pieces {
            switch piece.kind {
            case .count: text += String(count)
            case .more: text += String(count - named)
            case .items:
                for item in items.prefix(named) { text += item[next] }
                next += 1
            case .ifMore, .unlessMore:
                let inner = self.text(piece.inner, named: named, &next)
                if (count > named) == (piece.kind == .ifMore) { text += inner }
            case .text, .UNRECOGNIZED: text += piece.text
            }
        }
        return text
    }
}
