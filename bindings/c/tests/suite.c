/* The conformance suite by the C interface, in one process.
 *
 *   suite FOLDER LIST     LIST has a line per file: "MODEL FILE SCALE HASH" of what it must decode to, or "MODEL FILE 0 -" if it is invalid.
 *
 * Every file is decoded at once into a buffer with gaps between rows, then byte by byte into bands of rows; both must give the hash. */
#include "check.h"
#include "sha256.h"

typedef struct picture {
    unsigned char *pixels;
    size_t row; /* bytes */
    uint32_t rows;
} picture;

static int keep_rows(void *user, uint32_t first, uint32_t count, const uint8_t *data, size_t stride) {
    picture *to = (picture *)user;
    uint32_t y;
    CHECK(first == to->rows);
    for (y = 0; y < count; y++) memcpy(to->pixels + (size_t)(first + y) * to->row, data + y * stride, to->row);
    to->rows += count;
    return 1;
}

/* Of pixels in the format without waste. */
static void pixel_hash(const unsigned char *pixels, size_t stride, uint32_t width, uint32_t height, int channels, int alpha, char hex[65]) {
    sha256 s;
    uint32_t x, y;
    int samples = channels + alpha;
    sha256_init(&s);
    sha256_add_u32(&s, width);
    sha256_add_u32(&s, height);
    sha256_add_u32(&s, (uint32_t)channels);
    for (y = 0; y < height; y++)
        for (x = 0; x < width; x++) sha256_add(&s, pixels + y * stride + (size_t)(x * (uint32_t)samples), (size_t)channels);
    for (y = 0; alpha && y < height; y++)
        for (x = 0; x < width; x++) sha256_add(&s, pixels + y * stride + (size_t)(x * (uint32_t)samples) + channels, 1);
    sha256_hex(&s, hex);
}

static vqz_status push_all(vqz_decoder *decoder, const unsigned char *file, size_t size, size_t step) {
    size_t at = 0;
    vqz_status status = VQZ_NEED_MORE;
    while (status == VQZ_NEED_MORE && at < size) {
        size_t count = size - at < step ? size - at : step;
        status = vqz_decoder_push(decoder, file + at, count, NULL);
        at += count;
    }
    if (status == VQZ_OK && at < size) status = vqz_decoder_push(decoder, file + at, size - at, NULL);
    return status <= VQZ_NEED_MORE ? vqz_decoder_finish(decoder) : status;
}

/* One file in pieces of step bytes; the status, and the hash if that is VQZ_OK. */
static vqz_status decode(const vqz_decoder_options *options, const unsigned char *file, size_t size, size_t step, uint32_t scale, char hex[65]) {
    vqz_decoder *decoder = NULL;
    vqz_info info;
    vqz_view view;
    vqz_status status;
    uint32_t width, height;
    size_t stride, samples;
    picture to;
    memset(&info, 0, sizeof info);
    info.struct_size = sizeof info;
    memset(&view, 0, sizeof view);
    view.struct_size = sizeof view;
    view.scale = scale;
    CHECK(vqz_decoder_new(options, &decoder) == VQZ_OK);
    status = push_all(decoder, file, size, step);
    if (status == VQZ_OK) {
        CHECK(vqz_decoder_info(decoder, &info) == VQZ_OK && info.finished && info.layers_arrived == info.layers);
        CHECK(vqz_decoder_view_size(decoder, &view, &width, &height) == VQZ_OK);
        samples = info.format == VQZ_FORMAT_GRAY8 || info.format == VQZ_FORMAT_GRAY_ALPHA8 ? 1 : 3;
        stride = width * (samples + info.has_alpha) + (step == size ? 5 : 0);
        to.row = width * (samples + info.has_alpha);
        to.rows = 0;
        /* The last row has no gap behind it: tools see a byte too many. */
        to.pixels = (unsigned char *)malloc(stride * (height - 1) + to.row);
        CHECK(to.pixels);
        if (step == size) {
            status = vqz_decoder_decode(decoder, &view, info.format, to.pixels, stride * (height - 1) + to.row, stride);
        } else {
            status = vqz_decoder_decode_rows(decoder, &view, info.format, keep_rows, &to);
            CHECK(status != VQZ_OK || to.rows == height);
        }
        if (status == VQZ_OK) pixel_hash(to.pixels, stride, width, height, (int)samples, (int)info.has_alpha, hex);
        free(to.pixels);
    }
    CHECK(status == VQZ_OK || *vqz_decoder_last_error(decoder));
    CHECK((status == VQZ_NEEDS_MODEL) == (vqz_decoder_needed_model(decoder) != NULL));
    vqz_decoder_free(decoder);
    return status;
}

int main(int count, char **arguments) {
    char line[1024], model_name[300], file_name[300], path[1024], hash[66], hex[65], loaded[300] = "";
    unsigned scale, files = 0, invalid = 0, failed = 0;
    vqz_decoder_options options;
    vqz_model *model = NULL;
    FILE *list;
    if (count != 3 || !(list = fopen(arguments[2], "r"))) {
        fprintf(stderr, "usage: suite FOLDER LIST\n");
        return 2;
    }
    memset(&options, 0, sizeof options);
    options.struct_size = sizeof options;
    options.threads = 1;
    while (fgets(line, sizeof line, list)) {
        size_t size;
        unsigned char *data;
        int pass;
        CHECK(sscanf(line, "%299s %299s %u %65s", model_name, file_name, &scale, hash) == 4);
        if (strcmp(model_name, loaded)) {
            vqz_status status;
            snprintf(path, sizeof path, "%s/%s", arguments[1], model_name);
            data = read_file(path, &size);
            vqz_model_free(model);
            status = vqz_model_new(data, size, &model);
            free(data);
            strcpy(loaded, model_name);
            if (status != VQZ_OK) CHECK(model == NULL && *vqz_last_error() && status <= VQZ_LIMIT);
        }
        options.model = model;
        snprintf(path, sizeof path, "%s/%s", arguments[1], file_name);
        data = read_file(path, &size);
        for (pass = 0; pass < 2; pass++) {
            /* Byte by byte is slow for the few large files: their beginnings will do. */
            size_t step = pass == 0 ? size : (size > 3000 ? 997 : 1);
            vqz_status status;
            strcpy(hex, "-");
            status = decode(&options, data, size, step ? step : 1, scale ? scale : 1, hex);
            if (strcmp(hex, hash) || (status == VQZ_OK) != (strcmp(hash, "-") != 0) || status == VQZ_INTERNAL || status == VQZ_NEED_MORE) {
                fprintf(stderr, "FAIL %s 1/%u: status %u (%s), %s, expected %s\n", file_name, scale, status, vqz_status_string(status), hex, hash);
                failed++;
            }
        }
        free(data);
        files++;
        invalid += strcmp(hash, "-") == 0;
    }
    fclose(list);
    vqz_model_free(model);
    printf("suite: %u renderings, %u of them of invalid files or models: %u failed\n", files, invalid, failed);
    return failed != 0 || files == 0;
}
