import Foundation
import Testing

@testable import belfry

/// What a benchmark prints.
struct BenchReportTests {
    private static var report: BenchReport {
        var report = BenchReport("a run")
        report.add("pushes", "pushes", 1_234_567)
        report.add("pushes_per_second", "each second", 98_765.4321, "/s")
        report.add("cpu_microseconds", "CPU", 3.456, "µs per push", decimals: 2)
        report.add("share", "share", 0.05, "times", decimals: 1)
        return report
    }

    @Test("the table aligns its figures, and groups their digits")
    func table() {
        let lines = Self.report.text.split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "a run",
                "  pushes          1,234,567 ",
                "  each second        98,765 /s",
                "  CPU                  3.46 µs per push",
                "  share                 0.1 times",
            ]
        )
    }

    @Test("the object has the same figures by their keys")
    func object() throws {
        let object = try JSONSerialization.jsonObject(with: Data(Self.report.json.utf8)) as? [String: Any]
        #expect(object?["benchmark"] as? String == "a run")
        #expect(object?["pushes"] as? Int == 1_234_567)
        #expect(object?["pushes_per_second"] as? Int == 98_765)
        #expect(object?["cpu_microseconds"] as? Double == 3.46)
        #expect(object?["share"] as? Double == 0.1)
        #expect(object?.count == 5)
    }
}
