private import COpenSSL
import Testing

/// What a browser does with a push message, written from RFC 8291 and RFC 8188 with OpenSSL's EVP functions: it shares
/// nothing with the code under test.
///
/// SAFETY (for every `unsafe` in this file): each handle is freed at the end of the function or the browser that made it,
/// and OpenSSL reads and writes arrays within the call, each with its own count.
@safe
final class TestBrowser {
    /// `p256dh`: 65 octets.
    let publicKey: [UInt8]
    /// `auth`: 16 octets.
    let authenticationSecret: [UInt8]
    private let key: OpaquePointer

    /// A message as the browser saw it.
    struct Message: Equatable {
        var plaintext: [UInt8]
        /// Zeros after the delimiter.
        var paddingCount: Int
        var salt: [UInt8]
        var senderKey: [UInt8]
        var recordSize: Int
    }

    /// Why a message was dropped.
    enum Refusal: Error {
        case header
        case senderKey
        case tag
        case delimiter
        case library(String)
    }

    init(authenticationSecret: [UInt8]) throws {
        let context = unsafe try Self.made(EVP_PKEY_CTX_new_from_name(nil, "EC", nil), "EVP_PKEY_CTX_new_from_name")
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var made: OpaquePointer?
        try Self.check(unsafe EVP_PKEY_keygen_init(context), "keygen_init")
        try Self.check(unsafe EVP_PKEY_CTX_set_group_name(context, "P-256"), "set_group_name")
        try Self.check(unsafe EVP_PKEY_keygen(context, &made), "keygen")
        let key = unsafe try Self.made(made, "EVP_PKEY_keygen")
        unsafe self.key = key
        var octets = [UInt8](repeating: 0, count: 65)
        var count = 0
        let name = OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY
        try Self.check(unsafe EVP_PKEY_get_octet_string_param(key, name, &octets, octets.count, &count), "public key")
        publicKey = octets
        self.authenticationSecret = authenticationSecret
    }

    deinit { unsafe EVP_PKEY_free(key) }

    /// Decrypts a body of one record.
    ///
    /// - Throws: `Refusal`.
    func receive(_ body: [UInt8]) throws -> Message {
        guard body.count >= 21, body.count >= 21 + Int(body[20]) + 17 else { throw Refusal.header }
        let salt = Array(body[..<16])
        let recordSize = body[16..<20].reduce(0) { $0 << 8 | Int($1) }
        let senderKey = Array(body[21..<21 + Int(body[20])])
        let record = Array(body[(21 + senderKey.count)...])
        guard senderKey.count == 65, record.count <= recordSize else { throw Refusal.header }

        let secret = try agree(with: senderKey)
        let material = try Self.hkdf(
            secret: secret,
            salt: authenticationSecret,
            info: Array("WebPush: info\0".utf8) + publicKey + senderKey,
            count: 32
        )
        let opened = try Self.open(record, material: material, salt: salt)
        guard let delimiter = opened.lastIndex(where: { $0 != 0 }), opened[delimiter] == 2 else {
            throw Refusal.delimiter
        }
        return Message(
            plaintext: Array(opened[..<delimiter]),
            paddingCount: opened.count - delimiter - 1,
            salt: salt,
            senderKey: senderKey,
            recordSize: recordSize
        )
    }

    private func agree(with senderKey: [UInt8]) throws -> [UInt8] {
        let peer = unsafe try Self.made(EVP_PKEY_new(), "EVP_PKEY_new")
        defer { unsafe EVP_PKEY_free(peer) }
        try Self.check(unsafe EVP_PKEY_copy_parameters(peer, key), "copy_parameters")
        guard unsafe EVP_PKEY_set1_encoded_public_key(peer, senderKey, senderKey.count) == 1 else {
            ERR_clear_error()
            throw Refusal.senderKey
        }
        let context = unsafe try Self.made(EVP_PKEY_CTX_new_from_pkey(nil, key, nil), "EVP_PKEY_CTX_new_from_pkey")
        defer { unsafe EVP_PKEY_CTX_free(context) }
        var secret = [UInt8](repeating: 0, count: 32)
        var count = secret.count
        try Self.check(unsafe EVP_PKEY_derive_init(context), "derive_init")
        try Self.check(unsafe EVP_PKEY_derive_set_peer(context, peer), "derive_set_peer")
        try Self.check(unsafe EVP_PKEY_derive(context, &secret, &count), "derive")
        return Array(secret.prefix(count))
    }

    /// Opens a record of the content coding aes128gcm: what was sealed, delimiter and padding included.
    static func open(_ record: [UInt8], material: [UInt8], salt: [UInt8]) throws -> [UInt8] {
        let key = try hkdf(
            secret: material,
            salt: salt,
            info: Array("Content-Encoding: aes128gcm\0".utf8),
            count: 16
        )
        let nonce = try hkdf(secret: material, salt: salt, info: Array("Content-Encoding: nonce\0".utf8), count: 12)
        let context = unsafe try made(EVP_CIPHER_CTX_new(), "EVP_CIPHER_CTX_new")
        defer { unsafe EVP_CIPHER_CTX_free(context) }
        let sealed = Array(record.dropLast(16))
        var tag = Array(record.suffix(16))
        var opened = [UInt8](repeating: 0, count: sealed.count + 16)
        var count: Int32 = 0
        try check(unsafe EVP_DecryptInit_ex(context, EVP_aes_128_gcm(), nil, key, nonce), "DecryptInit")
        try check(unsafe EVP_DecryptUpdate(context, &opened, &count, sealed, Int32(sealed.count)), "DecryptUpdate")
        try check(unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, 16, &tag), "SET_TAG")
        var end: Int32 = 0
        var rest = [UInt8](repeating: 0, count: 16)
        guard unsafe EVP_DecryptFinal_ex(context, &rest, &end) == 1 else {
            ERR_clear_error()
            throw Refusal.tag
        }
        return Array(opened.prefix(Int(count)))
    }

    private static func hkdf(secret: [UInt8], salt: [UInt8], info: [UInt8], count: Int) throws -> [UInt8] {
        let context = unsafe try made(EVP_PKEY_CTX_new_from_name(nil, "HKDF", nil), "EVP_PKEY_CTX_new_from_name")
        defer { unsafe EVP_PKEY_CTX_free(context) }
        try check(unsafe EVP_PKEY_derive_init(context), "derive_init")
        try check(unsafe EVP_PKEY_CTX_set_hkdf_md(context, EVP_sha256()), "set_hkdf_md")
        try check(unsafe EVP_PKEY_CTX_set1_hkdf_salt(context, salt, Int32(salt.count)), "set1_hkdf_salt")
        try check(unsafe EVP_PKEY_CTX_set1_hkdf_key(context, secret, Int32(secret.count)), "set1_hkdf_key")
        try check(unsafe EVP_PKEY_CTX_add1_hkdf_info(context, info, Int32(info.count)), "add1_hkdf_info")
        var derived = [UInt8](repeating: 0, count: count)
        var written = count
        try check(unsafe EVP_PKEY_derive(context, &derived, &written), "derive")
        return derived
    }

    private static func made(_ handle: OpaquePointer?, _ function: String) throws -> OpaquePointer {
        guard let handle = unsafe handle else { throw Refusal.library(function) }
        return unsafe handle
    }

    private static func check(_ result: Int32, _ function: String) throws {
        guard result > 0 else { throw Refusal.library(function) }
    }
}
