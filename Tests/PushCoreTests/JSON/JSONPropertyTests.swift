import Foundation
import PushCore
import Testing

/// A JSON value for tests, made at random, written by our writer and compared with what readers see.
indirect enum RandomJSON: Equatable {
    case null
    case bool(Bool)
    case integer(Int64)
    case double(Double)
    case string(String)
    case array([RandomJSON])
    case object([(name: String, value: RandomJSON)])

    static func make(_ random: inout SeededGenerator, depth: Int = 0) -> RandomJSON {
        switch Int.random(in: 0..<(depth > 5 ? 5 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64(truncatingIfNeeded: random.next()) >> Int64.random(in: 0..<64, using: &random))
        case 3:
            let value = Double(bitPattern: random.next())
            return .double(value.isFinite ? value : 0.5)
        case 4: return .string(text(&random))
        case 5: return .array((0..<Int.random(in: 0..<6, using: &random)).map { _ in make(&random, depth: depth + 1) })
        default:
            let names = Set((0..<Int.random(in: 0..<6, using: &random)).map { _ in text(&random) })
            return .object(names.sorted().map { ($0, make(&random, depth: depth + 1)) })
        }
    }

    /// Letters of every length in UTF-8, and what must be escaped.
    private static func text(_ random: inout SeededGenerator) -> String {
        let letters: [Unicode.Scalar] = [
            "a", "b", " ", "\"", "\\", "/", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "€", "😀", "\u{ffff}",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<24, using: &random) {
            scalars.append(letters[Int.random(in: 0..<letters.count, using: &random)])
        }
        return String(scalars)
    }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.bool(value)
        case .integer(let value): writer.integer(value)
        case .double(let value): writer.double(value)
        case .string(let value): writer.string(value)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }

    init(_ node: JSONNode) {
        switch node.kind {
        case .null: self = .null
        case .boolean: self = .bool(node.boolValue == true)
        case .number:
            if let integer = node.intValue {
                self = .integer(integer)
            } else {
                self = .double(node.doubleValue ?? .nan)
            }
        case .string: self = .string(node.stringValue ?? "")
        case .array: self = .array(node.elements.map { RandomJSON($0) })
        case .object: self = .object(node.members.map { ($0.name, RandomJSON($0.value)) })
        }
    }

    /// Strings by their scalars: Swift takes different scalars for equal where they are canonically equivalent.
    static func == (left: RandomJSON, right: RandomJSON) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.string(let left), .string(let right)): left.unicodeScalars.elementsEqual(right.unicodeScalars)
        case (.array(let left), .array(let right)): left == right
        case (.object(let left), .object(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.name == $1.name && $0.value == $1.value }
        default: false
        }
    }

    /// Whether Foundation's reading of the same text says the same.
    func agrees(with foundation: Any) -> Bool {
        switch self {
        case .null: foundation is NSNull
        case .bool(let value): (foundation as? NSNumber)?.boolValue == value
        case .integer(let value): (foundation as? NSNumber)?.int64Value == value
        case .double(let value):
            // Foundation keeps some numbers in decimal and rounds repeatedly: the last digits may differ. That ours is right to the last
            // bit, the round trip shows.
            (foundation as? NSNumber).map { abs($0.doubleValue - value) <= abs(value) * 1e-13 } ?? false
        case .string(let value): foundation as? String == value
        case .array(let elements):
            (foundation as? [Any]).map { others in
                others.count == elements.count && zip(elements, others).allSatisfy { $0.agrees(with: $1) }
            } ?? false
        case .object(let members):
            (foundation as? [String: Any]).map { others in
                others.count == members.count
                    && members.allSatisfy { member in
                        others[member.name].map { member.value.agrees(with: $0) } ?? false
                    }
            } ?? false
        }
    }
}

@Suite("JSON properties")
struct JSONPropertyTests {
    static let seeds: [UInt64] = [11, 12, 13, 14]

    private func written(_ value: RandomJSON) -> [UInt8] {
        var writer = JSONWriter()
        value.write(to: &writer)
        return writer.bytes
    }

    @Test("what is written reads back the same", arguments: seeds)
    func roundTrip(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let document = JSONDocument()
        for number in 0..<300 {
            let value = RandomJSON.make(&random)
            let error = document.load(written(value))
            #expect(error == nil, "seed \(seed), document \(number): \(String(describing: error))")
            guard error == nil else { return }
            #expect(RandomJSON(document.root) == value, "seed \(seed), document \(number)")
        }
    }

    @Test("Foundation reads the same from the same text", arguments: seeds)
    func differential(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 100)
        for number in 0..<200 {
            let value = RandomJSON.make(&random)
            let foundation = try JSONSerialization.jsonObject(with: Data(written(value)), options: .fragmentsAllowed)
            #expect(value.agrees(with: foundation), "seed \(seed), document \(number)")
        }
    }

    @Test("octets changed at random are refused or read, and what is read writes the same values", arguments: seeds)
    func mutations(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ 200)
        let document = JSONDocument()
        let other = JSONDocument()
        var refused = 0
        for number in 0..<2_000 {
            var text = written(RandomJSON.make(&random))
            for _ in 0..<Int.random(in: 1...3, using: &random) where !text.isEmpty {
                let position = Int.random(in: 0..<text.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: text[position] = UInt8.random(in: 0...255, using: &random)
                case 1: text.remove(at: position)
                default: text.insert(UInt8.random(in: 0...255, using: &random), at: position)
                }
            }
            if document.load(text) != nil {
                refused += 1
                continue
            }
            let value = RandomJSON(document.root)
            let isFinite = !String(describing: value).contains("nan")
            #expect(other.load(written(value)) == nil, "seed \(seed), document \(number)")
            if isFinite { #expect(RandomJSON(other.root) == value, "seed \(seed), document \(number)") }
        }
        #expect(refused > 500, "seed \(seed): most changes break a text")
    }
}
