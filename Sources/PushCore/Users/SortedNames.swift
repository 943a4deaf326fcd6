/// Names in order, each once: to be gone through from any of them on while others come and go.
///
/// Chunks of a few hundred, so that one more moves little, and a million cost hardly more than the names themselves.
struct SortedNames: Sendable {
    /// None is empty.
    private var chunks: [[String]] = []
    private(set) var count = 0

    private static let chunkMax = 512

    var isEmpty: Bool { count == 0 }

    mutating func insert(_ name: String) {
        guard !chunks.isEmpty else {
            chunks = [[name]]
            count = 1
            return
        }
        let chunk = chunk(of: name)
        let position = Self.position(of: name, in: chunks[chunk])
        if position < chunks[chunk].count, chunks[chunk][position] == name { return }
        chunks[chunk].insert(name, at: position)
        count += 1
        guard chunks[chunk].count > Self.chunkMax else { return }
        let upper = Array(chunks[chunk][(Self.chunkMax / 2)...])
        chunks[chunk].removeSubrange((Self.chunkMax / 2)...)
        chunks.insert(upper, at: chunk + 1)
    }

    mutating func remove(_ name: String) {
        guard !chunks.isEmpty else { return }
        let chunk = chunk(of: name)
        let position = Self.position(of: name, in: chunks[chunk])
        guard position < chunks[chunk].count, chunks[chunk][position] == name else { return }
        chunks[chunk].remove(at: position)
        count -= 1
        if chunks[chunk].isEmpty { chunks.remove(at: chunk) }
    }

    /// At most so many names behind one, and up to another where there is one, in order.
    ///
    /// `after`: Itself left out, and need not be there; the empty text stands before all.
    func names(after: String, upTo last: String? = nil, max: Int = .max) -> [String] {
        guard !chunks.isEmpty else { return [] }
        var found: [String] = []
        var chunk = chunk(of: after)
        var position = Self.position(of: after, in: chunks[chunk])
        if position < chunks[chunk].count, chunks[chunk][position] == after { position += 1 }
        while chunk < chunks.count, found.count < max {
            for name in chunks[chunk][position...] {
                if let last, name > last { return found }
                if found.count == max { return found }
                found.append(name)
            }
            chunk += 1
            position = 0
        }
        return found
    }

    /// The chunk that a name is in, or belongs into: the last one that does not begin behind it.
    private func chunk(of name: String) -> Int {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle][0] <= name { low = middle + 1 } else { high = middle }
        }
        return max(0, low - 1)
    }

    /// The position of the first name that is not before this one.
    private static func position(of name: String, in chunk: [String]) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Who subscribed to which topic, of one partition: follows from the users' records, and is kept in memory alone.
struct Subscribers: Sendable {
    private var topics: [String: SortedNames] = [:]
    /// Subscriptions: of each user to each topic.
    private(set) var count = 0

    mutating func set(_ user: String, topic: String, isSubscribed: Bool) {
        var names = topics.removeValue(forKey: topic) ?? SortedNames()
        let before = names.count
        if isSubscribed { names.insert(user) } else { names.remove(user) }
        count += names.count - before
        if !names.isEmpty { topics[topic] = names }
    }

    /// At most so many users behind one, and up to another, who subscribed to any of the topics: in order, each once.
    func users(of names: [String], after: String, upTo last: String? = nil, max: Int = .max) -> [String] {
        let lists = names.compactMap { topics[$0]?.names(after: after, upTo: last, max: max) }.filter { !$0.isEmpty }
        if lists.count < 2 { return lists.first ?? [] }
        var merged: [String] = []
        for user in lists.flatMap(\.self).sorted() where user != merged.last {
            if merged.count == max { break }
            merged.append(user)
        }
        return merged
    }
}

extension TopicSubscription {
    /// The topics that a user's record says they subscribed to, read without the rest of it.
    static func subscribed(in record: [UInt8]) -> [String] {
        var subscriptions: [TopicSubscription] = []
        // SAFETY: the reader is used within the call.
        let isKnown = unsafe record.withUnsafeBytes { octets in
            var reader = unsafe WireReader(octets)
            while reader.next() {
                if reader.number == 11 {
                    subscriptions.append(reader.nested(TopicSubscription.init))
                } else {
                    reader.skip()
                }
            }
            return reader.isWellFormed
        }
        // A later version has added something.
        if !isKnown { subscriptions = HeldUser(octets: record)?.topics ?? [] }
        return subscriptions.filter(\.subscribed).map(\.topic)
    }
}
