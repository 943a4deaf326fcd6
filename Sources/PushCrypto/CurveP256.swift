private import COpenSSL

/// Calculation on the curve P-256 for key agreement, by OpenSSL's curve functions.
///
/// They cost half of what its key agreement through `EVP_PKEY` costs. Both multiplications take the same time for every
/// scalar (OpenSSL promises that for one scalar and one point). It keeps its working memory: one value serves one thread.
struct CurveP256: ~Copyable {
    /// Octets of a coordinate and of a scalar.
    static let scalarOctetCount = 32

    private let numbers: NumberContextHandle
    private let point: PointHandle
    private let product: PointHandle
    private let coordinate: NumberHandle

    init() throws(CryptoError) {
        // Made before any is stored: a noncopyable value cannot be left half-made.
        let numbers = try NumberContextHandle()
        let point = try PointHandle()
        let product = try PointHandle()
        let coordinate = try NumberHandle()
        self.numbers = numbers
        self.point = point
        self.product = product
        self.coordinate = coordinate
    }

    /// Refuses octets that are no uncompressed point on the curve: 65 octets, 0x04 first.
    ///
    /// The point at infinity has no such form, and the group has no smaller subgroup: each such point is a public key.
    ///
    /// - Throws: `CryptoError.malformedPublicKey`.
    static func check(point octets: [UInt8]) throws(CryptoError) {
        guard octets.count == ES256PublicKey.octetCount else {
            throw .malformedPublicKey(detail: "\(octets.count) octets; 65 are needed")
        }
        guard octets[0] == 0x04 else {
            throw .malformedPublicKey(detail: "the first octet is not 0x04 (uncompressed)")
        }
        try read(octets, into: PointHandle(), using: NumberContextHandle())
    }

    /// A private key from its 32 octets: from 1 to the order of the group less one.
    ///
    /// - Throws: `CryptoError.invalidKey` for another number.
    static func scalar(_ octets: [UInt8]) throws(CryptoError) -> NumberHandle {
        let scalar = try NumberHandle(octets)
        // SAFETY: both numbers outlive the calls; the order is the group's own.
        guard unsafe BN_is_zero(scalar.pointer) == 0,
            unsafe BN_cmp(scalar.pointer, EC_GROUP_get0_order(GroupHandle.p256.pointer)) < 0
        else { throw .invalidKey(detail: "zero, or not below the order of the group") }
        // SAFETY: as above.
        unsafe BN_set_flags(scalar.pointer, BN_FLG_CONSTTIME)
        return scalar
    }

    /// A number from 1 to the order of the group less one, from OpenSSL's generator for secrets.
    func randomScalar() throws(CryptoError) -> NumberHandle {
        let scalar = try NumberHandle()
        repeat {
            // SAFETY: both numbers outlive the calls; the order is the group's own.
            guard unsafe BN_priv_rand_range(scalar.pointer, EC_GROUP_get0_order(GroupHandle.p256.pointer)) == 1 else {
                throw .openSSL(function: "BN_priv_rand_range", detail: ErrorQueue.drain())
            }
        } while unsafe BN_is_zero(scalar.pointer) == 1
        // SAFETY: as above.
        unsafe BN_set_flags(scalar.pointer, BN_FLG_CONSTTIME)
        return scalar
    }

    /// The uncompressed point that belongs to the scalar: 65 octets.
    func publicKey(of scalar: borrowing NumberHandle) throws(CryptoError) -> [UInt8] {
        let group = unsafe GroupHandle.p256.pointer
        // SAFETY: the handles outlive the calls.
        guard unsafe EC_POINT_mul(group, product.pointer, scalar.pointer, nil, nil, numbers.pointer) == 1 else {
            throw .openSSL(function: "EC_POINT_mul", detail: ErrorQueue.drain())
        }
        var octets = [UInt8](repeating: 0, count: ES256PublicKey.octetCount)
        // SAFETY: OpenSSL writes at most 65 octets.
        let count = unsafe EC_POINT_point2oct(
            group,
            product.pointer,
            POINT_CONVERSION_UNCOMPRESSED,
            &octets,
            octets.count,
            numbers.pointer
        )
        guard count == octets.count else {
            throw .openSSL(function: "EC_POINT_point2oct", detail: ErrorQueue.drain())
        }
        return octets
    }

    /// The secret that the scalar shares with a public key: the X coordinate of their product (SEC 1 section 3.3.1).
    ///
    /// - Throws: `CryptoError.malformedPublicKey` for octets that are no point on the curve.
    func sharedSecret(
        of scalar: borrowing NumberHandle,
        with publicKey: [UInt8]
    ) throws(CryptoError) -> InlineArray<32, UInt8> {
        try Self.read(publicKey, into: point, using: numbers)
        let group = unsafe GroupHandle.p256.pointer
        // SAFETY: the handles outlive the calls.
        guard
            unsafe EC_POINT_mul(group, product.pointer, nil, point.pointer, scalar.pointer, numbers.pointer) == 1,
            unsafe EC_POINT_get_affine_coordinates(group, product.pointer, coordinate.pointer, nil, numbers.pointer)
                == 1
        else { throw .openSSL(function: "EC_POINT_mul", detail: ErrorQueue.drain()) }
        var secret = InlineArray<32, UInt8>(repeating: 0)
        var span = secret.mutableSpan
        // SAFETY: the secret has the 32 octets that are written.
        let count = unsafe span.withUnsafeMutableBufferPointer { buffer in
            unsafe BN_bn2binpad(coordinate.pointer, buffer.baseAddress, Int32(buffer.count))
        }
        unsafe BN_clear(coordinate.pointer)
        guard count == Int32(Self.scalarOctetCount) else {
            throw .openSSL(function: "BN_bn2binpad", detail: ErrorQueue.drain())
        }
        return secret
    }

    /// Reads a point, which OpenSSL checks to be on the curve.
    private static func read(
        _ octets: [UInt8],
        into point: borrowing PointHandle,
        using numbers: borrowing NumberContextHandle
    ) throws(CryptoError) {
        // SAFETY: the handles outlive the call, which reads the octets.
        let result = unsafe EC_POINT_oct2point(
            GroupHandle.p256.pointer,
            point.pointer,
            octets,
            octets.count,
            numbers.pointer
        )
        guard result == 1 else { throw .malformedPublicKey(detail: ErrorQueue.drain()) }
    }
}
