package import Kafka
package import PushCore

extension UsersCore {
    /// Takes a record of the users topic as it was read; what a tombstone has to say stands in its headers.
    ///
    /// - Returns: Whether it says that a user was forgotten.
    @discardableResult
    package mutating func restore(_ message: borrowing MessageView) -> Bool {
        // SAFETY: key, value and headers are lent for the call.
        guard let key = unsafe message.key else { return false }
        if let value = unsafe message.value {
            unsafe restore(key: key, value: value)
            return false
        }
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
        unsafe restore(key: key, value: nil, tombstoneEpoch: epoch)
        guard let mark else { return false }
        restore(key: unsafe String(decoding: key, as: UTF8.self), forgotten: mark)
        return true
    }
}
