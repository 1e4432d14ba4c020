// libwebsockets' HTTP server, with functions in place of macros.
#pragma once
#include <libwebsockets.h>
#include <sys/prctl.h>

static inline uint64_t tessera_lws_option_no_ipv6(void) { return LWS_SERVER_OPTION_DISABLE_IPV6; }
static inline uint64_t tessera_lws_option_tls(void) { return LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT; }
/// The port must be free: without this, lws goes on without listening.
static inline uint64_t tessera_lws_option_fail_upon_bind(void) { return LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND; }
static inline uint64_t tessera_lws_option_explicit_vhosts(void) { return LWS_SERVER_OPTION_EXPLICIT_VHOSTS; }
/// Bytes that lws_write needs free in front of what it is given.
static inline int tessera_lws_pre(void) { return LWS_PRE; }

static inline void tessera_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }
