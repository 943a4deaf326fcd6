import Testing

@testable import PushCore

@Suite("Rules: functions in templates")
struct TemplateFunctionTests {
    private static let data = #"""
        {"n":0,"one":1,"two":2,"five":5,"big":1234567.891,"small":0.255,"neg":-1234.5,"exp":1.5e3,"text":"12.50","word":"abc",
         "cur":"CHF","bad":"Euro","zone":"+05:30","at":"2026-05-01T13:05:09Z","day":"2026-12-24","epoch":1777640709,
         "epochMs":1777640709000,"null":null,"list":[1,2],"items":[{"price":9.9,"cur":"EUR"},{"price":1200,"cur":"JPY"}],
         "half":2.5,"zero":-0.001,"huge":123456789012345678901234567890}
        """#

    private func render(_ source: String, _ language: String = "en", zone: String = "UTC") throws -> String? {
        let template = try Template(source, setting: Template.Setting(language: language, timeZone: zone))
        return try EventDecoder().inspect(Sample.binary(["time": "2026-01-01T00:00:00Z"], value: Self.data)) {
            template.render(EventValues($0))
        }
    }

    /// As ICU and CLDR 46 write them; no-break spaces are shown as `_`.
    static let numbers: [(String, String, String)] = [
        ("en", "number(data.big)", "1,234,567.891"), ("de", "number(data.big)", "1.234.567,891"),
        ("de-CH", "number(data.big)", "1'234'567.891"), ("de-AT", "number(data.big)", "1.234.567,891"),
        ("fr", "number(data.big)", "1_234_567,891"), ("hi", "number(data.big)", "12,34,567.891"),
        ("es", "number(data.neg)", "-1234,5"), ("es-MX", "number(data.neg)", "-1,234.5"),
        ("es-AR", "number(data.neg)", "-1,234.5"), ("pl", "number(data.neg)", "-1234,5"),
        ("sv", "number(data.neg)", "−1_234,5"), ("en", "number(data.n)", "0"),
        ("en", "number(data.zero, decimals: 2)", "0.00"),
        ("en", "number(data.exp)", "1,500"), ("en", "number(data.text, decimals: 2)", "12.50"),
        ("en", "number(data.half, decimals: 0)", "2"), ("fa", "number(data.five)", "۵"),
        ("en", "number(data.huge)", "123,456,789,012,345,678,901,234,567,890"),
        ("en", "percent(data.small)", "26%"), ("de", "percent(data.small, decimals: 1)", "25,5_%"),
        ("tr", "percent(data.small, decimals: 1)", "%25,5"), ("en", "percent(data.one)", "100%"),
        ("en", "currency(data.big, USD)", "$1,234,567.89"), ("de", "currency(data.big, EUR)", "1.234.567,89_€"),
        ("de-AT", "currency(data.neg, EUR)", "-€_1.234,50"), ("nl", "currency(data.neg, EUR)", "€_-1.234,50"),
        ("en", "currency(data.neg, EUR)", "-€1,234.50"), ("en", "currency(data.five, 'CHF')", "CHF_5.00"),
        ("ja", "currency(data.big, JPY)", "￥1,234,568"), ("en", "currency(data.big, JPY)", "¥1,234,568"),
        ("en", "currency(data.five, KWD)", "KWD_5.000"), ("pl", "currency(data.neg, PLN)", "-1234,50_zł"),
        ("en-GB", "currency(data.five, GBP)", "£5.00"), ("fr-CA", "currency(data.five, USD)", "5,00_$_US"),
        ("pt", "currency(data.neg, BRL)", "-R$_1.234,50"), ("ru", "currency(data.big, RUB)", "1_234_567,89_₽"),
        ("de-CH", "currency(data.five, data.cur)", "CHF_5.00"), ("en", "currency(data.five, EUR, decimals: 0)", "€5"),
        ("und", "number(data.big)", "1,234,567.891"), ("", "number(data.big)", "1,234,567.891"),
        ("xx", "number(data.big)", "1,234,567.891"), ("no", "currency(data.five, NOK)", "5,00_kr"),
    ]

    @Test("numbers, percentages and money are written as the language writes them", arguments: numbers)
    func number(_ language: String, _ call: String, _ expected: String) throws {
        let text = try render("{{\(call)}}", language)
        #expect(text?.replacing("\u{A0}", with: "_").replacing("\u{202F}", with: "_") == expected)
    }

    static let moments: [(String, String, String)] = [
        ("en", "date(data.at)", "May 1, 2026"), ("en-GB", "date(data.at)", "1 May 2026"),
        ("en", "date(data.at, short)", "5/1/26"), ("en", "date(data.at, style: full)", "Friday, May 1, 2026"),
        ("de", "date(data.at)", "01.05.2026"), ("de", "date(data.at, long)", "1. Mai 2026"),
        ("de", "date(data.at, full)", "Freitag, 1. Mai 2026"), ("fr", "date(data.at, full)", "vendredi 1 mai 2026"),
        ("es", "date(data.at, long)", "1 de mayo de 2026"), ("it", "date(data.at, long)", "1 maggio 2026"),
        ("pt", "date(data.at, long)", "1 de maio de 2026"), ("nl", "date(data.at, full)", "vrijdag 1 mei 2026"),
        ("pl", "date(data.at, long)", "1 maja 2026"), ("cs", "date(data.at, long)", "1. května 2026"),
        ("sv", "date(data.at, short)", "2026-05-01"), ("da", "date(data.at, long)", "1. maj 2026"),
        ("nb", "date(data.at, long)", "1. mai 2026"), ("fi", "date(data.at, full)", "perjantai 1. toukokuuta 2026"),
        ("ru", "date(data.at, long)", "1 мая 2026 г."), ("tr", "date(data.at, full)", "1 Mayıs 2026 Cuma"),
        ("ja", "date(data.at, long)", "2026年5月1日"), ("zh", "date(data.at, full)", "2026年5月1日星期五"),
        ("ko", "date(data.at, long)", "2026년 5월 1일"), ("hu", "date(data.at, long)", "2026. május 1."),
        ("en", "time(data.at)", "1:05 PM"), ("en", "time(data.at, medium)", "1:05:09 PM"),
        ("de", "time(data.at)", "13:05"),
        ("fi", "time(data.at)", "13.05"), ("ko", "time(data.at)", "오후 1:05"),
        ("en", "datetime(data.at)", "May 1, 2026, 1:05 PM"), ("de", "datetime(data.at, short)", "01.05.26, 13:05"),
        ("en", "time(data.at, zone: \"+02:00\")", "3:05 PM"), ("en", "time(data.at, zone: -05:00)", "8:05 AM"),
        ("en", "time(data.at, zone: data.zone)", "6:35 PM"), ("en", "date(data.day, long)", "December 24, 2026"),
        ("en", "date(data.day, short, zone: -01:00)", "12/23/26"), ("en", "date(data.epoch)", "May 1, 2026"),
        ("en", "time(data.epochMs)", "1:05 PM"), ("en", "date(event.time, short)", "1/1/26"),
    ]

    @Test("dates and times are written as the language writes them", arguments: moments)
    func moment(_ language: String, _ call: String, _ expected: String) throws {
        let text = try render("{{\(call)}}", language)
        #expect(text?.replacing("\u{A0}", with: " ").replacing("\u{202F}", with: " ") == expected)
    }

    @Test("a rule's time zone holds where a call names none")
    func ruleZone() throws {
        #expect(try render("{{time(data.at)}} {{time(data.at, zone: UTC)}}", "de", zone: "+02:00") == "15:05 13:05")
    }

    static let plurals: [(String, String, String)] = [
        ("en", "plural(data.one, one: \"# item\", other: \"# items\")", "1 item"),
        ("en", "plural(data.n, one: '# item', other: '# items')", "0 items"),
        ("en", "plural(data.big, one: 'one', other: '# items')", "1,234,567.891 items"),
        ("en", "plural(data.n, 0: 'nothing', one: '# item', other: '# items')", "nothing"),
        ("en", "plural(data.two, 0: 'nothing', 2: 'a pair', other: '# items')", "a pair"),
        ("fr", "plural(data.n, one: '# colis', other: '# colis!')", "0 colis"),
        ("pl", "plural(data.two, one: '# paczka', few: '# paczki', many: '# paczek', other: '# paczki')", "2 paczki"),
        ("pl", "plural(data.five, one: '# paczka', few: '# paczki', many: '# paczek', other: '# paczki')", "5 paczek"),
        ("ru", "plural(data.five, one: '# заказ', other: 'x')", "x"), ("en", "plural(data.text, other: '#')", "12.5"),
        ("ja", "plural(data.five, other: '#件')", "5件"),
    ]

    @Test("an amount has the words of its category", arguments: plurals)
    func plural(_ language: String, _ call: String, _ expected: String) throws {
        #expect(try render("{{\(call)}}", language) == expected)
    }

    @Test(
        "calls work in sections, and what is not there gives nothing",
        arguments: [
            ("{{#data.items}}{{currency(price, data.cur)}};{{/data.items}}", "CHF\u{A0}9.90;CHF\u{A0}1,200.00;"),
            ("[{{number(data.missing)}}]", "[]"),
            ("[{{plural(data.null, other: '#')}}{{date(data.none)}}]", "[]"),
            ("{{#data.list}}{{number(., decimals: 1)}} {{/data.list}}", "1.0 2.0 "),
            ("{{{number(data.five)}}}{{ number( data.five , decimals : 1 ) }}", "55.0"),
        ]
    )
    func sections(_ template: String, _ expected: String) throws {
        #expect(try render(template) == expected)
    }

    @Test(
        "a value that a function cannot show fails the rule for the event",
        arguments: [
            "number(data.word)", "number(data.list)", "currency(data.five, data.bad)", "currency(data.five, data.none)",
            "date(data.word)", "date(data.at, zone: data.cur)", "plural(data.word, other: '#')", "time(data.items)",
        ]
    )
    func failures(_ call: String) throws {
        #expect(try render("{{\(call)}}") == nil)
    }

    @Test(
        "a call that is not right is refused, and the message says what is",
        arguments: [
            ("upper(data.x)", "no function \"upper\""), ("nubmer(data.x)", "did you mean \"number\"?"),
            ("number()", "needs a name of the event first"), ("number(5)", "needs a name"),
            ("number('x')", "needs a name"),
            ("number(data.x, decimals: 11)", "not a number from 0 to 10"),
            ("number(data.x, decimal: 1)", "did you mean \"decimals\"?"),
            ("number(data.x, 2)", "no place for \"2\""), ("currency(data.x)", "needs a code"),
            ("currency(data.x, euro)", "no currency"), ("currency(data.x, 'eur')", "no currency"),
            ("date(data.x, lnog)", "did you mean \"long\"?"), ("time(data.x, full)", "there are short, medium"),
            ("date(data.x, zone: Europe/Nowhere)", "no time zone"), ("date(data.x, zone: CET)", "no time zone"),
            ("plural(data.x)", "words for \"other\""), ("plural(data.x, one: 'a')", "words for \"other\""),
            ("plural(data.x, others: 'a')", "did you mean \"other\"?"),
            ("plural(data.x, other: a)", "in quotation marks"),
            ("plural(data.x, other: 'a', other: 'b')", "there twice"), ("plural(data.x, 'a')", "for which amount"),
            ("number(data.x", "is not a call"), ("number(data.x,)", "is not a call"),
            ("number(data.x) y", "is not a call"),
            ("plural(data.x, other: 'a)", "not closed with '"), ("number((data.x))", "is not a call"),
        ]
    )
    func refused(_ call: String, _ fragment: String) {
        let error = #expect(throws: Template.Invalid.self) { _ = try Template("a {{\(call)}}") }
        #expect(error?.column == 3)
        #expect(error?.message.contains(fragment) == true, "\(error?.message ?? "")")
    }

    @Test("every language of the table has all its parts")
    func table() throws {
        #expect(LanguageTable.tags.count > 75)
        for tag in LanguageTable.tags {
            let formats = try #require(LanguageTable.formats(for: tag))
            #expect(formats.months.count == 12 && formats.monthsShort.count == 12, "\(tag)")
            #expect(formats.weekdays.count == 7 && formats.weekdaysShort.count == 7, "\(tag)")
            #expect(
                !formats.decimal.isEmpty && formats.joined.allSatisfy { $0.contains("{1}") && $0.contains("{0}") },
                "\(tag)"
            )
            let text = LocalTime(Make.timeMs, offset: 0).text(formats.dates[3], formats)
            #expect(text.contains("2026") || text.contains("۲۰۲۶"), "\(tag): \(text)")
        }
    }
}
