// libcurl, with functions in place of the variadic ones and the macros that Swift cannot read.
#pragma once
#include <curl/curl.h>

static inline CURLcode tessera_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tessera_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}
static inline CURLcode tessera_curl_set_headers(CURL *handle, struct curl_slist *headers) {
    return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
}
// The bytes must stay where they are until the transfer has ended.
static inline CURLcode tessera_curl_set_body(CURL *handle, const void *bytes, size_t length) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)length);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_POSTFIELDS, (const char *)bytes) : code;
}
static inline size_t tessera_curl_ignore(char *bytes, size_t size, size_t count, void *user) {
    size_t *left = (size_t *)user;
    // Nothing in the answer is read, and nobody may send it without end.
    if (size * count > *left) return 0;
    *left -= size * count;
    return size * count;
}
static inline CURLcode tessera_curl_set_answer_limit(CURL *handle, size_t *left) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, tessera_curl_ignore);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, left) : code;
}
static inline int tessera_curl_go_on(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d) {
    (void)a; (void)b; (void)c; (void)d;
    return __atomic_load_n((const int *)user, __ATOMIC_ACQUIRE);
}
// The transfer ends when the flag, which must outlive it, is not zero.
static inline CURLcode tessera_curl_set_cancel(CURL *handle, int *flag) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, tessera_curl_go_on);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, flag);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L) : code;
}
static inline void tessera_curl_cancel(int *flag) { __atomic_store_n(flag, 1, __ATOMIC_RELEASE); }
static inline long tessera_curl_status(CURL *handle) {
    long status = 0;
    return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK ? status : 0;
}
static inline CURLcode tessera_curl_begin(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }
