import Testing

@testable import PushCore

@Suite("Dispatch: how a delivery ends")
struct VerdictTests {
    @Test("an accepted delivery has one receipt under its derived id, and nothing else")
    func accepted() throws {
        var bench = DispatchBench()
        let delivery = Make.delivery()
        let ticket = try bench.begin(delivery)
        #expect(bench.core.count == 1 && bench.core.delivery(ticket)?.record == delivery)
        bench.nowMs += 7
        let step = try bench.answer(ticket, .accepted(providerMessageID: "apns-1"), status: 200)
        let receipt = try step.receipt
        #expect(try step.effects.outputs.count == 1 && step.effects.state == nil)
        #expect(receipt.text("outcome") == "accepted" && receipt.json.member("reason") == nil)
        #expect(receipt.text("receipt_id") == Make.receiptID(delivery).description)
        #expect(receipt.header("ce_id") == receipt.text("receipt_id"))
        #expect(receipt.text("provider_message_id") == "apns-1")
        #expect(receipt.json.member("provider_status")?.intValue == 200)
        #expect(receipt.json.member("attempts")?.intValue == 1)
        #expect(receipt.text("sent_at") == RFC3339.text(Make.timeMs + 10))
        #expect(receipt.text("completed_at") == RFC3339.text(Make.timeMs + 17))
        #expect(receipt.json.member("possible_duplicate")?.boolValue == false)
        #expect(
            step.ending == .init(outcome: .accepted, reason: nil, latencyMs: 17, wasRetried: false)
        )
        #expect(bench.core.count == 0 && bench.core.delivery(ticket) == nil)
    }

    struct Ending: CustomTestStringConvertible, Sendable {
        let end: AttemptEnd
        let outcome: String
        let reason: String
        /// The invalid-since of the command to the users stage; nil where there is none.
        var feedback: Int64?
        var attempts: Int64 = 1
        var testDescription: String { "\(end)" }

        static func answered(_ verdict: Verdict, _ outcome: String, _ reason: String, feedback: Int64? = nil) -> Self {
            Ending(
                end: .answered(verdict, AttemptEnd.Answer(status: 410, reason: "Word")),
                outcome: outcome,
                reason: reason,
                feedback: feedback
            )
        }
    }

    @Test(
        "each verdict that ends a delivery",
        arguments: [
            .answered(.addressDead(.unregistered, invalidSinceMs: 77), "rejected", "unregistered", feedback: 77),
            .answered(.addressDead(.badDeviceToken, invalidSinceMs: nil), "rejected", "bad_device_token", feedback: 0),
            .answered(.addressKept(.unregistered, invalidSinceMs: 5), "rejected", "unregistered", feedback: 5),
            .answered(.badRequest(.payloadTooLarge), "rejected", "payload_too_large"),
            Ending(end: .unsendable(.payloadTooLarge), outcome: "rejected", reason: "payload_too_large", attempts: 0),
            Ending(end: .unsendable(.ttlPassed), outcome: "expired", reason: "ttl_passed", attempts: 0),
        ] as [Ending]
    )
    func ends(_ ending: Ending) throws {
        var bench = DispatchBench()
        let delivery = Make.delivery()
        let step = try bench.end(try bench.begin(delivery), ending.end)
        let receipt = try step.receipt
        #expect(receipt.text("outcome") == ending.outcome && receipt.text("reason") == ending.reason)
        #expect(receipt.json.member("attempts")?.intValue == ending.attempts)
        // What was never sent has no time of sending.
        #expect((receipt.text("sent_at") != nil) == (ending.attempts > 0))
        #expect(receipt.text("provider_reason") == (ending.attempts > 0 ? "Word" : nil))
        // Before the receipt, which tells a successor that all was said.
        let feedback = try step.effects.state
        #expect((feedback == nil) == (ending.feedback == nil))
        #expect(try step.effects.outputs.count == 1)
        if let since = ending.feedback, let command = try feedback?.command() {
            #expect(feedback?.topic == .inbox && feedback?.keyText == "u:ann")
            #expect(command.rejected.invalidSinceMs == since && command.rejected.reason == ending.reason)
            #expect(command.rejected.deviceID == "phone" && command.rejected.registeredAtMs == Make.timeMs)
            #expect(command.rejected.fingerprint == Digests.openSSL.fingerprint(of: delivery.device))
            #expect(command.rejected.notificationIDLow == delivery.notification.idLow)
        }
    }

    @Test(
        "a delivery whose app is refused waits, and is handed back with that reason when nobody mends the app in time"
    )
    func configuration() throws {
        var bench = DispatchBench(RetryPolicy(budgetMs: 1000, baseMs: 10, capMs: 10))
        let ticket = try bench.begin()
        #expect(try bench.answer(ticket, .configuration(.badTopic), status: 400).isWait)
        bench.nowMs += 1000
        let again = try bench.skip().ticket
        let receipt = try bench.end(again, .held(.badTopic, untilMs: bench.nowMs + 5000)).handBack.receipt
        #expect(receipt.text("outcome") == "deferred" && receipt.text("reason") == "bad_topic")
        #expect(receipt.json.member("attempts")?.intValue == 1)
    }

    @Test("an expired delivery is not sent")
    func expired() throws {
        var bench = DispatchBench()
        var notification = Make.notification()
        notification.expiresAtMs = bench.nowMs
        let receipt = try bench.take(Make.delivery(notification)).receipt
        #expect(receipt.text("outcome") == "expired" && receipt.text("reason") == "ttl_passed")
        #expect(receipt.json.member("attempts")?.intValue == 0 && receipt.text("sent_at") == nil)
    }

    @Test("a credential is renewed once, then its refusal is final")
    func reauthentication() throws {
        var bench = DispatchBench()
        let refusal = Verdict.reauthenticate(.expiredProviderToken)
        let ticket = try bench.begin()
        #expect(try bench.answer(ticket, refusal, status: 403).ticket == ticket)
        #expect(try bench.answer(ticket, .retry(.shutdown, after: nil), status: 503).isWait)
        _ = try bench.skip()
        let receipt = try bench.answer(ticket, refusal, status: 403).receipt
        #expect(receipt.text("outcome") == "rejected" && receipt.text("reason") == "expired_provider_token")
        #expect(receipt.json.member("attempts")?.intValue == 3)
    }

    @Test("an attempt without an answer marks what follows as a possible duplicate")
    func unknown() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin()
        #expect(try bench.end(ticket, .unknown(.connectionLost)).isWait)
        #expect(try bench.skip().ticket == ticket)
        let receipt = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200).receipt
        #expect(receipt.json.member("possible_duplicate")?.boolValue == true)
        #expect(receipt.json.member("attempts")?.intValue == 2)
    }

    @Test("a request that was not processed is no attempt, and marks nothing")
    func notProcessed() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin()
        for _ in 0..<3 {
            #expect(try bench.end(ticket, .notProcessed(.connectionLost)).isWait)
            #expect(try bench.skip().ticket == ticket)
        }
        let step = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200)
        #expect(try step.receipt.json.member("attempts")?.intValue == 1)
        #expect(try step.receipt.json.member("possible_duplicate")?.boolValue == false)
        #expect(step.ending?.wasRetried == false)
    }

    @Test("what an earlier owner may have sent is a possible duplicate from the start")
    func mayHaveBeenSent() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin(mayHaveBeenSent: true)
        let receipt = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200).receipt
        #expect(receipt.json.member("possible_duplicate")?.boolValue == true)
    }

    @Test("a delivery that is read twice is sent once")
    func readTwice() throws {
        var bench = DispatchBench()
        let ticket = try bench.begin()
        let second = bench.take()
        #expect(try second.effects.isEmpty && second.ending == nil)
        _ = try bench.answer(ticket, .accepted(providerMessageID: nil), status: 200)
        #expect(try bench.take().effects.isEmpty)
        #expect(bench.core.count == 0)
    }

    @Test("a delivery whose receipt was found at the tail is over; another lane's receipts do not count")
    func receiptsAtTheTail() throws {
        var bench = DispatchBench()
        let delivery = Make.delivery()
        bench.core.remember(receipt: Make.receiptID(delivery), lane: 1)
        #expect(try bench.take(delivery, lane: 1).effects.isEmpty)
        let ticket = try bench.take(delivery, lane: 2).ticket
        #expect(bench.core.delivery(ticket)?.record == delivery)
        bench.core.close(lane: 1)
        bench.core.close(lane: 2)
        #expect(throws: Never.self) { try bench.take(delivery, lane: 1).ticket }
    }

    @Test(
        "what is no delivery becomes a dead letter as it came",
        arguments: [nil, [], [0xFF, 0xFF], Array("{\"hello\": 1}".utf8)] as [[UInt8]?]
    )
    func deadLetter(_ value: [UInt8]?) throws {
        var bench = DispatchBench()
        let record = OwnedRecord(topic: "push.outbox.apns", offset: 9, key: Array("ann".utf8), value: value)
        let effects = try bench.take(record).effects
        let letter = try #require(effects.deadLetters.first)
        #expect(effects.outputs.count == 1 && letter.value == value && letter.key == record.key)
        #expect(letter.header("dlq_stage") == "dispatch" && letter.header("dlq_offset") == "9")
    }
}
