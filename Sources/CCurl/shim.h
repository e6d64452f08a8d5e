// libcurl, with its variadic setters and getters in forms that Swift can call.
#pragma once
#include <curl/curl.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// Of OpenSSL, on which this libcurl is built: a connection does not keep what it has handed on.
uint64_t SSL_CTX_set_options(void *context, uint64_t options);
enum { CCURL_SSL_OP_CLEANSE_PLAINTEXT = 1 << 1 };

static inline void ccurl_wiping_free(void *block) {
    if (block == NULL) return;
    int code = errno;
    explicit_bzero(block, malloc_usable_size(block));
    free(block);
    errno = code;
}

static inline void *ccurl_wiping_realloc(void *block, size_t size) {
    if (block == NULL) return malloc(size);
    size_t usable = malloc_usable_size(block);
    if (size > 0 && size <= usable && size >= usable / 2) return block;
    void *moved = malloc(size > 0 ? size : 1);
    if (moved == NULL) return NULL;
    memcpy(moved, block, size < usable ? size : usable);
    ccurl_wiping_free(block);
    return moved;
}

/// Starts libcurl, before any thread uses it, with a heap whose blocks are overwritten when they are given back.
static inline CURLcode ccurl_start_with_wiped_heap(void) {
    return curl_global_init_mem(
        CURL_GLOBAL_DEFAULT, malloc, ccurl_wiping_free, ccurl_wiping_realloc, strdup, calloc);
}

static inline CURLcode ccurl_configure_tls(CURL *handle, void *context, void *unused) {
    (void)handle, (void)unused;
    SSL_CTX_set_options(context, CCURL_SSL_OP_CLEANSE_PLAINTEXT);
    return CURLE_OK;
}

/// What came in over TLS is overwritten in the connection's buffer once it was handed on.
static inline CURLcode ccurl_wipe_received_records(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_SSL_CTX_FUNCTION, ccurl_configure_tls);
}

typedef size_t (*ccurl_data_callback)(char *bytes, size_t size, size_t count, void *context);
typedef int (*ccurl_progress_callback)(
    void *context, curl_off_t toReceive, curl_off_t received, curl_off_t toSend, curl_off_t sent);

static inline CURLcode ccurl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode ccurl_set_pointer(CURL *handle, CURLoption option, const void *value) {
    return curl_easy_setopt(handle, option, value);
}

/// libcurl copies the text.
static inline CURLcode ccurl_set_text(CURL *handle, CURLoption option, const char *text) {
    return curl_easy_setopt(handle, option, text);
}

/// The bytes must outlive the handle: libcurl does not copy them.
static inline CURLcode ccurl_set_bytes(CURL *handle, CURLoption option, const void *bytes, size_t count) {
    struct curl_blob blob = {(void *)bytes, count, CURL_BLOB_NOCOPY};
    return curl_easy_setopt(handle, option, &blob);
}

static inline CURLcode ccurl_set_write(CURL *handle, ccurl_data_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, callback);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_WRITEDATA, context) : code;
}

static inline CURLcode ccurl_set_head(CURL *handle, ccurl_data_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, callback);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_HEADERDATA, context) : code;
}

static inline CURLcode ccurl_set_progress(CURL *handle, ccurl_progress_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, callback);
    if (code == CURLE_OK) code = curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L) : code;
}

typedef int (*ccurl_request_callback)(void *context, char *address, char *local, int port, int localPort);

/// Called each time before the request is sent: again when libcurl sends it again, on a new connection for a lost one.
static inline CURLcode ccurl_set_request(CURL *handle, ccurl_request_callback callback, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_PREREQFUNCTION, callback);
    return code == CURLE_OK ? curl_easy_setopt(handle, CURLOPT_PREREQDATA, context) : code;
}

static inline CURLcode ccurl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode ccurl_get_text(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, value);
}

typedef int (*ccurl_socket_callback)(CURL *handle, curl_socket_t socket, int what, void *context, void *unused);
typedef int (*ccurl_timer_callback)(CURLM *multi, long milliseconds, void *context);

/// `socket` is told which sockets to watch for what, `timer` when to act without any, both with `context`.
static inline CURLMcode ccurl_multi_set_callbacks(
    CURLM *multi, ccurl_socket_callback socket, ccurl_timer_callback timer, void *context) {
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    return code == CURLM_OK ? curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer) : code;
}

static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

/// The next handle whose transfer is over, with what became of it; NULL when there is none.
static inline CURL *ccurl_multi_next_finished(CURLM *multi, CURLcode *code) {
    int left = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)))
        if (message->msg == CURLMSG_DONE) {
            *code = message->data.result;
            return message->easy_handle;
        }
    return NULL;
}

/// The header of the final response that comes behind another one, or the first for NULL; NULL behind the last.
static inline struct curl_header *ccurl_next_header(CURL *handle, struct curl_header *previous) {
    return curl_easy_nextheader(handle, CURLH_HEADER, -1, previous);
}

/// The value of the final response's first header of that name, NULL when it has none.
static inline const char *ccurl_header(CURL *handle, const char *name) {
    struct curl_header *header = NULL;
    return curl_easy_header(handle, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : NULL;
}

/// What this libcurl has been built to trust: a file of certificates, or NULL.
static inline const char *ccurl_default_ca_file(void) {
    curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH ? info->cainfo : NULL;
}

/// What this libcurl has been built to trust: a directory of hashed names, or NULL.
static inline const char *ccurl_default_ca_directory(void) {
    curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
    return info->age >= CURLVERSION_SEVENTH ? info->capath : NULL;
}
