package import Kafka
package import PushCore

extension UsersCore {
    /// Takes a record of the users topic as it was read; what a tombstone has to say stands in its headers.
    package mutating func restore(_ message: borrowing MessageView) {
        // SAFETY: key, value and headers are copied within the call.
        guard let octets = unsafe message.key else { return }
        let key = unsafe String(decoding: octets, as: UTF8.self)
        if let value = unsafe message.value.map({ unsafe Array($0) }) { return restore(key: key, value: value) }
        var epoch: UInt32?
        var mark: [UInt8]?
        unsafe message.forEachHeader { name, value in
            guard let value = unsafe value else { return }
            if unsafe name.elementsEqual(UsersCore.epochHeader.utf8) {
                epoch = UInt32(unsafe String(decoding: value, as: UTF8.self))
            } else if unsafe name.elementsEqual(UsersCore.forgottenHeader.utf8) {
                mark = unsafe Array(value)
            }
        }
        restore(key: key, value: nil, tombstoneEpoch: epoch)
        if let mark { restore(key: key, forgotten: mark) }
    }
}
