// The plugin for .vqz files: what gwenview, lximage-qt and all other Qt programs open and save pictures with.
#include <QColorSpace>
#include <QIODevice>
#include <QImage>
#include <QImageIOPlugin>
#include <QLoggingCategory>
#include <QVariant>
#include <memory>
#include <vqz.h>

Q_LOGGING_CATEGORY(log_vqz, "vqz", QtWarningMsg)

namespace {

// By the number that EXIF has for it; the first and the second are upright.
const QImageIOHandler::Transformation ORIENTATIONS[] = {
    QImageIOHandler::TransformationNone,       QImageIOHandler::TransformationNone,
    QImageIOHandler::TransformationMirror,     QImageIOHandler::TransformationRotate180,
    QImageIOHandler::TransformationFlip,       QImageIOHandler::TransformationFlipAndRotate90,
    QImageIOHandler::TransformationRotate90,   QImageIOHandler::TransformationMirrorAndRotate90,
    QImageIOHandler::TransformationRotate270,
};

int divided(int length, int scale) { return (length + scale - 1) / scale; }

// Whether from and end of a part of a side become whole numbers in a rendering at 1/scale.
bool divides(int from, int end, int side, int scale) { return from % scale == 0 && (end % scale == 0 || end == side); }

class Handler : public QImageIOHandler {
public:
    static bool begins(QIODevice *device) {
        const QByteArray head = device->peek(VQZ_SIGNATURE_BYTES);
        return vqz_probe(head.constData(), size_t(head.size())) == VQZ_PROBE_VQZ;
    }

    bool canRead() const override {
        if (state == State::Ended || (state == State::Start && !begins(device()))) return false;
        setFormat("vqz");
        return true;
    }

    bool read(QImage *image) override {
        const bool ok = take(true) && draw(image);
        state = State::Ended;
        decoder.reset();
        return ok;
    }

    bool write(const QImage &image) override;

    bool supportsOption(ImageOption option) const override {
        return option == Size || option == ScaledSize || option == ClipRect || option == Quality || option == ImageTransformation || option == ImageFormat;
    }

    void setOption(ImageOption option, const QVariant &value) override {
        if (option == ScaledSize) scaled_size = value.toSize();
        if (option == ClipRect) clip_rect = value.toRect();
        if (option == Quality) quality = value.toInt();
        if (option == ImageTransformation) transformation = Transformation(value.toInt());
    }

    QVariant option(ImageOption option) const override {
        // What is known of a file is learned when it is asked for, which changes nothing that a caller sees.
        auto self = const_cast<Handler *>(this);
        switch (option) {
        case ScaledSize: return scaled_size;
        case ClipRect: return clip_rect;
        case Quality: return quality;
        case Size: return self->take(false) ? QSize(int(info.width), int(info.height)) : QVariant();
        case ImageFormat: return self->take(false) ? format() : QVariant();
        case ImageTransformation: return int(self->take(true) ? ORIENTATIONS[info.orientation] : transformation);
        default: return {};
        }
    }

private:
    enum class State { Start, Header, Whole, Ended };
    struct Free {
        void operator()(vqz_decoder *decoder) const { vqz_decoder_free(decoder); }
    };

    bool take(bool all);
    bool draw(QImage *image);

    bool fail(const char *text) {
        qCWarning(log_vqz, "%s", text);
        decoder.reset();
        state = State::Ended;
        return false;
    }

    bool fail(vqz_status status) {
        const QByteArray text = decoder ? vqz_decoder_last_error(decoder.get()) : vqz_last_error();
        return fail(text.isEmpty() ? vqz_status_string(status) : text.constData());
    }

    bool grey() const { return info.format == VQZ_FORMAT_GRAY8; }

    // As Qt likes them best, 32 bits in the machine's order, where the library has that.
    QImage::Format format() const {
        if (grey()) return QImage::Format_Grayscale8;
#if Q_BYTE_ORDER == Q_LITTLE_ENDIAN
        return info.has_alpha ? QImage::Format_ARGB32 : QImage::Format_RGB32;
#else
        return info.has_alpha ? QImage::Format_RGBA8888 : QImage::Format_RGBX8888;
#endif
    }

    uint32_t samples() const {
        if (grey()) return VQZ_FORMAT_GRAY8;
        return Q_BYTE_ORDER == Q_LITTLE_ENDIAN ? VQZ_FORMAT_BGRA8 : VQZ_FORMAT_RGBA8;
    }

    std::unique_ptr<vqz_decoder, Free> decoder;
    State state = State::Start;
    vqz_info info = {};
    QSize scaled_size;
    QRect clip_rect;
    int quality = -1;
    Transformation transformation = TransformationNone;
};

// Takes what the device has: all of it, or no more than the header needs. False if that is no (whole) file.
bool Handler::take(bool all) {
    const State wanted = all ? State::Whole : State::Header;
    // After reading, what was learned is still known.
    if (state == State::Ended) return info.width != 0;
    if (state == State::Start && !begins(device())) return false;
    if (!decoder) {
        vqz_decoder *created = nullptr;
        const vqz_status status = vqz_decoder_new(nullptr, &created);
        if (status != VQZ_OK) return fail(status);
        decoder.reset(created);
    }
    char buffer[1 << 16];
    size_t needed = VQZ_SIGNATURE_BYTES;
    while (state < wanted) {
        const qint64 size = device()->read(buffer, qint64(all ? sizeof buffer : qMin(needed, sizeof buffer)));
        const vqz_status status = size > 0 ? vqz_decoder_push(decoder.get(), buffer, size_t(size), &needed) : vqz_decoder_finish(decoder.get());
        if (status > VQZ_NEED_MORE) return fail(status);
        info.struct_size = sizeof info;
        if (vqz_decoder_info(decoder.get(), &info) == VQZ_OK) state = size > 0 ? State::Header : State::Whole;
    }
    return true;
}

// What was asked for, from the smallest rendering that is no smaller. Where a clip rectangle would not lie on whole pixels of a rendering, a larger one.
bool Handler::draw(QImage *image) {
    const QRect whole(0, 0, int(info.width), int(info.height));
    const QRect clip = clip_rect.isNull() ? whole : clip_rect.intersected(whole);
    const QSize size = scaled_size.isValid() ? scaled_size : clip.size();
    if (clip.isEmpty() || size.isEmpty()) return fail("a picture of no width or no height was asked for");
    int scale = 1;
    QSize drawn = clip.size();
    for (int next = 2; next <= 16; next *= 2) {
        const QSize smaller(divided(clip.width(), next), divided(clip.height(), next));
        if (smaller == drawn || smaller.width() < size.width() || smaller.height() < size.height()) break;
        if (!divides(clip.left(), clip.right() + 1, whole.width(), next) || !divides(clip.top(), clip.bottom() + 1, whole.height(), next)) break;
        scale = next;
        drawn = smaller;
    }
    QImage result;
#if QT_VERSION_MAJOR >= 6
    // Refused beyond QImageReader::allocationLimit.
    if (!allocateImage(drawn, format(), &result)) return fail("the picture is larger than QImageReader::allocationLimit, or than memory");
#else
    result = QImage(drawn, format());
    if (result.isNull()) return fail("not enough memory for the picture");
#endif
    vqz_view view = {};
    view.struct_size = sizeof view;
    view.scale = uint32_t(scale);
    view.x = uint32_t(clip.left() / scale);
    view.y = uint32_t(clip.top() / scale);
    view.width = uint32_t(drawn.width());
    view.height = uint32_t(drawn.height());
    const vqz_status status = vqz_decoder_decode(decoder.get(), &view, samples(), result.bits(), size_t(result.sizeInBytes()), size_t(result.bytesPerLine()));
    if (status != VQZ_OK) return fail(status);
    if (drawn != size) result = result.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation).convertToFormat(format());
    if (result.isNull()) return fail("not enough memory for the picture at the size that was asked for");
    const uint8_t *icc = nullptr;
    size_t length = 0;
    if (vqz_decoder_metadata(decoder.get(), VQZ_METADATA_ICC, &icc, &length) == VQZ_OK && length)
        result.setColorSpace(QColorSpace::fromIccProfile(QByteArray(reinterpret_cast<const char *>(icc), int(length))));
    *image = result;
    return true;
}

bool Handler::write(const QImage &image) {
    const bool grey = image.format() == QImage::Format_Grayscale8 || image.format() == QImage::Format_Grayscale16;
    const bool alpha = image.hasAlphaChannel();
    const QImage pixels = image.convertToFormat(grey ? QImage::Format_Grayscale8 : alpha ? QImage::Format_RGBA8888 : QImage::Format_RGB888);
    const uint32_t format = grey ? VQZ_FORMAT_GRAY8 : alpha ? VQZ_FORMAT_RGBA8 : VQZ_FORMAT_RGB8;
    if (pixels.isNull()) return fail("there is no picture to write, or no memory for it");
    vqz_encoder_options options = {};
    options.struct_size = sizeof options;
    if (quality >= 0) {
        options.rate_kind = VQZ_RATE_QUALITY;
        options.rate = qMin(quality, 100);
    }
    const QByteArray icc = image.colorSpace().iccProfile();
    if (!icc.isEmpty()) {
        options.icc = icc.constData();
        options.icc_size = size_t(icc.size());
    }
    // A directory of one entry: tag 0x0112, one number of 16 bits.
    char exif[] = "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x01\0\0\0\0\0\0";
    for (char turned = 2; turned <= 8; turned++)
        if (ORIENTATIONS[int(turned)] == transformation) exif[18] = turned;
    if (transformation != TransformationNone) {
        options.exif = exif;
        options.exif_size = sizeof exif;
    }
    vqz_encoded encoded = {};
    encoded.struct_size = sizeof encoded;
    const vqz_status status = vqz_encode(&options, format, uint32_t(pixels.width()), uint32_t(pixels.height()), pixels.constBits(),
                                         size_t(pixels.sizeInBytes()), size_t(pixels.bytesPerLine()), &encoded);
    if (status != VQZ_OK) return fail(status);
    const bool ok = device()->write(reinterpret_cast<const char *>(encoded.data), qint64(encoded.size)) == qint64(encoded.size);
    vqz_encoded_free(&encoded);
    return ok;
}

} // namespace

class VqzPlugin : public QImageIOPlugin {
    Q_OBJECT
    Q_PLUGIN_METADATA(IID QImageIOHandlerFactoryInterface_iid FILE "vqz.json")

public:
    Capabilities capabilities(QIODevice *device, const QByteArray &format) const override {
        if (format == "vqz") return Capabilities(CanRead | CanWrite);
        if (!format.isEmpty() || !device || !device->isOpen()) return {};
        Capabilities found;
        if (device->isReadable() && Handler::begins(device)) found |= CanRead;
        if (device->isWritable()) found |= CanWrite;
        return found;
    }

    QImageIOHandler *create(QIODevice *device, const QByteArray &format) const override {
        auto handler = new Handler;
        handler->setDevice(device);
        handler->setFormat(format);
        return handler;
    }
};

#include "plugin.moc"
