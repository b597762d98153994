/* vqz: a learned image codec whose files decode to the same pixels on every machine. The C interface.
 *
 * Rules that hold for all functions:
 *  - They return a status unless told otherwise; VQZ_OK is 0. The text of an error is for people: vqz_decoder_last_error, vqz_last_error.
 *  - Null pointers, numbers out of range and wrong struct sizes give VQZ_INVALID_ARGUMENT. Pointers that are not null must be valid.
 *  - Structures begin with struct_size, which the caller sets to sizeof the structure. Set all other bytes to 0 first: 0 is the default
 *    of every option, and of those that later versions add. A library takes the structures of programs built for older versions.
 *  - A decoder may be used by any thread, and by one at a time: a call while another one is going on gives VQZ_INVALID_ARGUMENT.
 *  - An error within the library (a bug of it) gives VQZ_INTERNAL; the decoder is of no further use then and can only be freed.
 *  - No function changes global state of the program, such as locale, signals or rayon's global threads.
 */
#ifndef VQZ_H
#define VQZ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this header; vqz_version_number tells the library's. */
#define VQZ_VERSION_NUMBER 0x000200u /* 0xMMmmpp */

/* ---- Status ---- */

typedef uint32_t vqz_status;

#define VQZ_OK 0u
#define VQZ_NEED_MORE 1u        /* no error: more bytes of the file are needed */
#define VQZ_DAMAGED 2u          /* not a .vqz file, or cut, or damaged, or against the rules of the format */
#define VQZ_UNSUPPORTED 3u      /* needs a later version of the library; or vqz_encode, with a model that only decodes */
#define VQZ_NEEDS_MODEL 4u      /* made with a model that is not at hand: vqz_decoder_needed_model tells which */
#define VQZ_LIMIT 5u            /* larger than the limits of the options */
#define VQZ_CANCELLED 6u        /* vqz_cancel_set was called, or a function of the caller's wanted no more */
#define VQZ_OUT_OF_MEMORY 7u
#define VQZ_INVALID_ARGUMENT 8u /* the caller's mistake, or a size or PSNR that no quality gives */
#define VQZ_INTERNAL 9u         /* the library's mistake */
#define VQZ_NEEDS_RENDERING 10u /* a view asks for a rendering of the file's model that is not at hand */

/* A few words for a status, for any number. Never null. */
const char *vqz_status_string(vqz_status status);

/* Text of the error that the last call on this thread gave, valid until the next one. Empty if it gave none; never null. For what has no
 * decoder: vqz_decoder_new, vqz_model_new, vqz_rendering_new, vqz_encode. */
const char *vqz_last_error(void);

/* "0.2.0" */
const char *vqz_version(void);
/* 0xMMmmpp */
uint32_t vqz_version_number(void);

/* ---- Is it a .vqz file? ---- */

#define VQZ_PROBE_OTHER 0u
#define VQZ_PROBE_VQZ 1u
#define VQZ_PROBE_TOO_SHORT 2u /* cannot be told yet: VQZ_SIGNATURE_BYTES are needed */
#define VQZ_SIGNATURE_BYTES 8u

/* What the first bytes of a file tell: one of VQZ_PROBE_*. */
uint32_t vqz_probe(const void *data, size_t size);

/* ---- Models, renderings and cancelling: all optional ---- */

/* A model, for files that were made with another one than the library has built in. */
typedef struct vqz_model vqz_model;

/* Loads a model from the bytes of a model file (.vqzm). Its encoder file (.vqze) may follow directly behind them; without it, the model only
 * decodes, and vqz_encode gives VQZ_UNSUPPORTED. VQZ_DAMAGED if these are other bytes, or the encoder file is that of another model. */
vqz_status vqz_model_new(const void *data, size_t size, vqz_model **model);
/* Decoders that were made with it go on. Null is allowed. */
void vqz_model_free(vqz_model *model);

/* Another rendering of the files of one model, its base: see VQZ_RENDERING_PERCEPTUAL. */
typedef struct vqz_rendering vqz_rendering;

/* Loads a rendering from the bytes of a .vqzr file. VQZ_DAMAGED if it is none. */
vqz_status vqz_rendering_new(const void *data, size_t size, vqz_rendering **rendering);
/* Decoders that were made with it go on. Null is allowed. */
void vqz_rendering_free(vqz_rendering *rendering);

/* A flag by which another thread stops work that is going on. */
typedef struct vqz_cancel vqz_cancel;

vqz_status vqz_cancel_new(vqz_cancel **cancel);
/* Whatever was begun with it ends within some milliseconds, with VQZ_CANCELLED, and so does whatever is begun later. From any thread. */
vqz_status vqz_cancel_set(const vqz_cancel *cancel);
/* Null is allowed. Decoders keep what they need of it. */
void vqz_cancel_free(vqz_cancel *cancel);

/* ---- Decoding ---- */

/* Takes the bytes of one file as they come, and gives pixels. */
typedef struct vqz_decoder vqz_decoder;

typedef struct vqz_decoder_options {
    size_t struct_size;
    uint32_t threads;         /* 0: as many as there are cores, shared by all decoders; at most 1024 */
    uint32_t max_side;        /* largest width and height; 0: 65,535 */
    uint64_t max_pixels;      /* 0: 268,435,456 */
    uint64_t max_expansion;   /* pixels per byte of a file beyond its first 10,240; 0: 1,280; UINT64_MAX: no such bound */
    uint64_t max_metadata;    /* bytes of ICC, EXIF and XMP together; 0: 16 MiB */
    const vqz_model *model;   /* a model besides those that are built in, or null */
    const vqz_cancel *cancel; /* or null */
    const vqz_rendering *rendering; /* by which views in VQZ_RENDERING_PERCEPTUAL of files of its base model are drawn; or null */
} vqz_decoder_options;

/* How pixels lie in memory, 8 bits per sample. */
#define VQZ_FORMAT_GRAY8 1u       /* of grey pictures only */
#define VQZ_FORMAT_GRAY_ALPHA8 2u /* of grey pictures only */
#define VQZ_FORMAT_RGB8 3u
#define VQZ_FORMAT_RGBA8 4u /* alpha is not premultiplied, and 255 where a picture has none */
#define VQZ_FORMAT_BGRA8 5u

typedef struct vqz_info {
    size_t struct_size;
    uint32_t width;          /* 1 to 65,535 */
    uint32_t height;         /* 1 to 65,535 */
    uint32_t format;         /* the VQZ_FORMAT_* without loss and without waste */
    uint32_t has_alpha;      /* 0 or 1 */
    uint32_t layers;         /* 1, or more in a progressive file */
    uint32_t layers_arrived; /* a picture can be decoded of 1 or more; all of them when the file is whole */
    uint32_t orientation;    /* as EXIF numbers it, 1 to 8, as far as EXIF has arrived; pixels are never turned */
    uint32_t finished;       /* 1 when the whole file has arrived */
    double quality;          /* that it was encoded at, 0 to 100 */
    uint64_t icc_bytes;      /* sizes of metadata as far as they have arrived; 0 if there are none */
    uint64_t exif_bytes;
    uint64_t xmp_bytes;
    uint8_t model[8]; /* first bytes of the SHA-256 of the model */
} vqz_info;

/* How the same file is drawn. */
#define VQZ_RENDERING_FAITHFUL 0u   /* as near to the picture that was encoded as its model knows how */
#define VQZ_RENDERING_PERCEPTUAL 1u /* with texture that looks like the picture's where a low quality has lost it; from scale 4 on it is the other */

/* What of a picture is wanted: all of it at full size where nothing else is said. */
typedef struct vqz_view {
    size_t struct_size;
    uint32_t scale; /* 1 (or 0), 2, 4, 8 or 16: the rendering has 1/scale of the picture's width and height, rounded up */
    uint32_t x;     /* a rectangle of that rendering, in its own pixels; all of it if width and height are 0 */
    uint32_t y;
    uint32_t width;
    uint32_t height;
    uint32_t reserved;  /* not looked at */
    uint32_t rendering; /* VQZ_RENDERING_*: a call that draws gives VQZ_NEEDS_RENDERING if it is not at hand */
} vqz_view;

#define VQZ_METADATA_ICC 1u
#define VQZ_METADATA_EXIF 2u /* a TIFF structure, without the Exif\0\0 of JPEG files */
#define VQZ_METADATA_XMP 3u

/* Called with rows of a view from the top: count rows from row first, stride bytes apart. The data are valid during the call. Returns 0 if
 * no more are wanted. It must return: no longjmp, no C++ exception. It may not use the decoder. */
typedef int (*vqz_rows_function)(void *user, uint32_t first, uint32_t count, const uint8_t *data, size_t stride);

/* A decoder for one file. Options may be null. */
vqz_status vqz_decoder_new(const vqz_decoder_options *options, vqz_decoder **decoder);
/* With all that it gave pointers to. Null is allowed. */
void vqz_decoder_free(vqz_decoder *decoder);

/* Takes the next bytes of the file, any number. VQZ_OK: the file is whole, and nothing may follow. VQZ_NEED_MORE: it goes on; *needed (may
 * be null) is how many bytes are needed at least before anything new can be known. Errors stay: all later calls give the same, but for
 * vqz_decoder_info and vqz_decoder_metadata after VQZ_NEEDS_MODEL. */
vqz_status vqz_decoder_push(vqz_decoder *decoder, const void *data, size_t size, size_t *needed);
/* Says that no more bytes come. VQZ_OK if the file is whole, VQZ_DAMAGED if it is cut: what has arrived can still be decoded then. */
vqz_status vqz_decoder_finish(vqz_decoder *decoder);

/* VQZ_NEED_MORE before the header has arrived (some 40 bytes). After VQZ_NEEDS_MODEL this and vqz_decoder_metadata still tell what has
 * arrived, so that a program knows the size of a picture which it cannot decode; layers_arrived is 0 then. */
vqz_status vqz_decoder_info(vqz_decoder *decoder, vqz_info *info);
/* A piece of metadata, valid until the decoder is freed. *data is null if there is none, or it has not arrived yet. (An empty one is not null.) */
vqz_status vqz_decoder_metadata(vqz_decoder *decoder, uint32_t kind, const uint8_t **data, size_t *size);
/* Width and height of a view in pixels. The view may be null, as below. */
vqz_status vqz_decoder_view_size(vqz_decoder *decoder, const vqz_view *view, uint32_t *width, uint32_t *height);

/* Decodes a view into the caller's buffer of size bytes, rows from the top, stride bytes apart; as often as one likes. Once the file is
 * whole, the pixels are those that the format specifies; before, they are a coarser picture as far as layers have arrived. VQZ_NEED_MORE if
 * not even the header is there. On errors the buffer holds anything. */
vqz_status vqz_decoder_decode(vqz_decoder *decoder, const vqz_view *view, uint32_t format, void *buffer, size_t size, size_t stride);
/* The same, handed over in bands of rows, on this thread; the whole picture is never in memory. */
vqz_status vqz_decoder_decode_rows(vqz_decoder *decoder, const vqz_view *view, uint32_t format, vqz_rows_function rows, void *user);

/* Text of the error that the last call with this decoder gave, valid until the next one. Empty if it gave none; never null. */
const char *vqz_decoder_last_error(const vqz_decoder *decoder);
/* After VQZ_NEEDS_MODEL, the model's digest in 16 hexadecimal digits, valid until the decoder is freed; otherwise null. */
const char *vqz_decoder_needed_model(const vqz_decoder *decoder);

/* ---- Encoding ---- */

#define VQZ_RATE_DEFAULT 0u /* quality 50 */
#define VQZ_RATE_QUALITY 1u /* rate is the quality, 0 (smallest file) to 100 (best picture) */
#define VQZ_RATE_SIZE 2u    /* rate is the largest size of the file in bytes */
#define VQZ_RATE_PSNR 3u    /* rate is the least PSNR of the picture in dB */

typedef struct vqz_encoder_options {
    size_t struct_size;
    uint32_t rate_kind;   /* VQZ_RATE_* */
    uint32_t progressive; /* 1: layers from coarse to fine, so that the beginning of the file is already a picture */
    double rate;
    uint32_t threads;       /* as for decoders */
    uint32_t reserved;      /* 0 */
    const void *icc;        /* metadata that go into the file as they are; null if none */
    size_t icc_size;
    const void *exif;
    size_t exif_size;
    const void *xmp;
    size_t xmp_size;
    const vqz_model *model;   /* with its encoder file; null: the one that is built in */
    const vqz_cancel *cancel; /* or null */
} vqz_encoder_options;

typedef struct vqz_encoded {
    size_t struct_size;
    uint8_t *data; /* the file */
    size_t size;
    double quality; /* of the file, 0 to 100 */
    double psnr;    /* in dB if VQZ_RATE_PSNR was asked for, otherwise 0 */
} vqz_encoded;

/* Encodes a picture: size bytes at pixels, rows from the top, stride bytes apart, in a VQZ_FORMAT_*. Options may be null. On success *encoded
 * holds the file until vqz_encoded_free; on errors it holds null. VQZ_UNSUPPORTED if the model has no encoder file: the one that is built in has none
 * in a library that was built to decode only. Text of errors: vqz_last_error. */
vqz_status vqz_encode(const vqz_encoder_options *options, uint32_t format, uint32_t width, uint32_t height, const void *pixels, size_t size,
                      size_t stride, vqz_encoded *encoded);
/* Frees the file, whose data and size must be as they were given, and sets data to null. Null, and null data, are allowed. */
void vqz_encoded_free(vqz_encoded *encoded);

#ifdef __cplusplus
}
#endif

#endif
