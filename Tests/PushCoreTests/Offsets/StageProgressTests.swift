import Testing

@testable import PushCore

@Suite("Offsets: the progress of a stage")
struct StageProgressTests {
    private static let receipt = Outgoing(.receipts, key: nil, value: [1])
    private static let state = Outgoing(.users, key: nil, value: [2])
    private static let output = Outgoing(.inbox, key: nil, value: [3])

    private struct Bench {
        var progress: StageProgress
        let lane: Int

        init(spanMax: Int64 = 100, at start: StageProgress.Start = StageProgress.Start(offset: 10)) {
            progress = StageProgress(spanMax: spanMax)
            lane = progress.open(topic: "in", partition: 4, at: start)
        }

        mutating func take(_ offset: Int64) throws -> WorkItem {
            let item = progress.take(lane: lane, offset: offset)
            return try #require(item)
        }

        /// Takes a record and begins what follows from it; gives the tokens to acknowledge.
        mutating func begin(_ offset: Int64, _ effects: Effects) throws -> [EffectLedger.Token] {
            progress.begin(effects, for: try take(offset)).map(\.token)
        }

        mutating func commit() throws -> CommitMetadata {
            let news = progress.commit(lane: lane)
            let commit = try #require(news)
            #expect(commit.topic == "in" && commit.partition == 4 && commit.lane == lane)
            return try #require(CommitMetadata(decoding: commit.metadata, offset: commit.offset))
        }

        var watermark: Int64 { progress.lane(lane)?.tracker.watermark ?? -1 }
    }

    @Test("nothing is committed before all that follows is acknowledged: the state first, then each output")
    func noAcknowledgementNoCommit() throws {
        var bench = Bench()
        let item = try bench.take(10)
        let first = bench.progress.begin(Effects(state: Self.state, outputs: [Self.output, Self.receipt]), for: item)
        #expect(first.map(\.record) == [Self.state])
        #expect(bench.progress.unacknowledged == 1 && !bench.progress.isIdle(lane: bench.lane))
        let second = bench.progress.acknowledge(first[0].token, offset: 1)
        #expect(second.map(\.record) == [Self.output, Self.receipt])
        #expect(bench.progress.acknowledge(second[0].token, offset: 2).isEmpty)
        #expect(bench.watermark == 10)
        #expect(bench.progress.acknowledge(second[1].token, offset: 3).isEmpty)
        #expect(bench.watermark == 11 && bench.progress.unacknowledged == 0)
        #expect(bench.progress.isIdle(lane: bench.lane))
    }

    @Test("a record that nothing follows from is finished at once")
    func nothingFollows() throws {
        var bench = Bench()
        #expect(try bench.begin(10, .none).isEmpty)
        #expect(bench.watermark == 11)
        #expect(bench.progress.take(lane: bench.lane, offset: 10) == nil)
    }

    @Test("what was finished above the watermark travels with the commit")
    func finishedAbove() throws {
        var bench = Bench()
        let held = try bench.begin(10, Effects(outputs: [Self.output]))
        for offset in [11, 12, 14] as [Int64] { _ = try bench.begin(offset, .none) }
        _ = try bench.take(15)
        #expect(try bench.commit().finished.ranges == [11..<15])
        #expect(bench.progress.acknowledge(held[0], offset: nil).isEmpty)
        #expect(try bench.commit().finished.ranges == [] && bench.watermark == 15)
    }

    @Test("a commit is news once, and again after it failed")
    func news() throws {
        var bench = Bench()
        _ = try bench.commit()
        #expect(bench.progress.commit(lane: bench.lane) == nil)
        _ = try bench.begin(10, .none)
        #expect(bench.progress.commit(lane: bench.lane)?.offset == 11)
        #expect(bench.progress.commit(lane: bench.lane) == nil)
        bench.progress.commitFailed(lane: bench.lane)
        #expect(bench.progress.commit(lane: bench.lane)?.offset == 11)
    }

    @Test("a lane reads no further than its span beyond what is committed")
    func spanMax() throws {
        var bench = Bench(spanMax: 10)
        for offset in 10..<20 as Range<Int64> {
            #expect(bench.progress.room(lane: bench.lane) > 0)
            #expect(bench.progress.isCommitUrgent(lane: bench.lane) == (offset > 15))
            _ = try bench.begin(offset, .none)
        }
        #expect(bench.progress.room(lane: bench.lane) == 0, "finished is not committed")
        bench.progress.committed(lane: bench.lane, offset: 12)
        #expect(bench.progress.room(lane: bench.lane) > 0)
        bench.progress.committed(lane: bench.lane, offset: 11)
        #expect(bench.progress.lane(bench.lane)?.committed == 12)
    }

    @Test("a commit is not urgent while the watermark cannot move")
    func notUrgent() throws {
        var bench = Bench(spanMax: 10)
        for offset in 10..<20 as Range<Int64> { _ = try bench.take(offset) }
        #expect(!bench.progress.isCommitUrgent(lane: bench.lane))
    }

    @Test("a lane reads no further when its runs of finished records become too many to be stored")
    func runsMax() throws {
        var bench = Bench(spanMax: 1_000_000)
        for run in 0..<Int64(CommitMetadata.runsMax) {
            #expect(bench.progress.room(lane: bench.lane) > 0)
            _ = try bench.take(10 + 2 * run)
            _ = try bench.begin(11 + 2 * run, .none)
        }
        #expect(bench.progress.room(lane: bench.lane) == 0)
    }

    @Test("receipts are read from the old floor until the backlog is done, then from the last acknowledged one")
    func receiptsFloor() throws {
        var start = StageProgress.Start(offset: 10)
        start.receiptsFloor = 500
        start.receiptsEnd = 700
        start.inputEnd = 12
        var bench = Bench(at: start)
        #expect(try bench.commit().receiptsFloor == 500)
        let first = try bench.begin(10, Effects(outputs: [Self.receipt]))
        _ = bench.progress.acknowledge(first[0], offset: 800)
        #expect(bench.watermark == 11)
        #expect(try bench.commit().receiptsFloor == 500)
        let second = try bench.begin(11, Effects(outputs: [Self.receipt, Self.output]))
        // Only a receipt's offset counts, the highest one, and only where Kafka said it.
        _ = bench.progress.acknowledge(second[1], offset: 9999)
        _ = bench.progress.acknowledge(second[0], offset: 750)
        #expect(bench.watermark == 12)
        #expect(try bench.commit().receiptsFloor == 801)
        let third = try bench.begin(12, Effects(outputs: [Self.receipt]))
        _ = bench.progress.acknowledge(third[0], offset: nil)
        #expect(try bench.commit().receiptsFloor == 801)
    }

    @Test("a receipt from which more follows is read again until its record is finished", arguments: [true, false])
    func heldReceipt(_ isOffsetKnown: Bool) throws {
        var bench = Bench()
        let before = try bench.begin(10, Effects(outputs: [Self.receipt]))
        _ = bench.progress.acknowledge(before[0], offset: 20)
        let held = try bench.begin(11, Effects(state: Self.receipt, outputs: [Self.output]))
        let command = bench.progress.acknowledge(held[0], offset: isOffsetKnown ? 30 : nil)
        let after = try bench.begin(12, Effects(outputs: [Self.receipt]))
        _ = bench.progress.acknowledge(after[0], offset: 40)
        #expect(try bench.commit().receiptsFloor == (isOffsetKnown ? 30 : 21))
        _ = bench.progress.acknowledge(command[0].token, offset: 5)
        #expect(bench.watermark == 13)
        #expect(try bench.commit().receiptsFloor == 41)
    }

    @Test("what follows from time holds up no commit, and a drain knows of it")
    func asked() throws {
        var bench = Bench()
        let tokens = bench.progress.begin(asked: [Self.output, Self.output]).map(\.token)
        #expect(tokens.count == 2 && bench.progress.unacknowledged == 1 && bench.progress.isIdle(lane: bench.lane))
        let own = try bench.begin(10, Effects(outputs: [Self.receipt]))
        _ = bench.progress.acknowledge(own[0], offset: 1)
        #expect(bench.watermark == 11)
        for token in tokens { #expect(bench.progress.acknowledge(token, offset: 3).isEmpty) }
        #expect(bench.progress.unacknowledged == 0)
    }

    @Test("without any receipt of its own a lane keeps the end that it found")
    func receiptsEnd() throws {
        var start = StageProgress.Start(offset: 10)
        start.receiptsFloor = 500
        start.receiptsEnd = 700
        start.inputEnd = 10
        var bench = Bench(at: start)
        #expect(try bench.commit().receiptsFloor == 700)
    }

    @Test("a commit says that the lane was left in order only when it was told so")
    func clean() throws {
        var bench = Bench()
        #expect(try !bench.commit().isClean)
        bench.progress.markClean(lane: bench.lane)
        #expect(try bench.commit().isClean)
    }

    @Test("records below the uncertain offset may have been acted upon")
    func uncertain() {
        var start = StageProgress.Start(offset: 10)
        #expect(start.uncertainBelow == 10)
        start.uncertainBelow = 15
        let bench = Bench(at: start)
        #expect(bench.progress.isUncertain(lane: bench.lane, offset: 14))
        #expect(!bench.progress.isUncertain(lane: bench.lane, offset: 15))
        #expect(!bench.progress.isUncertain(lane: 99, offset: 14))
    }

    @Test("a lane that was lost takes and commits nothing, and late acknowledgements are harmless")
    func lost() throws {
        var bench = Bench()
        let tokens = try bench.begin(10, Effects(state: Self.state, outputs: [Self.receipt]))
        bench.progress.close(lane: bench.lane)
        #expect(bench.progress.take(lane: bench.lane, offset: 11) == nil)
        #expect(bench.progress.commit(lane: bench.lane) == nil && bench.progress.room(lane: bench.lane) == 0)
        let again = bench.progress.open(topic: "in", partition: 4, at: StageProgress.Start(offset: 10))
        #expect(again != bench.lane)
        // The next owner lets out what follows from the state, or decides otherwise.
        #expect(bench.progress.acknowledge(tokens[0], offset: 1).isEmpty)
        #expect(bench.progress.unacknowledged == 0)
        #expect(bench.progress.lane(again)?.tracker.watermark == 10, "the new lane has its own progress")
        #expect(bench.progress.take(lane: again, offset: 10)?.lane == again)
    }

    @Test("a resumed lane skips what is finished", arguments: [10, 12] as [Int64])
    func resumed(_ first: Int64) throws {
        var start = StageProgress.Start(offset: 10)
        start.finished.append(first..<13)
        var bench = Bench(at: start)
        for offset in 10..<13 as Range<Int64> {
            #expect((bench.progress.take(lane: bench.lane, offset: offset) == nil) == (offset >= first))
        }
    }
}
