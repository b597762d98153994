/* For LD_PRELOAD: programs that know of no model but the one that is built in, such as a gdk-pixbuf loader or a Qt plugin, decode with the model
 * in the file $VQZ_TEST_MODEL too. So the files of the conformance suite, which have models of their own, get past the header in them. */
#define _GNU_SOURCE
#include <dlfcn.h>

#include "check.h"

vqz_status vqz_decoder_new(const vqz_decoder_options *options, vqz_decoder **decoder) {
    static vqz_model *model;
    vqz_decoder_options with_model = {0};
    vqz_status (*original)(const vqz_decoder_options *, vqz_decoder **);
    /* What dlsym gives is no function as far as C knows. */
    *(void **)&original = dlsym(RTLD_NEXT, "vqz_decoder_new");
    CHECK(original && !options);
    if (!model) {
        size_t size;
        unsigned char *file = read_file(getenv("VQZ_TEST_MODEL"), &size);
        CHECK(vqz_model_new(file, size, &model) == VQZ_OK);
        free(file);
    }
    with_model.struct_size = sizeof with_model;
    with_model.model = model;
    return original(&with_model, decoder);
}
