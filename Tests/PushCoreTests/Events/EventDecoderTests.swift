import PushCore
import Testing

@Suite("Events: binary mode")
struct BinaryEventTests {
    @Test("all attributes and the data are there")
    func whole() throws {
        let record = Sample.binary(
            [
                "subject": "order/1", "time": "2026-01-02T03:04:05.678Z", "dataschema": "https://example.com/s",
                "myext1": "x", "source": "/shöp",
            ],
            value: #"{"total":12.5}"#,
            contentType: "application/vnd.order+json; charset=utf-8"
        )
        try EventDecoder().inspect(record) { event in
            #expect(event.id == "e-1")
            #expect(event.source == "/shöp")
            #expect(event.type == "com.example.order.shipped")
            #expect(event.subject == "order/1")
            #expect(event.timeMs == 1_767_323_045_678)
            #expect(event.dataSchema == "https://example.com/s")
            #expect(event.dataContentType == "application/vnd.order+json; charset=utf-8")
            #expect(event.data?.member("total")?.doubleValue == 12.5)
            #expect(event.attribute(named: "myext1") == .string("x"))
            #expect(event.attribute(named: "time") == .timestamp(milliseconds: 1_767_323_045_678))
            #expect(event.attribute(named: "specversion") == .string("1.0"))
            #expect(event.attribute(named: "datacontenttype") == .string("application/vnd.order+json; charset=utf-8"))
            #expect(event.attribute(named: "other") == nil)
            #expect(event.attribute(named: "data") == nil)
            #expect(event.typeOctets == Array(event.type.utf8))
            #expect(
                Set(event.attributeNames) == [
                    "specversion", "id", "source", "type", "subject", "time", "dataschema", "myext1", "datacontenttype",
                ]
            )
            #expect(event.reference.id == "e-1" && event.reference.timeMs == 1_767_323_045_678)
        }
    }

    @Test("what is optional may be absent, and no content type means JSON")
    func least() throws {
        try EventDecoder().inspect(Sample.binary(contentType: nil)) { event in
            #expect(event.subject == nil && event.timeMs == nil && event.dataContentType == nil)
            #expect(event.attribute(named: "time") == nil)
            #expect(event.data?.member("a")?.intValue == 1)
            #expect(event.reference.timeMs == 0)
        }
    }

    @Test("a null or empty value is an event without data", arguments: [nil, ""])
    func noData(_ value: String?) throws {
        try EventDecoder().inspect(Sample.binary(value: value)) { event in
            #expect(event.data == nil && !event.hasData)
            #expect(event.id == "e-1")
        }
    }

    @Test("JSON null is data")
    func nullData() throws {
        try EventDecoder().inspect(Sample.binary(value: "null")) { event in
            #expect(event.hasData && event.data?.isNull == true)
        }
    }

    @Test("data of another content type is octets", arguments: ["text/plain", "application/avro", "application/jsonx"])
    func opaqueData(_ contentType: String) throws {
        var record = Sample.binary(contentType: contentType)
        record.value = [0xFF, 0x00]
        try EventDecoder().inspect(record) { event in
            #expect(event.data == nil && event.hasData)
            #expect(event.opaqueOctets == [0xFF, 0x00])
        }
    }

    @Test("percent signs in headers mean themselves")
    func noPercentDecoding() throws {
        try EventDecoder().inspect(Sample.binary(["subject": "100%25"])) { #expect($0.subject == "100%25") }
    }

    @Test("the content-type header is found in any case")
    func headerCase() throws {
        let record = Sample.binary(contentType: nil, more: [.init("Content-Type", "text/plain")])
        try EventDecoder().inspect(record) { #expect($0.dataContentType == "text/plain" && $0.data == nil) }
    }

    static let refusals: [Refusal] = [
        Refusal("no specversion", Sample.binary(["specversion": nil]), .missingAttribute, "specversion"),
        Refusal("no id", Sample.binary(["id": nil]), .missingAttribute, "id"),
        Refusal("no source", Sample.binary(["source": nil]), .missingAttribute, "source"),
        Refusal("no type", Sample.binary(["type": nil]), .missingAttribute, "type"),
        Refusal("specversion 0.3", Sample.binary(["specversion": "0.3"]), .unsupportedSpecversion, "1.0"),
        Refusal("specversion 1", Sample.binary(["specversion": "1"]), .unsupportedSpecversion, "1.0"),
        Refusal("empty id", Sample.binary(["id": ""]), .invalidAttribute, "id"),
        Refusal("empty source", Sample.binary(["source": ""]), .invalidAttribute, "source"),
        Refusal("empty type", Sample.binary(["type": ""]), .invalidAttribute, "type"),
        Refusal("empty subject", Sample.binary(["subject": ""]), .invalidAttribute, "subject"),
        Refusal("empty dataschema", Sample.binary(["dataschema": ""]), .invalidAttribute, "dataschema"),
        Refusal("time that is none", Sample.binary(["time": "yesterday"]), .invalidAttribute, "time"),
        Refusal("capital letters", Sample.binary(["myExt": "1"]), .invalidAttribute, "myExt"),
        Refusal("underscore", Sample.binary(["my_ext": "1"]), .invalidAttribute, "my_ext"),
        Refusal("empty name", Sample.binary(["": "1"]), .invalidAttribute, "name"),
        Refusal("control character", Sample.binary(["subject": "a\nb"]), .invalidAttribute, "subject"),
        Refusal("C1 control character", Sample.binary(["myext": "a\u{85}"]), .invalidAttribute, "myext"),
        Refusal("noncharacter", Sample.binary(["myext": "\u{FFFE}"]), .invalidAttribute, "myext"),
        Refusal(
            "content type as ce_",
            Sample.binary(["datacontenttype": "text/plain"]),
            .invalidAttribute,
            "content-type"
        ),
        Refusal("data as ce_", Sample.binary(["data": "1"]), .invalidAttribute, "ce_data"),
        Refusal(
            "content type without subtype",
            Sample.binary(contentType: "json"),
            .invalidAttribute,
            "datacontenttype"
        ),
        Refusal(
            "foreign charset",
            Sample.binary(contentType: "application/json; charset=utf-16"),
            .unsupportedContentType,
            "UTF-8"
        ),
        Refusal("repeated id", Sample.binary(more: [.init("ce_id", "2")]), .invalidAttribute, "id"),
        Refusal("repeated extension", Sample.binary(["x": "1"], more: [.init("ce_x", "1")]), .invalidAttribute, "ce_x"),
        Refusal(
            "repeated content type",
            Sample.binary(more: [.init("content-type", "a/b")]),
            .invalidAttribute,
            "contenttype"
        ),
        Refusal(
            "id without value",
            Sample.binary(["id": nil], more: [.init("ce_id", nil as [UInt8]?)]),
            .invalidAttribute,
            "ce_id"
        ),
        Refusal(
            "content type without value",
            Sample.binary(contentType: nil, more: [.init("content-type", nil as [UInt8]?)]),
            .invalidAttribute,
            "content-type"
        ),
        Refusal("id not UTF-8", Sample.binary(["id": nil], more: [.init("ce_id", [0xC3, 0x28])]), .invalidUTF8, "id"),
        Refusal("extension not UTF-8", Sample.binary(more: [.init("ce_x", [0xFF])]), .invalidUTF8, "x"),
        Refusal("long attribute", Sample.binary(["x": String(repeating: "a", count: 65_537)]), .tooLarge, "x"),
        Refusal("many attributes", Sample.binary(more: (0..<125).map { .init("ce_x\($0)", "") }), .tooLarge, "128"),
        Refusal("value that is no JSON", Sample.binary(value: "{"), .invalidJSON, "the value"),
        Refusal(
            "value that is no JSON by default",
            Sample.binary(value: "hello", contentType: nil),
            .invalidJSON,
            "offset 0"
        ),
        Refusal("value nested deeply", Sample.binary(value: String(repeating: "[", count: 1 << 20)), .tooDeep, "128"),
        Refusal(
            "value too large",
            Sample.binary(value: "\"" + String(repeating: "x", count: 1 << 20) + "\""),
            .tooLarge,
            "1048576"
        ),
    ]

    @Test("what is not an event by the specification is refused with the attribute's name", arguments: refusals)
    func refuses(_ refusal: Refusal) throws {
        let reason = try #require(EventDecoder().refusal(refusal.record))
        #expect(reason.code == refusal.code)
        #expect(reason.detail.contains(refusal.detail), "\(reason.detail)")
    }

    @Test("a value that is not UTF-8 is refused as such")
    func foreignOctets() {
        var record = Sample.binary()
        record.value = [0x22, 0xFF, 0x22]
        #expect(EventDecoder().refusal(record)?.code == .invalidUTF8)
    }

    @Test("after a refused record the next is decoded")
    func recovers() throws {
        let decoder = EventDecoder()
        #expect(decoder.refusal(Sample.binary(value: "[1,")) != nil)
        try decoder.inspect(Sample.binary()) { #expect($0.data?.count == 1) }
    }
}

@Suite("Events: structured mode")
struct StructuredEventTests {
    @Test("all attributes and the data are there, with their types")
    func whole() throws {
        let record = Sample.structured([
            "subject": #""a\u0062c""#, "time": #""2026-01-02T03:04:05Z""#, "flag": "true", "number": "-2147483648",
            "text": #""x""#, "unset": "null", "data": #"{"total":1}"#, "datacontenttype": #""application/json""#,
        ])
        try EventDecoder().inspect(record) { event in
            #expect(event.id == "e-1" && event.source == "/shop" && event.type == "com.example.order.shipped")
            #expect(event.subject == "abc")
            #expect(event.timeMs == 1_767_323_045_000)
            #expect(event.attribute(named: "flag") == .boolean(true))
            #expect(event.attribute(named: "number") == .integer(-2_147_483_648))
            #expect(event.attribute(named: "text") == .string("x"))
            #expect(event.attribute(named: "unset") == nil)
            #expect(event.attribute(named: "data") == nil)
            #expect(!event.attributeNames.contains("unset") && !event.attributeNames.contains("data"))
            #expect(event.data?.member("total")?.intValue == 1)
            #expect(event.dataContentType == "application/json")
        }
    }

    @Test("null is as good as absent")
    func nullAttributes() throws {
        let record = Sample.structured([
            "subject": "null", "time": "null", "datacontenttype": "null", "data_base64": "null",
        ])
        try EventDecoder().inspect(record) { event in
            #expect(event.subject == nil && event.timeMs == nil && event.dataContentType == nil && !event.hasData)
        }
    }

    @Test("data may be any JSON value", arguments: ["null", "1", "\"text\"", "[]", "{}", "false"])
    func anyData(_ data: String) throws {
        try EventDecoder().inspect(Sample.structured(["data": data])) { event in
            #expect(event.data?.rawText == data.filter { $0 != "\"" })
        }
    }

    @Test("data of another content type is a string, or octets in base64")
    func opaqueData() throws {
        let text = Sample.structured(["datacontenttype": #""text/plain""#, "data": #""a\n""#])
        let octets = Sample.structured(["datacontenttype": #""image/png""#, "data_base64": #""/wD+""#])
        try EventDecoder().inspect(text) { #expect($0.opaqueOctets == [0x61, 0x0A]) }
        try EventDecoder().inspect(octets) { #expect($0.opaqueOctets == [0xFF, 0x00, 0xFE]) }
    }

    @Test("JSON in base64 is JSON", arguments: [nil, #""application/json""#])
    func base64JSON(_ contentType: String?) throws {
        // {"a":1}
        let record = Sample.structured(["datacontenttype": contentType, "data_base64": #""eyJhIjoxfQ==""#])
        try EventDecoder().inspect(record) { event in
            #expect(event.data?.member("a")?.intValue == 1)
            #expect(event.id == "e-1")
        }
    }

    @Test("headers of binary mode next to an envelope are let be")
    func bothModes() throws {
        let record = Sample.envelope(
            #"{"specversion":"1.0","id":"inner","source":"s","type":"t"}"#,
            more: [.init("ce_id", "outer")]
        )
        try EventDecoder().inspect(record) { #expect($0.id == "inner") }
    }

    @Test(
        "media types are compared without case and parameters",
        arguments: [
            "application/cloudevents+json", "Application/CloudEvents+JSON",
            "application/cloudevents+json ; charset=\"utf-8\"",
        ]
    )
    func contentTypes(_ contentType: String) throws {
        try EventDecoder().inspect(Sample.structured(contentType: contentType)) { #expect($0.id == "e-1") }
    }

    static let refusals: [Refusal] = [
        Refusal("no specversion", Sample.structured(["specversion": nil]), .missingAttribute, "specversion"),
        Refusal("no id", Sample.structured(["id": nil]), .missingAttribute, "id"),
        Refusal("null id", Sample.structured(["id": "null"]), .missingAttribute, "id"),
        Refusal("no source", Sample.structured(["source": nil]), .missingAttribute, "source"),
        Refusal("no type", Sample.structured(["type": nil]), .missingAttribute, "type"),
        Refusal("specversion 2.0", Sample.structured(["specversion": #""2.0""#]), .unsupportedSpecversion, "1.0"),
        Refusal("specversion as number", Sample.structured(["specversion": "1.0"]), .invalidAttribute, "specversion"),
        Refusal("id as number", Sample.structured(["id": "1"]), .invalidAttribute, "id"),
        Refusal("source as object", Sample.structured(["source": "{}"]), .invalidAttribute, "source"),
        Refusal("type as array", Sample.structured(["type": "[]"]), .invalidAttribute, "type"),
        Refusal("subject as boolean", Sample.structured(["subject": "true"]), .invalidAttribute, "subject"),
        Refusal("time as number", Sample.structured(["time": "1767323045"]), .invalidAttribute, "time"),
        Refusal("time that is none", Sample.structured(["time": #""now""#]), .invalidAttribute, "time"),
        Refusal("empty id", Sample.structured(["id": #""""#]), .invalidAttribute, "id"),
        Refusal(
            "content type as number",
            Sample.structured(["datacontenttype": "1"]),
            .invalidAttribute,
            "datacontenttype"
        ),
        Refusal(
            "content type that is none",
            Sample.structured(["datacontenttype": #""json""#]),
            .invalidAttribute,
            "datacontenttype"
        ),
        Refusal("extension as object", Sample.structured(["x": "{}"]), .invalidAttribute, "x"),
        Refusal("extension with fraction", Sample.structured(["x": "1.5"]), .invalidAttribute, "x"),
        Refusal("extension of 33 bits", Sample.structured(["x": "2147483648"]), .invalidAttribute, "x"),
        Refusal("attribute name", Sample.structured(["X": "1"]), .invalidAttribute, "X"),
        Refusal("control character", Sample.structured(["subject": #""\u0007""#]), .invalidAttribute, "subject"),
        Refusal(
            "data twice",
            Sample.structured(["data": "1", "data_base64": #""AA==""#]),
            .invalidData,
            "data_base64"
        ),
        Refusal("base64 that is none", Sample.structured(["data_base64": #""A""#]), .invalidData, "base64"),
        Refusal(
            "base64 without padding",
            Sample.structured(["data_base64": #""eyJhIjoxfQ""#]),
            .invalidData,
            "padding"
        ),
        Refusal("base64 as number", Sample.structured(["data_base64": "1"]), .invalidData, "base64"),
        Refusal("base64 that is no JSON", Sample.structured(["data_base64": #""/wD+""#]), .invalidJSON, "data_base64"),
        Refusal(
            "text that is no string",
            Sample.structured(["datacontenttype": #""text/plain""#, "data": "{}"]),
            .invalidData,
            "data"
        ),
        Refusal("repeated attribute", Sample.envelope(#"{"id":"1","id":"2"}"#), .invalidAttribute, "id"),
        Refusal("repeated extension", Sample.envelope(#"{"x":"1","\u0078":"2"}"#), .invalidAttribute, "x"),
        Refusal("repeated data", Sample.envelope(#"{"data":1,"data":2}"#), .invalidAttribute, "data"),
        Refusal("an array", Sample.envelope("[]"), .notAnEvent, "object"),
        Refusal("not JSON", Sample.envelope("{"), .invalidJSON, "the value"),
        Refusal("empty value", Sample.envelope(""), .invalidJSON, "the value"),
        Refusal(
            "batch",
            Sample.envelope("[]", contentType: "application/cloudevents-batch+json"),
            .unsupportedContentType,
            "batch"
        ),
        Refusal(
            "avro",
            Sample.envelope("x", contentType: "application/cloudevents+avro"),
            .unsupportedContentType,
            "application/cloudevents+json"
        ),
        Refusal(
            "charset",
            Sample.structured(contentType: "application/cloudevents+json; charset=latin1"),
            .unsupportedContentType,
            "UTF-8"
        ),
        Refusal("nested deeply", Sample.structured(["data": String(repeating: "[", count: 1000)]), .tooDeep, "128"),
        Refusal(
            "two content types",
            Sample.envelope("{}", more: [.init("content-type", "a/b")]),
            .invalidAttribute,
            "content-type"
        ),
    ]

    @Test("what is not an event by the specification is refused with the attribute's name", arguments: refusals)
    func refuses(_ refusal: Refusal) throws {
        let reason = try #require(EventDecoder().refusal(refusal.record))
        #expect(reason.code == refusal.code)
        #expect(reason.detail.contains(refusal.detail), "\(reason.detail)")
    }

    @Test("a million members are refused before they are compared with one another", .timeLimit(.minutes(5)))
    func manyMembers() {
        let members = (0..<100_000).map { "\"x\($0)\":null" }.joined(separator: ",")
        let decoder = EventDecoder(limits: JSONLimits(bytesMax: 4 << 20))
        #expect(decoder.refusal(Sample.envelope("{\(members)}"))?.code == .tooLarge)
    }
}
