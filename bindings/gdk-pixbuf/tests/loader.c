/* The loader through gdk-pixbuf. Usage: loader SUITE LIST [MODEL], as for bindings/c/tests/suite.c; GDK_PIXBUF_MODULE_FILE says where the loader is.
 * With a model, of which the path in the list begins so, bindings/c/tests/with-model.c is loaded too, which knows that one: then only pixels and
 * refusals are looked at. */
#include <gdk-pixbuf/gdk-pixbuf.h>

#include "../../c/tests/check.h"
#include "../../c/tests/sha256.h"

typedef struct {
    gint width, height, want_width, want_height;
    guint updates;
} Seen;

static void size_prepared(GdkPixbufLoader *loader, gint width, gint height, gpointer user) {
    Seen *seen = user;
    seen->width = width;
    seen->height = height;
    if (seen->want_width >= 0) gdk_pixbuf_loader_set_size(loader, seen->want_width, seen->want_height);
}

static void area_updated(GdkPixbufLoader *loader, gint x, gint y, gint width, gint height, gpointer user) {
    (void)loader, (void)x, (void)y, (void)width, (void)height;
    ((Seen *)user)->updates++;
}

/* A file in pieces, with a pause before the last one; null, and an error, if it does not load. */
static GdkPixbuf *load(const unsigned char *file, size_t size, size_t step, gulong pause, Seen *seen) {
    GdkPixbufLoader *loader = gdk_pixbuf_loader_new();
    GError *error = NULL;
    GdkPixbuf *pixbuf = NULL;
    size_t at;
    gboolean ok = TRUE;
    g_signal_connect(loader, "size-prepared", G_CALLBACK(size_prepared), seen);
    g_signal_connect(loader, "area-updated", G_CALLBACK(area_updated), seen);
    for (at = 0; ok && at < size; at += step) {
        if (pause && at + step >= size - step) g_usleep(pause);
        ok = gdk_pixbuf_loader_write(loader, file + at, MIN(step, size - at), &error);
    }
    /* After an error, the loader has been closed already. */
    if (ok) ok = gdk_pixbuf_loader_close(loader, &error);
    CHECK(ok == (error == NULL));
    if (error) CHECK(error->message && *error->message);
    if (ok && (pixbuf = gdk_pixbuf_loader_get_pixbuf(loader)) != NULL) g_object_ref(pixbuf);
    CHECK(ok == (pixbuf != NULL));
    g_clear_error(&error);
    g_object_unref(loader);
    return pixbuf;
}

/* Whether the pixels have this hash, as a picture in colour or as a grey one. */
static gboolean has_hash(GdkPixbuf *pixbuf, const char *expected) {
    gint channels, x, y, width = gdk_pixbuf_get_width(pixbuf), height = gdk_pixbuf_get_height(pixbuf), n = gdk_pixbuf_get_n_channels(pixbuf);
    gint stride = gdk_pixbuf_get_rowstride(pixbuf);
    const guchar *pixels = gdk_pixbuf_read_pixels(pixbuf);
    for (channels = 1; channels <= 3; channels += 2) {
        sha256 s;
        char hex[65];
        sha256_init(&s);
        sha256_add_u32(&s, (uint32_t)width);
        sha256_add_u32(&s, (uint32_t)height);
        sha256_add_u32(&s, (uint32_t)channels);
        for (y = 0; y < height; y++)
            for (x = 0; x < width; x++) sha256_add(&s, pixels + y * stride + x * n, (size_t)channels);
        for (y = 0; n == 4 && y < height; y++)
            for (x = 0; x < width; x++) sha256_add(&s, pixels + y * stride + x * n + 3, 1);
        sha256_hex(&s, hex);
        if (!strcmp(hex, expected)) return TRUE;
    }
    return FALSE;
}

static void sizes(const unsigned char *file, size_t size) {
    static const double factors[] = {0.9, 0.75, 0.5, 0.3, 0.11, 0.01, 2};
    Seen seen = {0, 0, -1, -1, 0};
    GdkPixbuf *whole = load(file, size, size, 0, &seen);
    size_t i;
    g_object_unref(whole);
    for (i = 0; i < G_N_ELEMENTS(factors); i++) {
        Seen wanted = {0, 0, MAX(1, (gint)(seen.width * factors[i])), MAX(1, (gint)(seen.height * factors[i])), 0};
        GdkPixbuf *pixbuf = load(file, size, 100, 0, &wanted);
        CHECK(gdk_pixbuf_get_width(pixbuf) == wanted.want_width && gdk_pixbuf_get_height(pixbuf) == wanted.want_height);
        g_object_unref(pixbuf);
    }
    {
        /* The header only, as gthumb asks for it. */
        Seen nothing = {0, 0, 0, 0, 0};
        CHECK(load(file, size, size, 0, &nothing) == NULL);
        CHECK(nothing.width == seen.width && nothing.height == seen.height);
        CHECK(load(file, size, 1, 0, &nothing) == NULL);
    }
}

/* Options of the pixbuf, and coarser pictures of what arrives slowly. */
static void made_here(void) {
    static const unsigned char exif[26] = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0\0\0\0";
    enum { W = 300, H = 200 };
    guchar *pixels = g_malloc(W * H * 3);
    vqz_encoder_options options = {0};
    vqz_encoded encoded = {0};
    Seen fast = {0, 0, -1, -1, 0}, slow = {0, 0, -1, -1, 0};
    GdkPixbuf *pixbuf;
    gsize i;
    for (i = 0; i < W * H * 3; i++) pixels[i] = (guchar)(i * i / 7 % 251);
    options.struct_size = sizeof options;
    encoded.struct_size = sizeof encoded;
    options.progressive = 1;
    options.rate_kind = VQZ_RATE_QUALITY, options.rate = 90;
    options.icc = "profile", options.icc_size = 7;
    options.exif = exif, options.exif_size = sizeof exif;
    CHECK(vqz_encode(&options, VQZ_FORMAT_RGB8, W, H, pixels, W * H * 3, W * 3, &encoded) == VQZ_OK);
    /* gdk-pixbuf keeps the first 4 KB to itself. */
    CHECK(encoded.size > 20000);
    pixbuf = load(encoded.data, encoded.size, encoded.size / 2, 0, &fast);
    CHECK(fast.updates == 1);
    CHECK(!g_strcmp0(gdk_pixbuf_get_option(pixbuf, "icc-profile"), "cHJvZmlsZQ=="));
    CHECK(!g_strcmp0(gdk_pixbuf_get_option(pixbuf, "orientation"), "8"));
    g_object_unref(pixbuf);
    pixbuf = load(encoded.data, encoded.size, encoded.size / 8, 400000, &slow);
    CHECK(slow.updates >= 2);
    g_object_unref(pixbuf);
    vqz_encoded_free(&encoded);
    g_free(pixels);
}

int main(int count, char **arguments) {
    char line[1024], model[300], name[300], hash[66];
    unsigned scale, good = 0, bad = 0;
    const char *known = count == 4 ? arguments[3] : "/default.vqzm";
    FILE *list;
    if (count < 3 || count > 4 || !(list = fopen(arguments[2], "r"))) return 2;
    while (fgets(line, sizeof line, list)) {
        gboolean own;
        CHECK(sscanf(line, "%299s %299s %u %65s", model, name, &scale, hash) == 4);
        own = scale == 1 && (strstr(model, "/default.vqzm") || strstr(model, known));
        /* Valid files of other models are refused here too. */
        if (scale <= 1) {
            gchar *path = g_build_filename(arguments[1], name, NULL);
            size_t size, length;
            unsigned char *file = read_file(path, &size);
            Seen seen = {0, 0, -1, -1, 0};
            GError *error = NULL;
            GdkPixbuf *pixbuf = gdk_pixbuf_new_from_file(path, &error);
            if ((pixbuf != NULL) != own || (error == NULL) != own) {
                fprintf(stderr, "%s: %s\n", name, error ? error->message : "shown");
                return 1;
            }
            if (pixbuf) {
                if (!has_hash(pixbuf, hash)) {
                    fprintf(stderr, "%s: other pixels\n", name);
                    return 1;
                }
                g_object_unref(pixbuf);
                CHECK((pixbuf = load(file, size, 1, 0, &seen)) && has_hash(pixbuf, hash));
                g_object_unref(pixbuf);
                if (count == 3) {
                    sizes(file, size);
                    for (length = 0; length < size; length++) CHECK(load(file, length, MAX(length, 1), 0, &seen) == NULL);
                }
                good++;
            } else {
                CHECK(load(file, size, size + 1, 0, &seen) == NULL);
                CHECK(load(file, size, 1, 0, &seen) == NULL);
                bad++;
            }
            g_clear_error(&error);
            free(file);
            g_free(path);
        }
    }
    fclose(list);
    if (count == 3) made_here();
    printf("loader: %u files shown, %u refused\n", good, bad);
    return good == 0 || bad == 0;
}
