"""What goes wrong, by the classes of SPEC.md section 12 and some more that are not a file's fault."""

from __future__ import annotations


class Error(Exception):
    """Whatever this module raises of its own."""


class DamagedError(Error):
    """The bytes are no whole, valid .vqz file."""


class SignatureError(DamagedError):
    """Not a .vqz file at all."""


class TruncatedError(DamagedError):
    """The file ends early."""


class CrcError(DamagedError):
    """A checksum does not match."""


class FormatError(DamagedError):
    """The file breaks a rule of the format."""


class UnsupportedError(Error):
    """The file is of a later version of the format; or the model that was to encode can only decode."""


class WrongModelError(Error):
    """The file was made with a model that is not at hand."""


class LimitError(Error):
    """The picture is larger than the limits allow."""


class ModelError(Error):
    """A model file is invalid."""


class ParameterError(Error, ValueError):
    """An argument is out of range, or a size or PSNR cannot be reached."""


class CancelledError(Error):
    """Stopped."""


class OutOfMemoryError(Error, MemoryError):
    """The system has no memory left."""
