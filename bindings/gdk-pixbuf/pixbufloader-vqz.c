/* A gdk-pixbuf loader for .vqz files: what eog, gthumb, thumbnailers and GTK programs open pictures with. */
#define GDK_PIXBUF_ENABLE_BACKEND
#include <gdk-pixbuf/gdk-pixbuf.h>
#include <gmodule.h>
#include <vqz.h>

/* A progressive file that arrives slowly is shown as far as it has come: no more often than this, and for a quarter of the time at most. */
#define PREVIEW_AFTER (G_USEC_PER_SEC / 3)

typedef struct {
    GdkPixbufModuleSizeFunc size_func; /* any of the three may be null */
    GdkPixbufModulePreparedFunc prepared_func;
    GdkPixbufModuleUpdatedFunc updated_func;
    gpointer user;
    vqz_decoder *decoder;
    vqz_info info; /* width is 0 until the header has arrived */
    gint width, height; /* wanted */
    GdkPixbuf *pixbuf;
    gboolean prepared; /* the caller has the pixbuf */
    guint32 layers_shown;
    gint64 next_preview; /* not before this time */
    gboolean failed;
} Loader;

/* Always with an error: callers take FALSE without one for a crash of their own. */
static gboolean fail(Loader *loader, gint code, const char *text, GError **error) {
    loader->failed = TRUE;
    if (error && !*error) g_set_error_literal(error, GDK_PIXBUF_ERROR, code, text);
    return FALSE;
}

static gboolean fail_with(Loader *loader, vqz_status status, GError **error) {
    gint code = GDK_PIXBUF_ERROR_FAILED;
    if (status == VQZ_DAMAGED) code = GDK_PIXBUF_ERROR_CORRUPT_IMAGE;
    if (status == VQZ_LIMIT || status == VQZ_OUT_OF_MEMORY) code = GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY;
    if (status == VQZ_UNSUPPORTED || status == VQZ_NEEDS_MODEL) code = GDK_PIXBUF_ERROR_UNKNOWN_TYPE;
    const char *text = vqz_decoder_last_error(loader->decoder);
    return fail(loader, code, *text ? text : vqz_status_string(status), error);
}

static gpointer begin_load(GdkPixbufModuleSizeFunc size_func, GdkPixbufModulePreparedFunc prepared_func, GdkPixbufModuleUpdatedFunc updated_func,
                           gpointer user, GError **error) {
    Loader *loader = g_new0(Loader, 1);
    loader->size_func = size_func;
    loader->prepared_func = prepared_func;
    loader->updated_func = updated_func;
    loader->user = user;
    loader->next_preview = g_get_monotonic_time() + PREVIEW_AFTER;
    if (vqz_decoder_new(NULL, &loader->decoder) == VQZ_OK) return loader;
    fail(loader, GDK_PIXBUF_ERROR_FAILED, vqz_last_error(), error);
    g_free(loader);
    return NULL;
}

/* The header is there: asks how large the picture is to be. */
static gboolean header(Loader *loader, GError **error) {
    loader->width = (gint)loader->info.width;
    loader->height = (gint)loader->info.height;
    if (loader->size_func) loader->size_func(&loader->width, &loader->height, loader->user);
    if (loader->width > 0 && loader->height > 0) return TRUE;
    /* The caller wants to know the size and nothing else. */
    return fail(loader, GDK_PIXBUF_ERROR_FAILED, "A picture of zero width or height was asked for", error);
}

static void describe(Loader *loader) {
    const uint8_t *icc;
    size_t size;
    char orientation[] = {(char)('0' + loader->info.orientation), 0};
    if (vqz_decoder_metadata(loader->decoder, VQZ_METADATA_ICC, &icc, &size) == VQZ_OK && icc && size) {
        gchar *text = g_base64_encode(icc, size);
        gdk_pixbuf_set_option(loader->pixbuf, "icc-profile", text);
        g_free(text);
    }
    if (loader->info.orientation != 1) gdk_pixbuf_set_option(loader->pixbuf, "orientation", orientation);
}

/* What has arrived, at the size that was asked for, from the smallest rendering that is no smaller. */
static gboolean draw(Loader *loader, GError **error) {
    gboolean alpha = loader->info.has_alpha != 0, exact;
    vqz_view view = {sizeof view, 1, 0, 0, 0, 0, 0, 0}, smaller = {sizeof smaller, 2, 0, 0, 0, 0, 0, 0};
    uint32_t width = loader->info.width, height = loader->info.height, w, h;
    GdkPixbuf *drawn;
    vqz_status status;
    if (!loader->pixbuf) loader->pixbuf = gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, loader->width, loader->height);
    for (; smaller.scale <= 16; smaller.scale *= 2) {
        status = vqz_decoder_view_size(loader->decoder, &smaller, &w, &h);
        if (status != VQZ_OK) return fail_with(loader, status, error);
        /* All renderings of a single pixel are of one size, but not of one colour. */
        if ((gint)w < loader->width || (gint)h < loader->height || (w == width && h == height)) break;
        view = smaller, width = w, height = h;
    }
    exact = (gint)width == loader->width && (gint)height == loader->height;
    drawn = exact && loader->pixbuf ? g_object_ref(loader->pixbuf) : gdk_pixbuf_new(GDK_COLORSPACE_RGB, alpha, 8, (gint)width, (gint)height);
    if (!loader->pixbuf || !drawn) {
        g_clear_object(&drawn);
        return fail(loader, GDK_PIXBUF_ERROR_INSUFFICIENT_MEMORY, "Not enough memory for the picture", error);
    }
    status = vqz_decoder_decode(loader->decoder, &view, alpha ? VQZ_FORMAT_RGBA8 : VQZ_FORMAT_RGB8, gdk_pixbuf_get_pixels(drawn),
                                gdk_pixbuf_get_byte_length(drawn), (size_t)gdk_pixbuf_get_rowstride(drawn));
    if (status == VQZ_OK && !exact)
        gdk_pixbuf_scale(drawn, loader->pixbuf, 0, 0, loader->width, loader->height, 0, 0, (double)loader->width / width,
                         (double)loader->height / height, GDK_INTERP_BILINEAR);
    g_object_unref(drawn);
    if (status != VQZ_OK) return fail_with(loader, status, error);
    if (!loader->prepared) {
        describe(loader);
        if (loader->prepared_func) loader->prepared_func(loader->pixbuf, NULL, loader->user);
        loader->prepared = TRUE;
    }
    if (loader->updated_func) loader->updated_func(loader->pixbuf, 0, 0, loader->width, loader->height, loader->user);
    return TRUE;
}

static gboolean load_increment(gpointer context, const guchar *data, guint size, GError **error) {
    Loader *loader = context;
    gboolean known = loader->info.width != 0;
    gint64 now = g_get_monotonic_time();
    vqz_status status = vqz_decoder_push(loader->decoder, data, size, NULL);
    if (status > VQZ_NEED_MORE) return fail_with(loader, status, error);
    loader->info.struct_size = sizeof loader->info;
    if (vqz_decoder_info(loader->decoder, &loader->info) != VQZ_OK) return TRUE;
    if (!known && !header(loader, error)) return FALSE;
    if (status == VQZ_NEED_MORE && loader->info.layers_arrived > loader->layers_shown && now >= loader->next_preview) {
        loader->layers_shown = loader->info.layers_arrived;
        /* What cannot be shown yet is no error. */
        if (!draw(loader, NULL)) loader->failed = FALSE;
        loader->next_preview = g_get_monotonic_time() + MAX(PREVIEW_AFTER, 3 * (g_get_monotonic_time() - now));
    }
    return TRUE;
}

static gboolean stop_load(gpointer context, GError **error) {
    Loader *loader = context;
    gboolean ok = FALSE;
    if (loader->failed) {
        fail(loader, GDK_PIXBUF_ERROR_FAILED, "The picture could not be loaded", error);
    } else {
        vqz_status status = vqz_decoder_finish(loader->decoder);
        ok = status == VQZ_OK ? draw(loader, error) : fail_with(loader, status, error);
    }
    g_clear_object(&loader->pixbuf);
    vqz_decoder_free(loader->decoder);
    g_free(loader);
    return ok;
}

G_MODULE_EXPORT void fill_vtable(GdkPixbufModule *module);
G_MODULE_EXPORT void fill_info(GdkPixbufFormat *info);

void fill_vtable(GdkPixbufModule *module) {
    module->begin_load = begin_load;
    module->load_increment = load_increment;
    module->stop_load = stop_load;
}

void fill_info(GdkPixbufFormat *info) {
    static GdkPixbufModulePattern signature[] = {{(char *)"\x8DVQZ\r\n\x1A\n", (char *)"        ", 100}, {NULL, NULL, 0}};
    static gchar *mime_types[] = {(gchar *)"image/x-vqz", NULL};
    static gchar *extensions[] = {(gchar *)"vqz", NULL};
    info->name = (gchar *)"vqz";
    info->signature = signature;
    info->description = (gchar *)"vqz, a learned image format";
    info->mime_types = mime_types;
    info->extensions = extensions;
    info->flags = GDK_PIXBUF_FORMAT_THREADSAFE;
    info->license = (gchar *)"MIT";
}
