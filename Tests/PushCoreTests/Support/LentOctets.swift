import PushCore

// Copies of what the core lends, so that tests can compare it.

extension JSONNode {
    var stringOctets: [UInt8]? {
        // SAFETY: the octets are copied at once.
        unsafe withStringBytes { unsafe Array($0) }
    }

    var rawText: String {
        // SAFETY: the octets are copied at once.
        unsafe withRawBytes { unsafe String(decoding: $0, as: UTF8.self) }
    }
}

extension Event {
    var opaqueOctets: [UInt8]? {
        // SAFETY: the octets are copied at once.
        unsafe withOpaqueData { unsafe Array($0) }
    }

    var typeOctets: [UInt8] {
        // SAFETY: the octets are copied at once.
        unsafe withTypeBytes { unsafe Array($0) }
    }
}
