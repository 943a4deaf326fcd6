import Testing

@testable import PushCore

@Suite("Rules: plural categories")
struct PluralCategoryTests {
    /// 0 to 130, then these.
    private static let more = """
        200 201 202 211 212 1000 1001 1002 1011 1000000 2000000 1000001 0.1 0.2 0.5 1.1 1.2 1.3 1.5 2.1 2.5 5.4 10.1 11.1 0.11 0.12 \
        1.11 2.21 1.25
        """

    /// Made by Babel 2.19 from CLDR's own rules: z(ero), one (a), two (b), f(ew), m(any), o(ther), each with how many follow one
    /// another.
    static let expected: [(language: String, categories: String)] = [
        ("af", "oao158"),
        ("am", "a2o141a3o9a2o3"),
        ("ar", "zabf8m89o3f8m20o3m2o3mo20"),
        ("az", "oao158"),
        ("be", "maf3m16af3m6af3m6af3m6af3m6af3m6af3m6af3m6af3m6af3m16af3m7afm3afm3ao17"),
        ("bg", "oao158"),
        ("bn", "a2o141a3o9a2o3"),
        ("ca", "oao138m2o18"),
        ("cs", "oaf3o138m17"),
        ("cy", "zabfo2mo153"),
        ("da", "oao141a7o5a3oa"),
        ("de", "oao158"),
        ("el", "oao158"),
        ("en", "oao158"),
        ("es", "oao138m2o18"),
        ("et", "oao158"),
        ("eu", "oao158"),
        ("fa", "a2o141a3o9a2o3"),
        ("fi", "oao158"),
        (
            "fil",
            "a4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa4oaoa2oa22oa7"
        ),
        ("fr", "a2o138m2oa7o5a3oa"),
        ("ga", "oabf4m4o149"),
        ("gl", "oao138m2o18"),
        ("gu", "a2o141a3o9a2o3"),
        ("he", "oabo140a3o9a2o3"),
        ("hi", "a2o141a3o9a2o3"),
        ("hr", "oaf3o16af3o6af3o6af3o6af3o6af3o6af3o6af3o6af3o6af3o16af3o7afo3afo3a2foaf2oaofa2o3ao"),
        ("hu", "oao158"),
        ("hy", "a2o141a7o5a3oa"),
        ("id", "o160"),
        ("is", "oao19ao9ao9ao9ao9ao9ao9ao9ao9ao19ao10ao4ao4a2o2ao3ao2a2o3ao"),
        ("it", "oao138m2o18"),
        ("ja", "o160"),
        ("ka", "oao158"),
        ("kk", "oao158"),
        ("km", "o160"),
        ("kn", "a2o141a3o9a2o3"),
        ("ko", "o160"),
        ("ky", "oao158"),
        ("lo", "o160"),
        ("lt", "oaf8o11af8oaf8oaf8oaf8oaf8oaf8oaf8oaf8oaf8o11af8o2afo3afo3am17"),
        ("lv", "zao8z11ao8zao8zao8zao8zao8zao8zao8zao8zao8z11ao8z2aoz3aoz3a2o2ao3ao2a2z3ao"),
        ("mk", "oao19ao9ao9ao9ao9ao9ao9ao9ao9ao19ao10ao4ao4a2o2ao3ao2a2o3ao"),
        ("ml", "oao158"),
        ("mn", "oao158"),
        ("mr", "oao158"),
        ("ms", "o160"),
        ("mt", "fabf8m9o83f8m9o14m2o3mo20"),
        ("my", "o160"),
        ("nb", "oao158"),
        ("ne", "oao158"),
        ("nl", "oao158"),
        ("nn", "oao158"),
        ("pa", "a2o158"),
        ("pl", "maf3m17f3m7f3m7f3m7f3m7f3m7f3m7f3m7f3m7f3m17f3m8fm4fm4o17"),
        ("pt", "a2o138m2oa7o5a3oa"),
        ("pt-PT", "oao138m2o18"),
        ("ro", "faf18o81f19o12f4of3o2f18"),
        ("ru", "maf3m16af3m6af3m6af3m6af3m6af3m6af3m6af3m6af3m6af3m16af3m7afm3afm3ao17"),
        ("si", "a2o141ao16"),
        ("sk", "oaf3o138m17"),
        ("sl", "oabf2o96abf2o27abo3abo3af17"),
        ("sq", "oao158"),
        ("sr", "oaf3o16af3o6af3o6af3o6af3o6af3o6af3o6af3o6af3o6af3o16af3o7afo3afo3a2foaf2oaofa2o3ao"),
        ("sv", "oao158"),
        ("sw", "oao158"),
        ("ta", "oao158"),
        ("te", "oao158"),
        ("th", "o160"),
        ("tr", "oao158"),
        ("uk", "maf3m16af3m6af3m6af3m6af3m6af3m6af3m6af3m6af3m6af3m16af3m7afm3afm3ao17"),
        ("ur", "oao158"),
        ("uz", "oao158"),
        ("vi", "a2o141a3o9a2o3"),
        ("zh", "o160"),
        ("zu", "a2o141a3o9a2o3"),
    ]

    @Test("the category of an amount is CLDR's, in each language", arguments: expected)
    func category(_ language: String, _ categories: String) throws {
        let numbers = (0...130).map(String.init) + Self.more.split(separator: " ").map(String.init)
        var found = ""
        for text in numbers {
            let number = try #require(DecimalNumber(text))
            let category = PluralCategory.of(number, language: language)
            found += category == .one ? "a" : category == .two ? "b" : String(category.rawValue.prefix(1))
        }
        #expect(Self.runs(found) == categories)
    }

    private static func runs(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let letter = rest.first {
            let run = rest.prefix { $0 == letter }
            result += run.count > 1 ? "\(letter)\(run.count)" : "\(letter)"
            rest = rest.dropFirst(run.count)
        }
        return result
    }

    @Test("what a rule should have words for, by language")
    func usual() {
        #expect(PluralCategory.usual(language: "en") == [.one, .other])
        #expect(PluralCategory.usual(language: "pl") == [.one, .few, .many])
        #expect(PluralCategory.usual(language: "ja") == [.other])
        #expect(PluralCategory.usual(language: "ar") == PluralCategory.allCases)
        #expect(PluralCategory.all(language: "pl") == [.one, .few, .many, .other])
        #expect(PluralCategory.all(language: "fr") == [.one, .many, .other])
    }
}
