// OpenSSL's DTLS, certificates and message authentication, with functions in place of macros.
#pragma once
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

static inline EVP_PKEY *tessera_new_p256_key(void) { return EVP_EC_gen("P-256"); }

static inline void tessera_ctx_limit_versions(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION);
}
static inline void tessera_ctx_set_read_ahead(SSL_CTX *context) { SSL_CTX_set_read_ahead(context, 1); }
static inline void tessera_ctx_set_max_cert_list(SSL_CTX *context, long size) {
    SSL_CTX_set_max_cert_list(context, size);
}
static inline int tessera_ctx_set_groups(SSL_CTX *context, const char *names) {
    return (int)SSL_CTX_set1_groups_list(context, names);
}
static inline void tessera_ctx_without_session_cache(SSL_CTX *context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}
static inline long tessera_ssl_handle_timeout(SSL *ssl) { return DTLSv1_handle_timeout(ssl); }
static inline long tessera_ssl_set_mtu(SSL *ssl, long mtu) { return SSL_set_mtu(ssl, mtu); }
static inline long tessera_ssl_set_link_mtu(SSL *ssl, long mtu) { return DTLS_set_link_mtu(ssl, mtu); }
static inline X509 *tessera_ssl_peer_certificate(SSL *ssl) { return SSL_get1_peer_certificate(ssl); }
static inline int tessera_bio_is_flush(int command) { return command == BIO_CTRL_FLUSH; }
static inline void tessera_bio_retry_read(BIO *bio) {
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
}
static inline void tessera_bio_clear_retry(BIO *bio) { BIO_clear_retry_flags(bio); }
