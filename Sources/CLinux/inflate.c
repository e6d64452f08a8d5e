#include "coffer_inflate.h"

#include <dlfcn.h>
#include <stdlib.h>

// As zlib.h and zstd.h have them; neither has changed in this for fifteen years.
typedef struct {
    const uint8_t *next_in;
    unsigned int avail_in;
    unsigned long total_in;
    uint8_t *next_out;
    unsigned int avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *zalloc;
    void *zfree;
    void *opaque;
    int data_type;
    unsigned long adler;
    unsigned long reserved;
} zlib_stream;

typedef struct {
    const void *source;
    size_t size, position;
} zstd_input;

typedef struct {
    void *target;
    size_t size, position;
} zstd_output;

enum { zlib_ok = 0, zlib_stream_end = 1, zlib_buffer_error = -5, zlib_gzip_window = 16 + 15 };
// 8 MiB, which any decoder must support; a frame may ask for 2 GiB.
enum { zstd_window_log_max = 100, window_log_max = 23 };

struct coffer_inflater {
    coffer_compression compression;
    void *library;
    zlib_stream zlib;
    int (*inflate)(zlib_stream *, int);
    int (*inflate_end)(zlib_stream *);
    int (*inflate_reset)(zlib_stream *);
    void *zstd;
    size_t (*decompress)(void *, zstd_output *, zstd_input *);
    unsigned (*is_error)(size_t);
    size_t (*free_context)(void *);
};

static int begin_gzip(coffer_inflater *inflater) {
    inflater->library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!inflater->library) return 0;
    int (*init)(zlib_stream *, int, const char *, int) = dlsym(inflater->library, "inflateInit2_");
    inflater->inflate = dlsym(inflater->library, "inflate");
    inflater->inflate_end = dlsym(inflater->library, "inflateEnd");
    inflater->inflate_reset = dlsym(inflater->library, "inflateReset");
    return init && inflater->inflate && inflater->inflate_end && inflater->inflate_reset
        && init(&inflater->zlib, zlib_gzip_window, "1.2.11", (int)sizeof(zlib_stream)) == zlib_ok;
}

static int begin_zstandard(coffer_inflater *inflater) {
    inflater->library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!inflater->library) return 0;
    void *(*create)(void) = dlsym(inflater->library, "ZSTD_createDCtx");
    size_t (*set)(void *, int, int) = dlsym(inflater->library, "ZSTD_DCtx_setParameter");
    inflater->decompress = dlsym(inflater->library, "ZSTD_decompressStream");
    inflater->is_error = dlsym(inflater->library, "ZSTD_isError");
    inflater->free_context = dlsym(inflater->library, "ZSTD_freeDCtx");
    if (!create || !set || !inflater->decompress || !inflater->is_error || !inflater->free_context) return 0;
    inflater->zstd = create();
    return inflater->zstd && !inflater->is_error(set(inflater->zstd, zstd_window_log_max, window_log_max));
}

coffer_inflater *coffer_inflater_new(coffer_compression compression) {
    coffer_inflater *inflater = calloc(1, sizeof *inflater);
    if (!inflater) return NULL;
    inflater->compression = compression;
    if (compression == COFFER_GZIP ? begin_gzip(inflater) : begin_zstandard(inflater)) return inflater;
    // What has not begun needs no end.
    inflater->inflate_end = NULL;
    coffer_inflater_free(inflater);
    return NULL;
}

void coffer_inflater_free(coffer_inflater *inflater) {
    if (inflater->inflate_end) inflater->inflate_end(&inflater->zlib);
    if (inflater->zstd) inflater->free_context(inflater->zstd);
    if (inflater->library) dlclose(inflater->library);
    free(inflater);
}

static coffer_inflate_state inflate_gzip(
    coffer_inflater *inflater, const uint8_t *input, size_t *input_count, uint8_t *output, size_t *output_count) {
    zlib_stream *stream = &inflater->zlib;
    stream->next_in = input;
    stream->avail_in = (unsigned int)*input_count;
    stream->next_out = output;
    stream->avail_out = (unsigned int)*output_count;
    int code = inflater->inflate(stream, 0);
    *input_count -= stream->avail_in;
    *output_count -= stream->avail_out;
    if (code == zlib_stream_end)
        return inflater->inflate_reset(stream) == zlib_ok ? COFFER_INFLATE_END : COFFER_INFLATE_MALFORMED;
    return code == zlib_ok || code == zlib_buffer_error ? COFFER_INFLATE_MORE : COFFER_INFLATE_MALFORMED;
}

static coffer_inflate_state inflate_zstandard(
    coffer_inflater *inflater, const uint8_t *input, size_t *input_count, uint8_t *output, size_t *output_count) {
    zstd_input in = {input, *input_count, 0};
    zstd_output out = {output, *output_count, 0};
    size_t code = inflater->decompress(inflater->zstd, &out, &in);
    *input_count = in.position;
    *output_count = out.position;
    if (inflater->is_error(code)) return COFFER_INFLATE_MALFORMED;
    return code == 0 ? COFFER_INFLATE_END : COFFER_INFLATE_MORE;
}

coffer_inflate_state coffer_inflate(
    coffer_inflater *inflater, const uint8_t *input, size_t *input_count, uint8_t *output, size_t *output_count) {
    return inflater->compression == COFFER_GZIP
        ? inflate_gzip(inflater, input, input_count, output, output_count)
        : inflate_zstandard(inflater, input, input_count, output, output_count);
}

size_t coffer_gzip(const uint8_t *input, size_t input_count, uint8_t *output, size_t output_count) {
    enum { best = 9, deflated = 8, memory_level = 9, default_strategy = 0, finish = 4 };
    void *library = dlopen("libz.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
    int (*begin)(zlib_stream *, int, int, int, int, int, const char *, int) = dlsym(library, "deflateInit2_");
    int (*deflate)(zlib_stream *, int) = dlsym(library, "deflate");
    int (*end)(zlib_stream *) = dlsym(library, "deflateEnd");
    zlib_stream stream = {
        .next_in = input, .avail_in = (unsigned)input_count, .next_out = output, .avail_out = (unsigned)output_count};
    size_t count = 0;
    if (begin && deflate && end
        && begin(
               &stream, best, deflated, zlib_gzip_window, memory_level, default_strategy, "1.2.11",
               (int)sizeof(zlib_stream)) == zlib_ok) {
        if (deflate(&stream, finish) == zlib_stream_end) count = output_count - stream.avail_out;
        end(&stream);
    }
    dlclose(library);
    return count;
}
