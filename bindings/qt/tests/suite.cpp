// The plugin through Qt. Usage: suite SUITE LIST [MODEL], as for bindings/c/tests/suite.c; QT_PLUGIN_PATH says where the plugin is.
// With a model, of which the path in the list begins so, bindings/c/tests/with-model.c is loaded too, which knows that one: then only pixels and
// refusals are looked at.
#include <QBuffer>
#include <QColorSpace>
#include <QCoreApplication>
#include <QCryptographicHash>
#include <QFile>
#include <QImageReader>
#include <QImageWriter>
#include <QMimeDatabase>
#include <QtMath>
#include <unistd.h>

#include "../../c/tests/check.h"

namespace {

// What a program asks of the reader.
struct Wish {
    QRect clip = {};
    QSize scaled = {};
    QRect scaled_clip = {};
};

// Null, and an error, if it does not load.
QImage load(const QByteArray &file, const Wish &wish = {}, const QByteArray &format = {}) {
    QBuffer device;
    device.setData(file);
    device.open(QIODevice::ReadOnly);
    QImageReader reader(&device, format);
    reader.setClipRect(wish.clip);
    reader.setScaledSize(wish.scaled);
    reader.setScaledClipRect(wish.scaled_clip);
    const QImage image = reader.read();
    CHECK(!image.isNull() || reader.error() != QImageReader::UnknownError);
    return image;
}

QByteArray contents(const QString &path) {
    QFile file(path);
    CHECK(file.open(QIODevice::ReadOnly));
    return file.readAll();
}

void add_number(QCryptographicHash &hash, int number) {
    const char little[] = {char(number), char(number >> 8), char(number >> 16), char(number >> 24)};
    hash.addData(QByteArray(little, 4));
}

// The hash of SPEC.md section 14.
QByteArray hash_of(const QImage &image, int channels) {
    QCryptographicHash hash(QCryptographicHash::Sha256);
    const QImage colour = image.convertToFormat(channels == 1 ? QImage::Format_Grayscale8 : QImage::Format_RGB888);
    add_number(hash, image.width());
    add_number(hash, image.height());
    add_number(hash, channels);
    for (int y = 0; y < image.height(); y++)
        hash.addData(QByteArray(reinterpret_cast<const char *>(colour.constScanLine(y)), image.width() * channels));
    for (int y = 0; image.hasAlphaChannel() && y < image.height(); y++)
        for (int x = 0; x < image.width(); x++) hash.addData(QByteArray(1, char(qAlpha(image.pixel(x, y)))));
    return hash.result().toHex();
}

// Grey with alpha is given as colour, for Qt has no such format.
bool has_hash(const QImage &image, const QByteArray &expected) {
    const bool grey = image.format() == QImage::Format_Grayscale8;
    return hash_of(image, grey ? 1 : 3) == expected || (image.hasAlphaChannel() && image.allGray() && hash_of(image, 1) == expected);
}

int divided(int length, int scale) { return (length + scale - 1) / scale; }
QSize divided(QSize size, int scale) { return {divided(size.width(), scale), divided(size.height(), scale)}; }

double psnr(const QImage &a, const QImage &b) {
    CHECK(a.size() == b.size() && !a.isNull());
    double sum = 0;
    for (int y = 0; y < a.height(); y++)
        for (int x = 0; x < a.width(); x++) {
            const QColor one = a.pixelColor(x, y), other = b.pixelColor(x, y);
            sum += qPow(one.red() - other.red(), 2) + qPow(one.green() - other.green(), 2) + qPow(one.blue() - other.blue(), 2);
        }
    return 10 * std::log10(255.0 * 255 * 3 * a.width() * a.height() / qMax(sum, 1e-9));
}

// Regions are parts of the whole, at every scale that they fall on pixels of; any other size is had by scaling.
void parts(const QByteArray &file, const QImage &whole) {
    const int w = whole.width(), h = whole.height();
    for (int scale = 1; scale <= 16; scale *= 2) {
        const QSize size = divided(whole.size(), scale);
        const QImage smaller = load(file, {{}, size, {}});
        CHECK(smaller.size() == size && smaller.format() == whole.format());
        const QRect rect(size.width() / 3, size.height() / 4, qMax(1, size.width() / 2), qMax(1, size.height() / 3));
        CHECK(load(file, {{}, size, rect}) == smaller.copy(rect));
        // Up to the right edge, too, which need not be a multiple of the scale.
        for (const QRect &part : {rect, QRect(rect.topLeft(), QPoint(size.width() - 1, size.height() - 1))}) {
            const QRect clip = QRect(part.topLeft() * scale, part.size() * scale) & whole.rect();
            const QImage drawn = load(file, {clip, part.size(), {}});
            CHECK(drawn == smaller.copy(part));
        }
    }
    for (const QRect &clip : {QRect(0, 0, 1, 1), QRect(w - 1, h - 1, 1, 1), QRect(w / 3, h / 5, w / 2, h / 2), QRect(7, 0, w - 7, h), whole.rect()})
        CHECK(load(file, {clip, {}, {}}) == whole.copy(clip));
    // What lies outside is not there.
    CHECK(load(file, {QRect(w - 5, -5, 100, 10), {}, {}}) == whole.copy(w - 5, 0, 5, 5));
    CHECK(load(file, {QRect(w, 0, 5, 5), {}, {}}).isNull());
    for (const double factor : {0.9, 0.5, 0.3, 0.11, 0.01, 2.0}) {
        const QSize size(qMax(1, int(w * factor)), qMax(1, int(h * factor)));
        const QImage image = load(file, {{}, size, {}});
        CHECK(image.size() == size && image.format() == whole.format());
        // That it shows the same: Qt's own scaling of the whole is not far off. (24 dB of 65 × 33 pixels full of detail, 18 dB if they were mirrored.)
        if (factor >= 0.3) CHECK(psnr(image, whole.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation)) > 22);
        CHECK(load(file, {QRect(3, 2, w / 2, h / 2), size, {}}).size() == size);
    }
}

void header(const QByteArray &file, const QImage &whole) {
    QBuffer device;
    device.setData(file);
    device.open(QIODevice::ReadOnly);
    QImageReader reader(&device);
    CHECK(reader.canRead() && reader.format() == "vqz" && device.pos() == 0);
    CHECK(reader.size() == whole.size() && device.pos() < 60);
    CHECK(reader.imageFormat() == whole.format());
    CHECK(reader.transformation() == QImageIOHandler::TransformationNone);
    CHECK(reader.read() == whole && reader.size() == whole.size());
    CHECK(!reader.canRead() && reader.read().isNull());
    // A pipe, of which what was read is gone. (It takes 64 KB without a reader.)
    int ends[2];
    CHECK(pipe(ends) == 0 && write(ends[1], file.constData(), size_t(file.size())) == file.size() && close(ends[1]) == 0);
    QFile stream;
    CHECK(stream.open(ends[0], QIODevice::ReadOnly, QFileDevice::AutoCloseHandle) && stream.isSequential());
    QImageReader other(&stream);
    CHECK(other.size() == whole.size() && other.read() == whole);
}

// Cut anywhere, and with any byte changed: nothing, but the size, where that can be read.
void damage(const QByteArray &file, const QSize &size) {
    for (int length = 0; length < file.size(); length++) {
        CHECK(load(file.left(length)).isNull() && load(file.left(length), {}, "vqz").isNull());
        QBuffer device;
        device.setData(file.left(length));
        device.open(QIODevice::ReadOnly);
        const QSize known = QImageReader(&device).size();
        CHECK(known == size || !known.isValid());
        QByteArray changed = file;
        changed[length] = char(changed[length] ^ 0x10);
        CHECK(load(changed).isNull());
    }
    CHECK(load(file + "x").isNull());
}

QByteArray save(const QImage &image, int quality, QImageIOHandler::Transformations turned = {}) {
    QBuffer device;
    device.open(QIODevice::WriteOnly);
    QImageWriter writer(&device, "vqz");
    writer.setQuality(quality);
    writer.setTransformation(turned);
    CHECK(writer.write(image));
    return device.data();
}

void writing(const QImage &photo) {
    const QByteArray small = save(photo, 10), middle = save(photo, -1), large = save(photo, 90);
    CHECK(small.size() < middle.size() && middle.size() < large.size() && middle == save(photo, 50));
    CHECK(psnr(load(small), photo) > 20 && psnr(load(large), photo) > qMax(30.0, psnr(load(middle), photo)));

    const QImage grey = load(save(photo.convertToFormat(QImage::Format_Grayscale8), 80));
    CHECK(grey.format() == QImage::Format_Grayscale8 && grey.size() == photo.size());

    // Alpha is lossless, and comes out of any format of Qt's.
    QImage glass = photo.convertToFormat(QImage::Format_ARGB32);
    for (int y = 0; y < glass.height(); y++)
        for (int x = 0; x < glass.width(); x++) glass.setPixel(x, y, (glass.pixel(x, y) & 0xFFFFFFu) | unsigned((x * 3 + y) % 256) << 24);
    const QByteArray glass_file = save(glass, 90);
    CHECK(load(glass_file).convertToFormat(QImage::Format_Alpha8) == glass.convertToFormat(QImage::Format_Alpha8));
    parts(glass_file, load(glass_file));
    CHECK(load(save(glass.convertToFormat(QImage::Format_ARGB32_Premultiplied), 90)).hasAlphaChannel());

    QImage wide = photo;
    wide.setColorSpace(QColorSpace(QColorSpace::DisplayP3));
    CHECK(load(save(wide, 50)).colorSpace() == wide.colorSpace());
    CHECK(!photo.colorSpace().isValid() && !load(middle).colorSpace().isValid());

    // Orientation is written down, and the pixels are left as they are.
    for (int turned = 0; turned < 8; turned++) {
        const auto transformation = QImageIOHandler::Transformations(turned);
        QByteArray file = save(photo, 50, transformation);
        CHECK(load(file) == load(middle));
        QBuffer device(&file);
        device.open(QIODevice::ReadOnly);
        QImageReader reader(&device);
        CHECK(reader.transformation() == transformation);
        reader.setAutoTransform(true);
        const QImage upright = reader.read();
        CHECK(upright.size() == (turned & QImageIOHandler::TransformationRotate90 ? photo.size().transposed() : photo.size()));
    }

    QBuffer device;
    device.open(QIODevice::WriteOnly);
    CHECK(!QImageWriter(&device, "vqz").write(QImage(70000, 1, QImage::Format_RGB32)) && device.data().isEmpty());
}

} // namespace

int main(int count, char **arguments) {
    const QCoreApplication application(count, arguments);
    if (count < 3 || count > 4) return 2;
    const bool all = count == 3;
    const QByteArray known = all ? "/default.vqzm" : arguments[3];
    CHECK(QImageReader::supportedImageFormats().contains("vqz") && QImageWriter::supportedImageFormats().contains("vqz"));
    CHECK(QImageReader::supportedMimeTypes().contains("image/x-vqz") && QImageWriter::supportedMimeTypes().contains("image/x-vqz"));
    CHECK(QMimeDatabase().mimeTypeForFile("a.vqz", QMimeDatabase::MatchExtension).name() == "image/x-vqz");
    const QString suite = QString::fromLocal8Bit(arguments[1]);
    int good = 0, bad = 0;
    const QList<QByteArray> lines = contents(QString::fromLocal8Bit(arguments[2])).split('\n');
    for (const QByteArray &line : lines) {
        const QList<QByteArray> words = line.split(' ');
        if (words.size() != 4) continue;
        const QByteArray file = contents(suite + '/' + QString::fromUtf8(words[1]));
        const int scale = words[2].toInt();
        // Valid files of other models are refused here too.
        if (scale == 0 || !(words[0].contains("/default.vqzm") || words[0].contains(known))) {
            if (scale > 1) continue;
            CHECK(load(file).isNull() && load(file, {}, "vqz").isNull());
            bad++;
            continue;
        }
        const QImage whole = load(file);
        // Where two renderings are of one size, only the better one can be asked for.
        const QSize size = divided(whole.size(), scale);
        if (scale == 1 || size != divided(whole.size(), scale / 2)) {
            if (!has_hash(load(file, {{}, scale == 1 ? QSize() : size, {}}), words[3])) {
                std::fprintf(stderr, "%s at 1/%d: other pixels\n", words[1].constData(), scale);
                return 1;
            }
            good++;
        }
        if (all && scale == 1) {
            header(file, whole);
            parts(file, whole);
            damage(file, whole.size());
        }
    }
    if (all) writing(load(contents(suite + "/default/picture.vqz")));
    std::printf("Qt %s: %d renderings shown, %d files refused\n", qVersion(), good, bad);
    return good == 0 || bad == 0;
}
