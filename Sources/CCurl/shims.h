#ifndef BELFRY_CCURL_SHIMS_H
#define BELFRY_CCURL_SHIMS_H

#include <curl/curl.h>

/*
 * Swift cannot call C variadics: each of them that is needed has a function here for each type of argument. An option must be
 * of its function's type (curl_easy_setopt(3)). The names in parentheses are the functions, not curl's macros of that name.
 */

static inline CURLcode belfry_easy_set_long(CURL *handle, CURLoption option, long value) {
        return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode belfry_easy_set_size(CURL *handle, CURLoption option, curl_off_t value) {
        return (curl_easy_setopt)(handle, option, value);
}

/* libcurl copies the text, for every option but CURLOPT_POSTFIELDS. */
static inline CURLcode belfry_easy_set_text(CURL *handle, CURLoption option, const char *value) {
        return (curl_easy_setopt)(handle, option, value);
}

/* For CURLOPT_COPYPOSTFIELDS, after CURLOPT_POSTFIELDSIZE_LARGE, and for the user data of callbacks. */
static inline CURLcode belfry_easy_set_pointer(CURL *handle, CURLoption option, const void *value) {
        return (curl_easy_setopt)(handle, option, value);
}

/* The list is not copied. */
static inline CURLcode belfry_easy_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
        return (curl_easy_setopt)(handle, option, value);
}

/* For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION. */
static inline CURLcode belfry_easy_set_write(CURL *handle, CURLoption option, curl_write_callback value) {
        return (curl_easy_setopt)(handle, option, value);
}

static inline CURLcode belfry_easy_set_open_socket(CURL *handle, curl_opensocket_callback value) {
        return (curl_easy_setopt)(handle, CURLOPT_OPENSOCKETFUNCTION, value);
}

static inline CURLcode belfry_easy_set_close_socket(CURL *handle, curl_closesocket_callback value) {
        return (curl_easy_setopt)(handle, CURLOPT_CLOSESOCKETFUNCTION, value);
}

static inline CURLcode belfry_easy_set_before_request(CURL *handle, curl_prereq_callback value) {
        return (curl_easy_setopt)(handle, CURLOPT_PREREQFUNCTION, value);
}

static inline CURLcode belfry_easy_get_long(CURL *handle, CURLINFO info, long *value) {
        return (curl_easy_getinfo)(handle, info, value);
}

static inline CURLcode belfry_easy_get_size(CURL *handle, CURLINFO info, curl_off_t *value) {
        return (curl_easy_getinfo)(handle, info, value);
}

/* CURLINFO_PRIVATE: what CURLOPT_PRIVATE was given. */
static inline CURLcode belfry_easy_get_private(CURL *handle, void **value) {
        return (curl_easy_getinfo)(handle, CURLINFO_PRIVATE, value);
}

static inline CURLMcode belfry_multi_set_long(CURLM *handle, CURLMoption option, long value) {
        return (curl_multi_setopt)(handle, option, value);
}

/* Macros with casts, which Swift does not import. */
static const long belfry_auth_basic = (long)CURLAUTH_BASIC;

/* The file of trusted certificates that libcurl has built in, or null. */
static inline const char *belfry_builtin_trust_file(void) {
        return curl_version_info(CURLVERSION_NOW)->cainfo;
}

#endif
