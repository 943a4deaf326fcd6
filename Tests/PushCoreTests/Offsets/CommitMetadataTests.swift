import Testing

@testable import PushCore

@Suite("Offsets: what is stored beside a commit")
struct CommitMetadataTests {
    private static func ranges(_ random: inout SeededGenerator, from offset: Int64, longest: Int64) -> FinishedRanges {
        var ranges = FinishedRanges()
        var position = offset + Int64.random(in: 0...longest, using: &random)
        for _ in 0..<Int.random(in: 0...60, using: &random) {
            let end = position + Int64.random(in: 1...longest, using: &random)
            ranges.append(position..<end)
            position = end + Int64.random(in: 1...longest, using: &random)
        }
        return ranges
    }

    @Test("what was written is read", arguments: (1...40).map { UInt64($0) })
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for longest in [1, 31, 32, 33, 1024, 40_000, 1 << 40] as [Int64] {
            let offset = Int64.random(in: 0...1 << 40, using: &random)
            let metadata = CommitMetadata(
                finished: Self.ranges(&random, from: offset, longest: longest),
                isClean: Bool.random(using: &random),
                receiptsFloor: Int64.random(in: 0...Int64.max, using: &random)
            )
            let text = metadata.encoded(for: offset)
            #expect(text.utf8.count <= CommitMetadata.octetsMax, "seed \(seed)")
            #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "seed \(seed)")
            #expect(CommitMetadata(decoding: text, offset: offset) == metadata, "seed \(seed)")
        }
    }

    @Test("the written form is fixed: other versions read it")
    func golden() {
        var ranges = FinishedRanges()
        ranges.append(100..<101)
        ranges.append(133..<1157)
        #expect(CommitMetadata(isClean: true).encoded(for: 7) == "1;c;0;")
        let metadata = CommitMetadata(finished: ranges, isClean: false, receiptsFloor: 42)
        // 0 unfinished, 1 finished, 32 unfinished (0 and 1 times 32), 1024 finished.
        #expect(metadata.encoded(for: 100) == "1;o;42;ABgBggB")
    }

    @Test("as many runs as intake allows fit, however long they are")
    func runsMax() {
        var ranges = FinishedRanges()
        for run in 0..<Int64(CommitMetadata.runsMax) { ranges.append(run * 2000 + 1000..<run * 2000 + 2000) }
        let metadata = CommitMetadata(finished: ranges, isClean: false, receiptsFloor: .max)
        let text = metadata.encoded(for: 0)
        #expect(text.utf8.count <= CommitMetadata.octetsMax * 3 / 4)
        #expect(CommitMetadata(decoding: text, offset: 0) == metadata)
    }

    @Test(
        "what does not fit is left out from the end: repeated work, nothing lost",
        arguments: [1, 40, 5000] as [Int64]
    )
    func truncation(_ length: Int64) {
        var ranges = FinishedRanges()
        for run in 0..<Int64(4000) { ranges.append((2 * run + 1) * length..<(2 * run + 2) * length) }
        let text = CommitMetadata(finished: ranges, isClean: true, receiptsFloor: 9).encoded(for: 0)
        #expect(text.utf8.count <= CommitMetadata.octetsMax && text.utf8.count > CommitMetadata.octetsMax - 10)
        let read = CommitMetadata(decoding: text, offset: 0)
        let kept = read?.finished.ranges ?? []
        #expect(!kept.isEmpty && kept.count < 4000 && kept == Array(ranges.ranges.prefix(kept.count)))
        #expect(read?.isClean == true && read?.receiptsFloor == 9)
    }

    @Test(
        "the text of somebody else, of another version, or damaged, is as good as none",
        arguments: [
            "", "1", "hello", "{\"a\":1}", "2;c;0;", "1;x;0;", "1;c;;", "1;c;-1;", "1;c;zero;", "1;c;0", "1;c;0;;",
            // A run that is not ended, a finished run that is missing, an unknown digit, a number that is too long.
            "1;c;0;g", "1;c;0;B", "1;c;0;ABC", "1;c;0;B!", "1;c;0;BéB", "1;c;0;gggggggggggggB",
            // An empty stretch anywhere but at the start.
            "1;c;0;BBAB", "1;c;99999999999999999999;", " 1;c;0;",
        ]
    )
    func foreign(_ text: String) {
        #expect(CommitMetadata(decoding: text, offset: 0) == nil)
    }

    @Test("an offset near the end of the range does not overflow")
    func overflow() {
        #expect(CommitMetadata(decoding: "1;c;0;BB", offset: .max - 1) == nil)
        #expect(CommitMetadata(decoding: "1;c;0;BB", offset: .max - 2)?.finished.ranges == [Int64.max - 1..<Int64.max])
    }

    @Test("damage anywhere gives other ranges or none, and never a trap", arguments: (1...20).map { UInt64($0) })
    func damaged(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let text = CommitMetadata(
            finished: Self.ranges(&random, from: 10, longest: 2000),
            isClean: false
        ).encoded(for: 10)
        for _ in 0..<500 {
            var octets = Array(text.utf8)
            let index = Int.random(in: 0..<octets.count, using: &random)
            octets[index] = UInt8.random(in: 0...255, using: &random)
            if Bool.random(using: &random) { octets.removeLast(Int.random(in: 0..<octets.count, using: &random)) }
            let read = CommitMetadata(decoding: String(decoding: octets, as: UTF8.self), offset: 10)
            for range in read?.finished.ranges ?? [] { #expect(range.lowerBound >= 10, "seed \(seed)") }
        }
    }
}
