import PushCore
import Testing

@Suite("Events: plain JSON, tombstones and what is neither")
struct PlainEventTests {
    private func path(_ text: String) throws -> PlainJSONMapping.Source { .path(try #require(JSONPath(text))) }

    private func record(_ value: String?, key: String? = nil) -> OwnedRecord {
        OwnedRecord(
            topic: "legacy",
            partition: 3,
            offset: 77,
            key: key.map { Array($0.utf8) },
            value: value.map { Array($0.utf8) }
        )
    }

    private func decoder() throws -> EventDecoder {
        let mapping = PlainJSONMapping(
            id: try path("meta.id"),
            source: .constant("/legacy"),
            type: try path("$.meta[\"event.type\"]"),
            subject: .recordKey,
            time: try path("meta.times[0]"),
            data: JSONPath("payload")
        )
        return EventDecoder(mappings: ["legacy": mapping])
    }

    @Test("attributes come from where the mapping says")
    func mapped() throws {
        let value = #"{"meta":{"id":42,"event.type":"t","times":[1767323045678]},"payload":{"a":1}}"#
        try decoder().inspect(record(value, key: "k")) { event in
            #expect(event.id == "42" && event.source == "/legacy" && event.type == "t" && event.subject == "k")
            #expect(event.timeMs == 1_767_323_045_678)
            #expect(event.data?.member("a")?.intValue == 1)
            #expect(event.attribute(named: "subject") == .string("k"))
            #expect(event.attribute(named: "specversion") == .string("1.0"))
            #expect(Set(event.attributeNames) == ["specversion", "id", "source", "type", "subject", "time"])
        }
    }

    @Test("time may be a text; what is optional may be absent or null")
    func optional() throws {
        let text = #"{"meta":{"id":"x","event.type":"t","times":["2026-01-02T03:04:05Z"]}}"#
        try decoder().inspect(record(text)) { event in
            #expect(event.timeMs == 1_767_323_045_000 && event.subject == nil && !event.hasData)
        }
        try decoder().inspect(record(#"{"meta":{"id":"x","event.type":"t","times":[null]}}"#)) {
            #expect($0.timeMs == nil)
        }
    }

    @Test("the position of a record can be its id, and the whole value its data")
    func position() throws {
        let mapping = PlainJSONMapping(id: .recordPosition, source: .constant("s"), type: .constant("t"))
        try EventDecoder(mappings: ["legacy": mapping]).inspect(record("[1]")) { event in
            #expect(event.id == "legacy/3/77")
            #expect(event.data?.element(0)?.intValue == 1)
        }
    }

    @Test(
        "what the mapping does not find, or finds in a wrong form, is refused",
        arguments: [
            (#"{"meta":{"event.type":"t"}}"#, DeadLetterReason.Code.missingAttribute, "id"),
            (#"{"meta":{"id":"1"}}"#, .missingAttribute, "type"),
            (#"{"meta":{"id":"","event.type":"t"}}"#, .invalidAttribute, "id"),
            (#"{"meta":{"id":1.5,"event.type":"t"}}"#, .invalidAttribute, "meta.id"),
            (#"{"meta":{"id":[],"event.type":"t"}}"#, .invalidAttribute, "meta.id"),
            (#"{"meta":{"id":"1","event.type":"t","times":["?"]}}"#, .invalidAttribute, "time"),
            ("[", .invalidJSON, "the value"),
            ("", .invalidJSON, "the value"), ("[]", .missingAttribute, "id"),
        ]
    )
    func refuses(_ value: String, _ code: DeadLetterReason.Code, _ detail: String) throws {
        let reason = try #require(try decoder().refusal(record(value)))
        #expect(reason.code == code)
        #expect(reason.detail.contains(detail), "\(reason.detail)")
    }

    @Test("a key that is not UTF-8 is refused")
    func foreignKey() throws {
        var record = record(#"{"meta":{"id":"1","event.type":"t"}}"#)
        record.key = [0xFF]
        #expect(try decoder().refusal(record)?.code == .invalidUTF8)
    }

    @Test("a CloudEvent on a topic with a mapping is a CloudEvent")
    func cloudEvent() throws {
        var record = Sample.binary()
        record.topic = "legacy"
        try decoder().inspect(record) { #expect($0.source == "/shop") }
    }

    @Test("a record without value is a tombstone, unless it is an event in binary mode")
    func tombstones() throws {
        let headers: [[OwnedRecord.Header]] = [
            [], [.init("content-type", "application/json")], [.init("content-type", "application/cloudevents+json")],
        ]
        for headers in headers {
            for topic in ["legacy", "shop.events"] {
                let isTombstone = try OwnedRecord(topic: topic, headers: headers).withInputRecord { record in
                    if case .tombstone = try decoder().decode(record) { return true }
                    return false
                }
                #expect(isTombstone)
            }
        }
        #expect(
            try decoder().refusal(OwnedRecord(topic: "t", headers: [.init("ce_id", "1")]))?.code == .missingAttribute
        )
    }

    @Test("a record that nothing says anything about is no event", arguments: [#"{"a":1}"#, "", "hello"])
    func notAnEvent(_ value: String) {
        let record = OwnedRecord(topic: "other", value: Array(value.utf8))
        #expect(EventDecoder().refusal(record)?.code == .notAnEvent)
    }

    @Test("an envelope without its header is no event, and the detail says what is missing")
    func forgottenHeader() throws {
        var record = Sample.structured()
        record.headers = []
        let reason = try #require(EventDecoder().refusal(record))
        #expect(reason.code == .notAnEvent)
        #expect(reason.detail.contains("content-type: application/cloudevents+json"))
    }

    @Test(
        "paths are read strictly",
        arguments: ["", ".", "a.", ".a", "a..b", "a[", "a[]", "a[x]", "a[-1]", "a[1", "a[\"b]", "a]", "$a", "a b]"]
    )
    func badPaths(_ text: String) {
        #expect(JSONPath(text) == nil)
    }

    @Test(
        "paths lead to values",
        arguments: [("$", 4), ("a", 2), ("a[1]", 1), ("$.a[1].b", 1), ("[\"c.d\"]", 0), ("$[\"\"]", 3)]
    )
    func goodPaths(_ text: String, _ count: Int) throws {
        let document = try loaded(#"{"a":[0,{"b":[1]}],"c.d":5,"":[1,2,3],"e":0}"#)
        let path = try #require(JSONPath(text))
        #expect(path.value(in: document.root)?.count == count)
    }
}

@Suite("Events: trace context")
struct TraceContextTests {
    static let good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    @Test("the header goes before the attribute, and brings its own state")
    func order() throws {
        let other = "00-0af7651916cd43dd8448eb211c80319d-b7ad6b7169203331-00"
        let both = Sample.binary(
            ["traceparent": other, "tracestate": "b=2"],
            more: [.init("traceparent", Self.good), .init("tracestate", "a=1")]
        )
        try EventDecoder().inspect(both) { #expect($0.traceparent == Self.good && $0.tracestate == "a=1") }
        let attribute = Sample.structured(["traceparent": "\"\(other)\"", "tracestate": #""b=2""#])
        try EventDecoder().inspect(attribute) { #expect($0.traceparent == other && $0.tracestate == "b=2") }
        try EventDecoder().inspect(Sample.binary()) { #expect($0.traceparent == nil && $0.tracestate == nil) }
    }

    @Test(
        "a malformed traceparent is no trace, and does not harm the event",
        arguments: [
            "", "x", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ]
    )
    func malformed(_ text: String) throws {
        let record = Sample.binary(more: [.init("traceparent", text), .init("tracestate", "a=1")])
        try EventDecoder().inspect(record) { #expect($0.traceparent == nil && $0.tracestate == nil) }
    }

    @Test("later versions may have more fields; state has a limit")
    func laterVersion() throws {
        let later = "01" + Self.good.dropFirst(2) + "-more"
        let long = String(repeating: "a", count: 513)
        let record = Sample.binary(more: [.init("traceparent", later), .init("tracestate", long)])
        try EventDecoder().inspect(record) { #expect($0.traceparent == later && $0.tracestate == nil) }
    }
}
