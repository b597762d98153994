import io

import numpy
import pytest
from PIL import Image, ImageFile, UnidentifiedImageError

import vqz
import vqz.pillow

vqz.pillow.register()

EXIF = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


class Counting(io.BytesIO):
    """Knows how far it has been read."""

    furthest = 0

    def read(self, size=-1):
        data = super().read(size)
        self.furthest = max(self.furthest, self.tell())
        return data


def saved(array, **options):
    out = io.BytesIO()
    Image.fromarray(array).save(out, "VQZ", **options)
    return out.getvalue()


def test_open_and_save(photo, tmp_path):
    path = tmp_path / "photo.vqz"
    Image.fromarray(photo).save(path, quality=80)
    assert path.read_bytes() == vqz.encode(photo, quality=80)
    with Image.open(path) as picture:
        assert (picture.format, picture.mode, picture.size) == ("VQZ", "RGB", (128, 96))
        assert picture.get_format_mimetype() == "image/x-vqz"
        assert numpy.array_equal(numpy.asarray(picture), vqz.decode(path.read_bytes()))
        assert numpy.array_equal(numpy.asarray(picture.copy()), numpy.asarray(picture))
    assert len(saved(photo, size=900)) <= 900
    assert vqz.info(saved(photo, progressive=True))["layers"] > 1


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "1", "P", "CMYK", "YCbCr"])
def test_modes(photo, mode):
    picture = Image.fromarray(photo).convert(mode)
    out = io.BytesIO()
    picture.save(out, "VQZ", quality=90)
    back = Image.open(out)
    expected = {"1": "L", "P": "RGB", "CMYK": "RGB", "YCbCr": "RGB"}.get(mode, mode)
    back.load()
    assert back.mode == expected
    with pytest.raises(OSError):
        picture.convert("F").save(io.BytesIO(), "VQZ")


def test_opening_reads_the_header_only(photo):
    file = Counting(vqz.encode(photo, quality=100, icc=b"profile" * 50, exif=EXIF, xmp=b"<x/>"))
    picture = Image.open(file)
    assert file.furthest < 800 < len(file.getvalue()) / 2
    assert picture.size == (128, 96)
    assert picture.info["icc_profile"] == b"profile" * 50
    assert picture.info["xmp"] == b"<x/>"
    assert picture.getexif()[0x0112] == 6
    assert abs(picture.info["quality"] - 100) < 0.1 and picture.info["progressive"] is False


def test_metadata_is_written(photo):
    picture = Image.open(io.BytesIO(vqz.encode(photo, icc=b"profile", exif=EXIF, xmp=b"<x/>")))
    out = io.BytesIO()
    picture.save(out, "VQZ")
    assert vqz.metadata(out.getvalue()) == {"icc": b"profile"}
    out = io.BytesIO()
    picture.save(out, "VQZ", icc_profile=None, exif=picture.getexif(), xmp=picture.info["xmp"])
    written = vqz.metadata(out.getvalue())
    assert set(written) == {"exif", "xmp"} and written["exif"][:2] in (b"MM", b"II")
    assert Image.open(out).getexif()[0x0112] == 6


def test_thumbnails_are_decoded_small(photo):
    array = numpy.tile(photo, (5, 5, 1))
    data = vqz.encode(array, quality=60)
    picture = Image.open(io.BytesIO(data))
    mode, box = picture.draft("RGB", (70, 50))
    assert (mode, picture.size, box) == ("RGB", (80, 60), (0, 0, 80, 60))
    assert picture.draft("RGB", (10, 10)) is None
    assert numpy.array_equal(numpy.asarray(picture), vqz.decode(data, scale=8))
    assert picture.draft("RGB", (10, 10)) is None
    small = Image.open(io.BytesIO(data))
    small.thumbnail((64, 64))
    assert small.size == (64, 48)
    whole = Image.open(io.BytesIO(data))
    assert whole.draft("RGB", (5000, 5000)) is not None and whole.size == (640, 480)
    whole.load()
    whole.thumbnail((64, 64))
    difference = numpy.asarray(whole).astype(int) - numpy.asarray(small)
    assert abs(difference).mean() < 6


def test_truncated_files(photo, monkeypatch):
    data = vqz.encode(photo, quality=80, progressive=True)
    part = data[: len(data) * 2 // 3]
    picture = Image.open(io.BytesIO(part))
    with pytest.raises(OSError):
        picture.load()
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    rough = numpy.asarray(Image.open(io.BytesIO(part)))
    assert abs(rough.astype(int) - photo).mean() < 30
    for end in (0, 5, 8, 20, 38):
        with pytest.raises(UnidentifiedImageError):
            Image.open(io.BytesIO(data[:end]))


def test_hostile_files_raise(suite):
    tried = 0
    for path in sorted((suite / "invalid").glob("*.vqz")):
        with pytest.raises((OSError, Image.DecompressionBombError)):
            Image.open(io.BytesIO(path.read_bytes())).load()
        tried += 1
    assert tried > 100
