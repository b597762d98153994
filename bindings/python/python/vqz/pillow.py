"""Pillow reads and writes .vqz files after `vqz.pillow.register()`.

Opening reads the header and the metadata (`info["icc_profile"]`, `info["exif"]`, `info["xmp"]`, `info["quality"]`); pixels are decoded when they are needed.
`draft()`, and with it `thumbnail()`, decodes the smallest rendering that is large enough. With `ImageFile.LOAD_TRUNCATED_IMAGES`, a file that ends early gives
what it has.

`save` takes one of `quality` (0 to 100, default 50), `size` (bytes) and `psnr` (dB), and `progressive`, `effort`, `tune`, `threads`, `icc_profile` (default: that of the picture), `exif`
(bytes or `Image.Exif`), `xmp`.
"""

from __future__ import annotations

import io

from PIL import Image, ImageFile

from . import _threads, _vqz
from ._errors import Error, LimitError, OutOfMemoryError, SignatureError, TruncatedError, UnsupportedError, WrongModelError

_SCALES = (16, 8, 4, 2)
# Pillow 10 has plain tuples.
_Tile = getattr(ImageFile, "_Tile", lambda *parts: parts)
# The chunks before these are what a picture is opened by.
_PIXELS = (b"TILE", b"tidx")


def _accept(prefix):
    return bool(_vqz.probe(prefix[:8]))


def _failed(error):
    """The exception that programs expect of Pillow."""
    if isinstance(error, OutOfMemoryError):
        return error
    return OSError(f"cannot decode the .vqz file: {error}")


class VqzImageFile(ImageFile.ImageFile):
    """A .vqz file."""

    format = "VQZ"
    format_description = "vqz"

    def _open(self):
        self._vqz = _vqz.Decoder(_threads.count(0), [], [], None)
        self._scale = 1
        self._whole = None
        try:
            self._push_until_pixels()
        except (SignatureError, TruncatedError) as error:
            raise SyntaxError(str(error)) from error
        except (LimitError, UnsupportedError, WrongModelError) as error:
            raise _failed(error) from error
        except Error as error:
            raise SyntaxError(str(error)) from error
        info = self._vqz.info
        if info is None:
            raise SyntaxError("the .vqz file has no header")
        self._size = self._whole = (info["width"], info["height"])
        self._mode = info["mode"]
        self.info["quality"] = info["quality"]
        self.info["progressive"] = info["layers"] > 1
        for name, data in self._vqz.metadata.items():
            self.info["icc_profile" if name == "icc" else name] = data
        self._set_tile()

    def _push_until_pixels(self):
        """Hands the decoder everything before the chunks of the pixels."""
        self._vqz.push(self.fp.read(8))
        while True:
            head = self.fp.read(8)
            self._vqz.push(head)
            if len(head) < 8 or head[4:] in _PIXELS:
                return
            length = int.from_bytes(head[:4], "little")
            try:
                # Block by block, since the length may be anything. A checksum follows the payload.
                self._vqz.push(ImageFile._safe_read(self.fp, length + 4))
            except OSError as error:
                raise SyntaxError(str(error)) from error

    def _set_tile(self):
        self.tile = [_Tile("raw", (0, 0, *self.size), 0, self.mode)]

    def draft(self, mode, size):
        """Sets the picture to the smallest of its renderings that is not smaller than `size`, if it has not been loaded. The mode stays."""
        if not self.tile or self._scale != 1 or self._whole is None or not size:
            return None
        width, height = self._whole
        wanted = max(1, size[0]), max(1, size[1])
        for scale in _SCALES:
            rendering = -(-width // scale), -(-height // scale)
            if rendering[0] >= wanted[0] and rendering[1] >= wanted[1]:
                self._scale, self._size = scale, rendering
                self._set_tile()
                break
        return self.mode, (0, 0, width / self._scale, height / self._scale)

    def load(self):
        """Decodes the pixels, if that has not been done."""
        if self.tile and self._vqz is not None:
            try:
                pixels = self._decode()
            except Error as error:
                raise _failed(error) from error
            if self.fp and self._exclusive_fp:
                self.fp.close()
            self.fp = io.BytesIO(pixels)
            self._vqz = None
        return super().load()

    def _decode(self):
        while not self._vqz.finished:
            data = self.fp.read(max(self._vqz.needed, 1 << 16))
            if not data:
                if ImageFile.LOAD_TRUNCATED_IMAGES:
                    break
                raise OSError(f"the .vqz file is truncated, {self._vqz.needed} bytes are needed at least")
            self._vqz.push(data)
        pixels, width, height, _ = self._vqz.image(None, self._scale, "faithful")
        if (width, height) != self.size:
            raise OSError("the size of the picture was changed before it was loaded")
        return pixels

    def load_seek(self, pos):
        """Nothing to do: there are the pixels only."""


def _prepared(im):
    """The picture in a mode that files can have."""
    if im.mode in ("L", "LA", "RGB", "RGBA"):
        return im
    if im.mode == "1":
        return im.convert("L")
    if im.mode in ("P", "PA", "La", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"):
        alpha = im.mode in ("PA", "RGBa", "La") or "transparency" in im.info
        return im.convert("RGBA" if alpha else "RGB")
    raise OSError(f"cannot write mode {im.mode} as VQZ")


def _save(im, fp, filename):
    options = im.encoderinfo
    given = {name: options.get(name) for name in ("quality", "size", "psnr")}
    exif = options.get("exif")
    if isinstance(exif, Image.Exif):
        exif = exif.tobytes()
    if exif:
        exif = exif[6:] if exif.startswith(b"Exif\0\0") else exif
    xmp = options.get("xmp")
    picture = _prepared(im)
    icc = options.get("icc_profile", im.info.get("icc_profile"))
    if im.mode in ("CMYK", "LAB"):
        # It describes colours that the file does not have.
        icc = options.get("icc_profile")
    data = _vqz.encode(
        picture.tobytes(),
        picture.width,
        picture.height,
        len(picture.mode),
        **given,
        progressive=bool(options.get("progressive", False)),
        effort=options.get("effort", 1),
        tune=options.get("tune", "eye"),
        icc=icc or None,
        exif=exif or None,
        xmp=xmp.encode() if isinstance(xmp, str) else xmp or None,
        threads=_threads.count(options.get("threads", 0)),
        model=None,
    )
    fp.write(data)


def register():
    """Makes Pillow read and write .vqz files, from now on and in the whole program. May be called more than once."""
    Image.register_open(VqzImageFile.format, VqzImageFile, _accept)
    Image.register_save(VqzImageFile.format, _save)
    Image.register_extension(VqzImageFile.format, ".vqz")
    Image.register_mime(VqzImageFile.format, "image/x-vqz")
