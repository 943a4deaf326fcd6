#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

// Swift sees functions, not function-like macros: each of these names one macro.

static inline int belfry_ssl_ctx_set_min_proto_version(SSL_CTX *context, int version) {
    return (int)SSL_CTX_set_min_proto_version(context, version);
}

static inline int belfry_ssl_set_tlsext_host_name(SSL *ssl, const char *name) {
    return (int)SSL_set_tlsext_host_name(ssl, name);
}

// The unread bytes of a memory BIO, in place: valid until the BIO is next written, read or reset.
static inline long belfry_bio_get_mem_data(BIO *bio, char **data) {
    return BIO_get_mem_data(bio, data);
}

static inline int belfry_bio_reset(BIO *bio) {
    return (int)BIO_reset(bio);
}

static inline long belfry_ssl_ctx_set_mode(SSL_CTX *context, long mode) {
    return SSL_CTX_set_mode(context, mode);
}

// The digests whose state is a plain C structure: no allocation and no look-up per digest. OpenSSL 3 marks them as
// deprecated in favour of EVP, which allocates a context for each digest; they stay in libcrypto for all of OpenSSL 3.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline int belfry_sha1_init(SHA_CTX *context) { return SHA1_Init(context); }
static inline int belfry_sha1_update(SHA_CTX *context, const void *octets, size_t count) {
    return SHA1_Update(context, octets, count);
}
static inline int belfry_sha1_final(unsigned char *digest, SHA_CTX *context) { return SHA1_Final(digest, context); }

static inline int belfry_sha256_init(SHA256_CTX *context) { return SHA256_Init(context); }
static inline int belfry_sha256_update(SHA256_CTX *context, const void *octets, size_t count) {
    return SHA256_Update(context, octets, count);
}
static inline int belfry_sha256_final(unsigned char *digest, SHA256_CTX *context) {
    return SHA256_Final(digest, context);
}

#pragma GCC diagnostic pop
