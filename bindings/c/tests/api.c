/* What vqz.h promises, by a C program. Usage: api SUITE, the folder testdata/conformance. */
#include <math.h>
#include <stddef.h>

#include "check.h"

static char path[1024];

static unsigned char *suite_file(const char *folder, const char *name, size_t *size) {
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_file(path, size);
}

static void versions_and_texts(void) {
    uint32_t status;
    CHECK(vqz_version_number() == VQZ_VERSION_NUMBER);
    CHECK(strchr(vqz_version(), '.') != NULL);
    for (status = 0; status < 12; status++) CHECK(*vqz_status_string(status));
    CHECK(*vqz_status_string(0xFFFFFFFFu));
    CHECK(vqz_probe("\x8DVQZ\r\n\x1A\n", VQZ_SIGNATURE_BYTES) == VQZ_PROBE_VQZ);
    CHECK(vqz_probe("\x8DVQ", 3) == VQZ_PROBE_TOO_SHORT);
    CHECK(vqz_probe("\x89PNG\r\n\x1A\n", 8) == VQZ_PROBE_OTHER);
    CHECK(vqz_probe(NULL, 0) == VQZ_PROBE_TOO_SHORT);
    CHECK(vqz_probe(NULL, 8) == VQZ_PROBE_OTHER);
}

/* Null pointers and wrong sizes are errors, never crashes. */
static void nonsense(void) {
    vqz_decoder *decoder = (vqz_decoder *)1;
    vqz_decoder_options options;
    vqz_encoder_options encoder_options;
    vqz_encoded encoded;
    vqz_info info;
    vqz_view view;
    vqz_model *model = (vqz_model *)1;
    const uint8_t *data;
    size_t size;
    uint32_t width, height;
    unsigned char pixels[64] = {0};
    size_t sizes[] = {0, 1, sizeof(size_t), sizeof options - 1, sizeof options + 1, sizeof options + 8, SIZE_MAX};
    size_t i;

    memset(&options, 0, sizeof options);
    memset(&info, 0, sizeof info);
    memset(&view, 0, sizeof view);
    for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        options.struct_size = sizes[i];
        CHECK(vqz_decoder_new(&options, &decoder) == VQZ_INVALID_ARGUMENT);
        CHECK(decoder == NULL && strstr(vqz_last_error(), "struct_size"));
    }
    options.struct_size = sizeof options;
    options.threads = 5000;
    CHECK(vqz_decoder_new(&options, &decoder) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_new(NULL, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_model_new(NULL, 0, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_model_new(NULL, 0, &model) == VQZ_DAMAGED && model == NULL);
    CHECK(vqz_model_new("rubbish", 7, &model) == VQZ_DAMAGED && model == NULL);
    CHECK(vqz_cancel_new(NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_cancel_set(NULL) == VQZ_INVALID_ARGUMENT);

    CHECK(vqz_decoder_push(NULL, "x", 1, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_finish(NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_info(NULL, &info) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_metadata(NULL, 1, &data, &size) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_view_size(NULL, NULL, &width, &height) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode(NULL, NULL, VQZ_FORMAT_RGB8, pixels, sizeof pixels, 8) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode_rows(NULL, NULL, VQZ_FORMAT_RGB8, NULL, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(*vqz_decoder_last_error(NULL));
    CHECK(vqz_decoder_needed_model(NULL) == NULL);
    vqz_decoder_free(NULL);
    vqz_model_free(NULL);
    vqz_cancel_free(NULL);
    vqz_encoded_free(NULL);

    CHECK(vqz_decoder_new(NULL, &decoder) == VQZ_OK);
    CHECK(vqz_decoder_push(decoder, NULL, 5, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_push(decoder, NULL, 0, &size) == VQZ_NEED_MORE && size == VQZ_SIGNATURE_BYTES);
    CHECK(vqz_decoder_info(decoder, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_info(decoder, &info) == VQZ_INVALID_ARGUMENT);
    info.struct_size = sizeof info;
    CHECK(vqz_decoder_info(decoder, &info) == VQZ_NEED_MORE);
    CHECK(vqz_decoder_metadata(decoder, 1, NULL, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_metadata(decoder, 9, &data, &size) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_RGB8, pixels, sizeof pixels, 8) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGB8, pixels, sizeof pixels, 8) == VQZ_NEED_MORE);
    CHECK(vqz_decoder_decode(decoder, NULL, 77, pixels, sizeof pixels, 8) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_push(decoder, "rubbish", 7, NULL) == VQZ_DAMAGED);
    CHECK(strstr(vqz_decoder_last_error(decoder), "not a .vqz file"));
    CHECK(vqz_decoder_push(decoder, "x", 1, NULL) == VQZ_DAMAGED);
    CHECK(vqz_decoder_finish(decoder) == VQZ_DAMAGED);
    vqz_decoder_free(decoder);

    memset(&encoder_options, 0, sizeof encoder_options);
    memset(&encoded, 0, sizeof encoded);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 4, 4, pixels, 48, 12, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 4, 4, pixels, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    encoded.struct_size = sizeof encoded;
    CHECK(vqz_encode(&encoder_options, VQZ_FORMAT_RGB8, 4, 4, pixels, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 4, 4, NULL, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 4, 4, pixels, 47, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 4, 4, pixels, 48, 11, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 0, 4, pixels, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 4, 0, pixels, 48, SIZE_MAX, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, 0, 4, 4, pixels, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_encode(NULL, VQZ_FORMAT_RGB8, 0xFFFFFFFFu, 0xFFFFFFFFu, pixels, 48, 12, &encoded) != VQZ_OK);
    encoder_options.struct_size = sizeof encoder_options;
    for (i = 1; i < 5; i++) {
        encoder_options.rate_kind = (uint32_t)i;
        encoder_options.rate = NAN;
        CHECK(vqz_encode(&encoder_options, VQZ_FORMAT_RGB8, 4, 4, pixels, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
        encoder_options.rate = -1;
        if (i != VQZ_RATE_PSNR) CHECK(vqz_encode(&encoder_options, VQZ_FORMAT_RGB8, 4, 4, pixels, 48, 12, &encoded) == VQZ_INVALID_ARGUMENT);
    }
    CHECK(encoded.data == NULL && *vqz_last_error());
    vqz_encoded_free(&encoded);
}

/* Every beginning of a file: an error from finish, and never anything worse. */
static void truncated(const char *folder, const char *model_name, const char *name, size_t decode_every) {
    size_t size, model_size, length;
    unsigned char *file = suite_file(folder, name, &size), *model_file = suite_file(folder, model_name, &model_size);
    unsigned char *pixels = (unsigned char *)malloc(4 << 20);
    vqz_decoder_options options;
    vqz_model *model;
    CHECK(pixels && vqz_model_new(model_file, model_size, &model) == VQZ_OK);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.model = model;
    options.threads = 1;
    for (length = 0; length <= size; length++) {
        /* A copy of its own, so that tools see a read beyond its end. */
        unsigned char *part = (unsigned char *)malloc(length ? length : 1);
        vqz_decoder *decoder;
        vqz_info info;
        vqz_status pushed;
        size_t needed = 0;
        CHECK(part);
        memcpy(part, file, length);
        memset(&info, 0, sizeof info);
        info.struct_size = sizeof info;
        CHECK(vqz_decoder_new(&options, &decoder) == VQZ_OK);
        pushed = vqz_decoder_push(decoder, part, length, &needed);
        free(part);
        CHECK(pushed == (length == size ? VQZ_OK : VQZ_NEED_MORE));
        CHECK((needed == 0) == (length == size) && length + needed <= size);
        CHECK(vqz_decoder_finish(decoder) == (length == size ? VQZ_OK : VQZ_DAMAGED));
        CHECK(vqz_decoder_push(decoder, "x", 1, NULL) == VQZ_INVALID_ARGUMENT);
        if (vqz_decoder_info(decoder, &info) == VQZ_OK && length % decode_every == 0) {
            vqz_status decoded;
            CHECK((size_t)info.width * info.height <= 1 << 20);
            decoded = vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGBA8, pixels, 4 << 20, (size_t)info.width * 4);
            CHECK(decoded == VQZ_OK || decoded == VQZ_LIMIT);
        }
        vqz_decoder_free(decoder);
    }
    vqz_model_free(model);
    free(pixels);
    free(model_file);
    free(file);
}

typedef struct reentry {
    vqz_decoder *decoder;
    int calls;
} reentry;

static int use_decoder(void *user, uint32_t first, uint32_t count, const uint8_t *data, size_t stride) {
    reentry *r = (reentry *)user;
    (void)first, (void)count, (void)data, (void)stride;
    r->calls++;
    CHECK(vqz_decoder_finish(r->decoder) == VQZ_INVALID_ARGUMENT);
    CHECK(*vqz_decoder_last_error(r->decoder));
    return 0;
}

/* A picture to a file and back: options, metadata, views, formats. */
static void round_trip(void) {
    enum { W = 150, H = 90, STRIDE = W * 4 + 7 };
    static unsigned char pixels[H * STRIDE], back[H * W * 4], part[20 * 30 * 4];
    static const unsigned char exif[26] = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0";
    vqz_encoder_options options;
    vqz_encoded encoded, other;
    vqz_decoder *decoder;
    vqz_info info;
    vqz_view view;
    vqz_cancel *cancel;
    vqz_decoder_options decoder_options;
    const uint8_t *data;
    reentry reentered;
    size_t size, i, x, y;
    uint32_t width, height;
    for (y = 0; y < H; y++)
        for (x = 0; x < W; x++) {
            unsigned char *p = pixels + y * STRIDE + 4 * x;
            p[0] = (unsigned char)(x + 60), p[1] = (unsigned char)(2 * y + 30), p[2] = (unsigned char)(x + y), p[3] = (unsigned char)(255 - x);
        }
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.rate_kind = VQZ_RATE_QUALITY;
    options.rate = 75;
    options.progressive = 1;
    options.threads = 2;
    options.icc = "profile";
    options.icc_size = 7;
    options.exif = exif;
    options.exif_size = sizeof exif;
    options.xmp = "";
    memset(&encoded, 0, sizeof encoded);
    encoded.struct_size = sizeof encoded;
    CHECK(vqz_encode(&options, VQZ_FORMAT_RGBA8, W, H, pixels, sizeof pixels, STRIDE, &encoded) == VQZ_OK);
    CHECK(encoded.data && vqz_probe(encoded.data, encoded.size) == VQZ_PROBE_VQZ);
    CHECK(fabs(encoded.quality - 75) < 0.1);

    CHECK(vqz_decoder_new(NULL, &decoder) == VQZ_OK);
    CHECK(vqz_decoder_push(decoder, encoded.data, encoded.size, NULL) == VQZ_OK);
    CHECK(vqz_decoder_finish(decoder) == VQZ_OK);
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    CHECK(vqz_decoder_info(decoder, &info) == VQZ_OK);
    CHECK(info.width == W && info.height == H && info.format == VQZ_FORMAT_RGBA8 && info.has_alpha == 1 && info.finished == 1);
    CHECK(info.layers > 1 && info.layers_arrived == info.layers && info.orientation == 6 && fabs(info.quality - 75) < 0.1);
    CHECK(info.icc_bytes == 7 && info.exif_bytes == sizeof exif && info.xmp_bytes == 0);
    CHECK(vqz_decoder_metadata(decoder, VQZ_METADATA_ICC, &data, &size) == VQZ_OK && size == 7 && !memcmp(data, "profile", 7));
    CHECK(vqz_decoder_metadata(decoder, VQZ_METADATA_EXIF, &data, &size) == VQZ_OK && size == sizeof exif && !memcmp(data, exif, size));
    CHECK(vqz_decoder_metadata(decoder, VQZ_METADATA_XMP, &data, &size) == VQZ_OK && size == 0 && data);

    CHECK(vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGBA8, back, sizeof back, W * 4) == VQZ_OK);
    for (y = 0; y < H; y++)
        for (x = 0; x < W; x++)
            for (i = 0; i < 4; i++) {
                int difference = back[(y * W + x) * 4 + i] - pixels[y * STRIDE + 4 * x + i];
                CHECK(i < 3 ? abs(difference) < 40 : difference == 0);
            }
    memset(&view, 0, sizeof view);
    view.struct_size = sizeof view;
    view.x = 70, view.y = 40, view.width = 30, view.height = 20;
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_BGRA8, part, sizeof part, 30 * 4) == VQZ_OK);
    for (y = 0; y < 20; y++)
        for (x = 0; x < 30; x++) {
            const unsigned char *p = part + (y * 30 + x) * 4, *q = back + ((y + 40) * W + x + 70) * 4;
            CHECK(p[0] == q[2] && p[1] == q[1] && p[2] == q[0] && p[3] == q[3]);
        }
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_BGRA8, part, sizeof part - 1, 30 * 4) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_BGRA8, part, sizeof part, 30 * 4 - 1) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_GRAY8, part, sizeof part, 30 * 4) == VQZ_INVALID_ARGUMENT);
    CHECK(strstr(vqz_decoder_last_error(decoder), "Gray8"));
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_BGRA8, NULL, 100, 30 * 4) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode_rows(decoder, &view, VQZ_FORMAT_BGRA8, NULL, NULL) == VQZ_INVALID_ARGUMENT);
    view.width = 0;
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_BGRA8, part, sizeof part, 30 * 4) == VQZ_INVALID_ARGUMENT);
    view.width = 0xFFFFFFFFu;
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_BGRA8, part, sizeof part, 30 * 4) == VQZ_INVALID_ARGUMENT);
    view.x = view.y = view.width = view.height = 0;
    view.scale = 3;
    CHECK(vqz_decoder_view_size(decoder, &view, &width, &height) == VQZ_INVALID_ARGUMENT);
    view.scale = 8;
    CHECK(vqz_decoder_view_size(decoder, &view, &width, &height) == VQZ_OK && width == 19 && height == 12);
    CHECK(vqz_decoder_view_size(decoder, &view, NULL, &height) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_RGB8, back, sizeof back, 19 * 3) == VQZ_OK);
    reentered.decoder = decoder;
    reentered.calls = 0;
    CHECK(vqz_decoder_decode_rows(decoder, NULL, VQZ_FORMAT_RGB8, use_decoder, &reentered) == VQZ_CANCELLED && reentered.calls == 1);
    CHECK(vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGBA8, back, sizeof back, W * 4) == VQZ_OK && !*vqz_decoder_last_error(decoder));
    vqz_decoder_free(decoder);

    /* Limits, and a flag that was set. */
    memset(&decoder_options, 0, sizeof decoder_options);
    decoder_options.struct_size = sizeof decoder_options;
    decoder_options.max_pixels = W * H - 1;
    CHECK(vqz_decoder_new(&decoder_options, &decoder) == VQZ_OK);
    CHECK(vqz_decoder_push(decoder, encoded.data, encoded.size, NULL) == VQZ_LIMIT);
    vqz_decoder_free(decoder);
    CHECK(vqz_cancel_new(&cancel) == VQZ_OK);
    decoder_options.max_pixels = 0;
    decoder_options.cancel = cancel;
    CHECK(vqz_decoder_new(&decoder_options, &decoder) == VQZ_OK);
    CHECK(vqz_decoder_push(decoder, encoded.data, encoded.size, NULL) == VQZ_OK);
    CHECK(vqz_cancel_set(cancel) == VQZ_OK);
    CHECK(vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGBA8, back, sizeof back, W * 4) == VQZ_CANCELLED);
    options.cancel = cancel;
    memset(&other, 0, sizeof other);
    other.struct_size = sizeof other;
    CHECK(vqz_encode(&options, VQZ_FORMAT_RGBA8, W, H, pixels, sizeof pixels, STRIDE, &other) == VQZ_CANCELLED && !other.data);
    options.cancel = NULL;
    vqz_cancel_free(cancel);
    CHECK(vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGBA8, back, sizeof back, W * 4) == VQZ_CANCELLED);
    vqz_decoder_free(decoder);

    /* To a size and to a PSNR. */
    options.rate_kind = VQZ_RATE_SIZE;
    options.rate = (double)encoded.size - 100;
    CHECK(vqz_encode(&options, VQZ_FORMAT_RGBA8, W, H, pixels, sizeof pixels, STRIDE, &other) == VQZ_OK);
    CHECK(other.size <= encoded.size - 100 && other.quality < encoded.quality && other.psnr == 0);
    vqz_encoded_free(&other);
    CHECK(!other.data);
    vqz_encoded_free(&other);
    options.rate_kind = VQZ_RATE_PSNR;
    options.rate = 35;
    CHECK(vqz_encode(&options, VQZ_FORMAT_RGBA8, W, H, pixels, sizeof pixels, STRIDE, &other) == VQZ_OK && other.psnr >= 35);
    vqz_encoded_free(&other);
    options.rate = 99;
    CHECK(vqz_encode(&options, VQZ_FORMAT_RGBA8, W, H, pixels, sizeof pixels, STRIDE, &other) == VQZ_INVALID_ARGUMENT);
    vqz_encoded_free(&encoded);
}

/* Another rendering is drawn when it is asked for and at hand; programs that were built for a vqz.h without it go on. */
static void renderings(const char *folder) {
    size_t size, model_size, rendering_size, i, older_view = offsetof(vqz_view, reserved), older_options = offsetof(vqz_decoder_options, rendering);
    unsigned char *file = suite_file(folder, "valid/size-primes.vqz", &size), *bytes = suite_file(folder, "models/small.vqzm", &model_size);
    unsigned char *rendering_file = suite_file(folder, "renderings/small.vqzr", &rendering_size);
    unsigned char pixels[4][97 * 61 * 3];
    vqz_decoder_options options;
    vqz_decoder *decoder;
    vqz_model *model;
    vqz_rendering *rendering = (vqz_rendering *)1;
    vqz_view view;

    CHECK(vqz_rendering_new(NULL, 0, NULL) == VQZ_INVALID_ARGUMENT);
    CHECK(vqz_rendering_new(bytes, model_size, &rendering) == VQZ_DAMAGED && rendering == NULL);
    CHECK(strstr(vqz_last_error(), ".vqzr"));
    CHECK(vqz_model_new(bytes, model_size, &model) == VQZ_OK);
    CHECK(vqz_rendering_new(rendering_file, rendering_size, &rendering) == VQZ_OK);
    memset(&options, 0, sizeof options);
    options.model = model;
    /* Padding of an older structure may hold anything. */
    older_view = (older_view + sizeof(size_t) - 1) / sizeof(size_t) * sizeof(size_t);
    for (i = 0; i < 4; i++) {
        /* 0: without the rendering; 1: an older program; 2: the default with it; 3: the rendering */
        options.struct_size = i == 1 ? older_options : sizeof options;
        options.rendering = i > 0 ? rendering : NULL;
        CHECK(vqz_decoder_new(&options, &decoder) == VQZ_OK);
        CHECK(vqz_decoder_push(decoder, file, size, NULL) == VQZ_OK);
        memset(&view, 0, sizeof view);
        view.struct_size = i == 1 ? older_view : sizeof view;
        view.reserved = 77;
        view.rendering = i == 1 ? VQZ_RENDERING_PERCEPTUAL : VQZ_RENDERING_FAITHFUL;
        if (i == 3) view.rendering = VQZ_RENDERING_PERCEPTUAL;
        CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_RGB8, pixels[i], sizeof pixels[i], 97 * 3) == VQZ_OK);
        view.struct_size = sizeof view;
        view.rendering = 2;
        CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_RGB8, pixels[i], sizeof pixels[i], 97 * 3) == VQZ_INVALID_ARGUMENT);
        if (i < 2) {
            view.rendering = VQZ_RENDERING_PERCEPTUAL;
            CHECK(vqz_decoder_decode(decoder, &view, VQZ_FORMAT_RGB8, pixels[3], sizeof pixels[3], 97 * 3) == VQZ_NEEDS_RENDERING);
            CHECK(strstr(vqz_decoder_last_error(decoder), "none is at hand"));
        }
        vqz_decoder_free(decoder);
    }
    CHECK(memcmp(pixels[0], pixels[1], sizeof pixels[0]) == 0 && memcmp(pixels[0], pixels[2], sizeof pixels[0]) == 0);
    CHECK(memcmp(pixels[0], pixels[3], sizeof pixels[0]) != 0);
    vqz_rendering_free(rendering);
    vqz_rendering_free(NULL);
    vqz_model_free(model);
    free(file);
    free(bytes);
    free(rendering_file);
}

/* A model that is not at hand is named, and does when it is given. */
static void models(const char *folder) {
    size_t size, model_size;
    unsigned char *file = suite_file(folder, "encoded/primes.vqz", &size), *bytes = suite_file(folder, "models/tiny.vqzm", &model_size);
    vqz_decoder_options options;
    vqz_decoder *decoder;
    vqz_model *model;
    vqz_info info;
    size_t i;
    uint32_t width, height;
    const uint8_t *icc;
    uint8_t pixel[4];
    char digest[17];
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    CHECK(vqz_decoder_new(NULL, &decoder) == VQZ_OK);
    CHECK(vqz_decoder_needed_model(decoder) == NULL);
    CHECK(vqz_decoder_push(decoder, file, size, NULL) == VQZ_NEEDS_MODEL);
    CHECK(strlen(vqz_decoder_needed_model(decoder)) == 16 && strstr(vqz_decoder_last_error(decoder), vqz_decoder_needed_model(decoder)));
    strcpy(digest, vqz_decoder_needed_model(decoder));
    /* What the header says needs no model; pixels do. */
    CHECK(vqz_decoder_info(decoder, &info) == VQZ_OK && info.width > 1 && info.height > 1 && info.layers_arrived == 0 && !info.finished);
    CHECK(vqz_decoder_metadata(decoder, VQZ_METADATA_ICC, &icc, &i) == VQZ_OK);
    CHECK(vqz_decoder_view_size(decoder, NULL, &width, &height) == VQZ_NEEDS_MODEL);
    CHECK(vqz_decoder_decode(decoder, NULL, info.format, pixel, sizeof pixel, sizeof pixel) == VQZ_NEEDS_MODEL);
    CHECK(vqz_decoder_push(decoder, file, size, NULL) == VQZ_NEEDS_MODEL);
    width = info.width, height = info.height;
    vqz_decoder_free(decoder);
    CHECK(vqz_model_new(bytes, model_size, &model) == VQZ_OK);
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.model = model;
    CHECK(vqz_decoder_new(&options, &decoder) == VQZ_OK);
    vqz_model_free(model);
    CHECK(vqz_decoder_push(decoder, file, size, NULL) == VQZ_OK && vqz_decoder_info(decoder, &info) == VQZ_OK);
    CHECK(info.width == width && info.height == height && info.layers_arrived == info.layers && info.finished);
    for (i = 0; i < 8; i++) {
        char byte[3];
        sprintf(byte, "%02x", (unsigned)info.model[i]);
        CHECK(!strncmp(byte, digest + 2 * i, 2));
    }
    vqz_decoder_free(decoder);
    free(bytes);
    free(file);
}

/* A model file alone decodes; with its encoder file behind it, it encodes too. */
static void encoder_files(const char *folder) {
    size_t size, model_size, both_size, part;
    unsigned char *file = suite_file(folder, "valid/encoder-behind.vqz", &size), *both = suite_file(folder, "models/small-encoder.vqzm", &both_size);
    unsigned char *alone, *another, pixels[2][97 * 61 * 3];
    vqz_encoder_options encoder_options;
    vqz_decoder_options options;
    vqz_decoder *decoder;
    vqz_model *models[2];
    vqz_encoded encoded;
    uint32_t i, kind;

    model_size = (size_t)both[12] | (size_t)both[13] << 8 | (size_t)both[14] << 16 | (size_t)both[15] << 24;
    CHECK(model_size < both_size);
    /* Of its own, so that tools see a read beyond its end. */
    alone = (unsigned char *)malloc(model_size);
    CHECK(alone);
    memcpy(alone, both, model_size);
    CHECK(vqz_model_new(alone, model_size, &models[0]) == VQZ_OK && vqz_model_new(both, both_size, &models[1]) == VQZ_OK);

    memset(&encoder_options, 0, sizeof encoder_options);
    encoder_options.struct_size = sizeof encoder_options;
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    memset(&encoded, 0, sizeof encoded);
    encoded.struct_size = sizeof encoded;
    for (i = 0; i < 2; i++) {
        options.model = encoder_options.model = models[i];
        CHECK(vqz_decoder_new(&options, &decoder) == VQZ_OK);
        CHECK(vqz_decoder_push(decoder, file, size, NULL) == VQZ_OK);
        CHECK(vqz_decoder_decode(decoder, NULL, VQZ_FORMAT_RGB8, pixels[i], sizeof pixels[i], 97 * 3) == VQZ_OK);
        vqz_decoder_free(decoder);
        for (kind = VQZ_RATE_DEFAULT; kind <= VQZ_RATE_PSNR; kind++) {
            encoder_options.rate_kind = kind;
            encoder_options.rate = kind == VQZ_RATE_SIZE ? 100000 : 1;
            if (i == 0) {
                CHECK(vqz_encode(&encoder_options, VQZ_FORMAT_RGB8, 97, 61, pixels[i], sizeof pixels[i], 97 * 3, &encoded) == VQZ_UNSUPPORTED);
                CHECK(encoded.data == NULL && strstr(vqz_last_error(), "can only decode"));
            } else {
                CHECK(vqz_encode(&encoder_options, VQZ_FORMAT_RGB8, 97, 61, pixels[i], sizeof pixels[i], 97 * 3, &encoded) == VQZ_OK);
                vqz_encoded_free(&encoded);
            }
        }
        vqz_model_free(models[i]);
    }
    CHECK(memcmp(pixels[0], pixels[1], sizeof pixels[0]) == 0);

    /* What is cut off, and the encoder file of another model. */
    for (part = 0; part < both_size; part += part < model_size ? 501 : 37)
        if (part != model_size) CHECK(vqz_model_new(both, part, &models[0]) == VQZ_DAMAGED && models[0] == NULL);
    CHECK(vqz_model_new(both, model_size - 1, &models[0]) == VQZ_DAMAGED && vqz_model_new(both, model_size + 1, &models[0]) == VQZ_DAMAGED);
    free(alone);
    alone = suite_file(folder, "models/few.vqzm", &size);
    another = (unsigned char *)malloc(size + both_size - model_size);
    CHECK(another);
    memcpy(another, alone, size);
    memcpy(another + size, both + model_size, both_size - model_size);
    CHECK(vqz_model_new(another, size, &models[0]) == VQZ_OK);
    vqz_model_free(models[0]);
    CHECK(vqz_model_new(another, size + both_size - model_size, &models[0]) == VQZ_DAMAGED && strstr(vqz_last_error(), "encoder file"));
    free(another);
    free(alone);
    free(both);
    free(file);
}

int main(int count, char **arguments) {
    if (count != 2) {
        fprintf(stderr, "usage: api SUITE\n");
        return 2;
    }
    versions_and_texts();
    nonsense();
    models(arguments[1]);
    encoder_files(arguments[1]);
    renderings(arguments[1]);
    round_trip();
    truncated(arguments[1], "models/tiny.vqzm", "encoded/progressive.vqz", 1);
    truncated(arguments[1], "../../models/default.vqzm", "default/picture.vqz", 400);
    puts("api: all as vqz.h says");
    return 0;
}
