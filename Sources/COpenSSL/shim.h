#pragma once
#include <stdint.h>
#include <openssl/ssl.h>
#include <openssl/srtp.h>
#include <openssl/err.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/hmac.h>
#include <openssl/x509.h>
#include <openssl/rand.h>
#include <openssl/pem.h>

/* Macros that Swift does not import. */

static inline EVP_PKEY *confab_generate_p256(void) { return EVP_EC_gen("P-256"); }

static inline int confab_set_common_name(X509_NAME *name, const char *text) {
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)text, -1, -1, 0);
}

/* DTLS 1.2 alone; no tickets, no renegotiation, no resumption; the MTU is what we say, as there is no socket to ask. */
static inline int confab_set_options(SSL_CTX *context) {
    SSL_CTX_set_options(
        context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_QUERY_MTU);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1
        && SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1;
}

static inline int confab_set_groups(SSL_CTX *context, const char *groups) {
    return SSL_CTX_set1_groups_list(context, groups) == 1;
}

static inline int confab_set_mtu(SSL *ssl, long mtu) { return SSL_set_mtu(ssl, mtu) != 0; }

static inline void confab_retry_read(BIO *bio) { BIO_set_retry_read(bio); }

static inline void confab_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }

/* SHA-1 by the block, from and to a state that is five words. The functions are deprecated in favour of EVP, whose
 * contexts cost more for each packet than the hash of it. */
typedef struct {
    uint32_t h0, h1, h2, h3, h4;
} confab_sha1_state;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline confab_sha1_state confab_sha1_blocks(confab_sha1_state state, const void *data, size_t blocks) {
    SHA_CTX context;
    context.h0 = state.h0;
    context.h1 = state.h1;
    context.h2 = state.h2;
    context.h3 = state.h3;
    context.h4 = state.h4;
    context.Nl = context.Nh = 0;
    context.num = 0;
    SHA1_Update(&context, data, 64 * blocks);
    return (confab_sha1_state){context.h0, context.h1, context.h2, context.h3, context.h4};
}

#pragma GCC diagnostic pop
