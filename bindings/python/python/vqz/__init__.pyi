from collections.abc import Iterable
from typing import Literal, TypedDict

import numpy
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Buffer

__version__: str

_Region = tuple[int, int, int, int]
_Mode = Literal["L", "LA", "RGB", "RGBA"]
_RenderingName = Literal["faithful", "perceptual"]

class Error(Exception): ...
class DamagedError(Error): ...
class SignatureError(DamagedError): ...
class TruncatedError(DamagedError): ...
class CrcError(DamagedError): ...
class FormatError(DamagedError): ...
class UnsupportedError(Error): ...
class WrongModelError(Error): ...
class LimitError(Error): ...
class ModelError(Error): ...
class ParameterError(Error, ValueError): ...
class CancelledError(Error): ...
class OutOfMemoryError(Error, MemoryError): ...

class Info(TypedDict):
    format_version: int
    width: int
    height: int
    mode: _Mode
    quality: float
    layers: int
    model: str
    tile_side: int
    tiles: int
    file_bytes: int
    bits_per_pixel: float
    chunks: list[tuple[str, int, int]]

class HeaderInfo(TypedDict):
    width: int
    height: int
    mode: _Mode
    quality: float
    layers: int
    model: str

class Metadata(TypedDict, total=False):
    icc: bytes
    exif: bytes
    xmp: bytes

class Model:
    def __init__(self, data: bytes) -> None: ...
    @property
    def digest(self) -> str: ...
    @property
    def name(self) -> str: ...

class Rendering:
    def __init__(self, data: bytes) -> None: ...
    @property
    def digest(self) -> str: ...
    @property
    def base(self) -> str: ...
    @property
    def name(self) -> str: ...

class Decoder:
    def __init__(
        self,
        *,
        threads: int = 0,
        models: Iterable[Model] = (),
        renderings: Iterable[Rendering] = (),
        max_pixels: int | None = None,
    ) -> None: ...
    def push(self, data: Buffer) -> int: ...
    @property
    def finished(self) -> bool: ...
    @property
    def needed(self) -> int: ...
    @property
    def layers(self) -> int: ...
    @property
    def info(self) -> HeaderInfo | None: ...
    @property
    def metadata(self) -> Metadata: ...
    def image(
        self, *, region: _Region | None = None, scale: int = 1, rendering: _RenderingName = "faithful"
    ) -> NDArray[numpy.uint8]: ...

def encode(
    array: ArrayLike,
    *,
    quality: float | None = None,
    size: int | None = None,
    psnr: float | None = None,
    progressive: bool = False,
    effort: int = 1,
    tune: Literal["eye", "psnr"] = "eye",
    icc: bytes | None = None,
    exif: bytes | None = None,
    xmp: bytes | None = None,
    threads: int = 0,
    model: Model | None = None,
) -> bytes: ...
def decode(
    data: Buffer,
    *,
    region: _Region | None = None,
    scale: int = 1,
    rendering: _RenderingName = "faithful",
    threads: int = 0,
    models: Iterable[Model] = (),
    renderings: Iterable[Rendering] = (),
    max_pixels: int | None = None,
) -> NDArray[numpy.uint8]: ...
def probe(data: Buffer) -> bool | None: ...
def info(data: Buffer) -> Info: ...
def metadata(data: Buffer, *, models: Iterable[Model] = ()) -> Metadata: ...
def latents(data: Buffer, *, threads: int = 0, models: Iterable[Model] = ()) -> NDArray[numpy.int16]: ...
def indices(data: Buffer, *, threads: int = 0, models: Iterable[Model] = ()) -> NDArray[numpy.int32]: ...
