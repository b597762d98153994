"""vqz: a learned image codec whose files decode to the same pixels on every machine.

    >>> import numpy, vqz
    >>> photo = numpy.zeros((48, 64, 3), numpy.uint8)
    >>> data = vqz.encode(photo, quality=60)
    >>> vqz.decode(data).shape
    (48, 64, 3)

`vqz.pillow.register()` makes Pillow read and write .vqz files.
"""

from __future__ import annotations

import numpy

from . import _vqz
from . import _threads as _pool
from ._errors import (
    CancelledError,
    CrcError,
    DamagedError,
    Error,
    FormatError,
    LimitError,
    ModelError,
    OutOfMemoryError,
    ParameterError,
    SignatureError,
    TruncatedError,
    UnsupportedError,
    WrongModelError,
)
from ._vqz import Model, Rendering, __version__

__all__ = [
    "CancelledError",
    "CrcError",
    "DamagedError",
    "Decoder",
    "Error",
    "FormatError",
    "LimitError",
    "Model",
    "ModelError",
    "OutOfMemoryError",
    "ParameterError",
    "Rendering",
    "SignatureError",
    "TruncatedError",
    "UnsupportedError",
    "WrongModelError",
    "__version__",
    "decode",
    "encode",
    "indices",
    "info",
    "latents",
    "metadata",
    "probe",
]


def _bytes(data):
    """`data` (bytes or anything with the buffer protocol) as bytes."""
    return data if isinstance(data, bytes) else bytes(memoryview(data))


def _array(drawn):
    pixels, width, height, channels = drawn
    shape = (height, width) if channels == 1 else (height, width, channels)
    return numpy.frombuffer(pixels, numpy.uint8).reshape(shape)


def encode(
    array,
    *,
    quality=None,
    size=None,
    psnr=None,
    progressive=False,
    effort=1,
    tune="eye",
    icc=None,
    exif=None,
    xmp=None,
    threads=0,
    model=None,
):
    """The bytes of a .vqz file.

    `array`: uint8, height × width (grey), or height × width × 1, 2 (grey, alpha), 3 (RGB) or 4 (RGBA). At most one of `quality` (0 to 100; 50 if nothing
    is given), `size` (the best file of at most so many bytes) and `psnr` (the smallest file of at least so many dB). `tune`: "eye", for pictures
    to be looked at, or "psnr", for a high PSNR. `threads`: 0 for one per core (in a
    child of `os.fork`, for one). `model`: another than the built-in one, with its encoder file; UnsupportedError if it has none.
    """
    array = numpy.asarray(array)
    if array.dtype != numpy.uint8:
        raise TypeError(f"pixels are {array.dtype}, they must be uint8")
    if array.ndim not in (2, 3):
        raise ParameterError(f"the array has {array.ndim} dimensions, it must have 2 or 3")
    height, width = array.shape[:2]
    return _vqz.encode(
        array.tobytes(),
        width,
        height,
        1 if array.ndim == 2 else array.shape[2],
        quality=quality,
        size=size,
        psnr=psnr,
        progressive=progressive,
        effort=effort,
        tune=tune,
        icc=icc,
        exif=exif,
        xmp=xmp,
        threads=_pool.count(threads),
        model=model,
    )


def decode(data, *, region=None, scale=1, rendering="faithful", threads=0, models=(), renderings=(), max_pixels=None):
    """The pixels of a file as uint8: height × width for grey pictures, else height × width × 2 (grey, alpha), 3 (RGB) or 4 (RGBA).

    `scale`: 1, 2, 4, 8 or 16, the divisor of a smaller rendering. `region`: (x, y, width, height) in pixels of that rendering. `models`: others than the
    built-in ones. `rendering`: "faithful", or "perceptual", with texture that looks like the picture's where a low quality has lost it, by the one of
    `renderings` that is of the file's model, or by the built-in one (WrongModelError if there is none). `max_pixels`: larger pictures raise LimitError (268,435,456 if nothing is given).
    """
    return _array(_vqz.decode(_bytes(data), region, scale, rendering, _pool.count(threads), list(models), list(renderings), max_pixels))


def probe(data):
    """Whether a file that begins with `data` is a .vqz file; None if fewer than 8 bytes do not tell."""
    return _vqz.probe(_bytes(data))


def info(data):
    """What a whole file says of itself: size, mode, quality, layers, model, chunks. Checks every checksum, decodes no pixels."""
    return _vqz.info(_bytes(data))


def metadata(data, *, models=()):
    """ICC profile, EXIF and XMP of a whole file, those that it has, as bytes by the names `icc`, `exif`, `xmp`."""
    return _vqz.metadata(_bytes(data), list(models))


def latents(data, *, threads=0, models=()):
    """The quantised latents, int16, [height / 16, width / 16, channels] (rounded up), in eighths of a pixel level: features of the picture, without the
    work of making pixels of them. Comparable among files of the same model only.
    """
    values, *shape = _vqz.latents(_bytes(data), _pool.count(threads), list(models))
    return numpy.frombuffer(values, "<i2").reshape(shape)


def indices(data, *, threads=0, models=()):
    """The indices into the codebooks, int32, [height / 16, width / 16, channels / 2, 2] (rounded up): labels, as they are coded in pairs of channels.

    Which of two codebooks a label is for follows from those before it (SPEC.md, section 8.3); 0 stands for 0 in both.
    """
    values, height, width, channels = _vqz.labels(_bytes(data), _pool.count(threads), list(models))
    return numpy.frombuffer(values, "<i4").reshape(height, width, channels // 2, 2)


class Decoder:
    """Takes a file as it arrives, and gives pictures of what has arrived."""

    def __init__(self, *, threads=0, models=(), renderings=(), max_pixels=None):
        self._decoder = _vqz.Decoder(_pool.count(threads), list(models), list(renderings), max_pixels)

    def push(self, data):
        """Takes further bytes. Returns how many more are needed before anything new can be known, 0 if the file is whole.

        Errors are raised as soon as they are certain; after one, the decoder is of no further use, but for what `info` and `metadata` tell.
        """
        return self._decoder.push(_bytes(data))

    @property
    def finished(self):
        """Whether the file is whole."""
        return self._decoder.finished

    @property
    def needed(self):
        """What the last `push` returned."""
        return self._decoder.needed

    @property
    def layers(self):
        """How many layers have arrived: each makes the picture better. A file that is not progressive has one."""
        return self._decoder.layers

    @property
    def info(self):
        """Width, height, mode, quality, layers in all, model; None before the header is there."""
        return self._decoder.info

    @property
    def metadata(self):
        """ICC profile, EXIF and XMP as far as they have arrived; see `metadata`."""
        return self._decoder.metadata

    def image(self, *, region=None, scale=1, rendering="faithful"):
        """The picture as far as it has arrived, as `decode` gives it; exact once the file is whole."""
        return _array(self._decoder.image(region, scale, rendering))
