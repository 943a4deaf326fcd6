@testable import PushCore

/// What a ledger gives, as values: the product appends to a buffer that it keeps.
struct Release {
    var productions: [EffectLedger.Production] = []
    /// The record that is finished, if one is.
    var finished: WorkItem?
}

extension EffectLedger {
    mutating func begin(_ effects: Effects, for item: WorkItem) -> Release {
        var release = Release()
        release.finished = begin(effects, for: item, into: &release.productions)
        return release
    }

    mutating func acknowledge(_ token: Token) -> Release {
        var release = Release()
        release.finished = acknowledge(token, into: &release.productions)
        return release
    }
}

extension StageProgress {
    mutating func begin(_ effects: Effects, for item: WorkItem) -> [EffectLedger.Production] {
        var productions: [EffectLedger.Production] = []
        begin(effects, for: item, into: &productions)
        return productions
    }

    mutating func begin(asked: [Outgoing]) -> [EffectLedger.Production] {
        var productions: [EffectLedger.Production] = []
        begin(asked: asked, into: &productions)
        return productions
    }

    mutating func acknowledge(_ token: EffectLedger.Token, offset: Int64?) -> [EffectLedger.Production] {
        var productions: [EffectLedger.Production] = []
        acknowledge(token, offset: offset, into: &productions)
        return productions
    }
}
