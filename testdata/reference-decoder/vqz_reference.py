#!/usr/bin/env python3
"""Reference decoder for .vqz files, written from SPEC.md alone: slow, strict, and meant to be read.

    python3 vqz_reference.py MODEL.vqzm IN.vqz OUT.png     with alpha and metadata
    python3 vqz_reference.py MODEL.vqzm IN.vqz OUT.ppm     always RGB, without alpha
    python3 vqz_reference.py MODEL.vqzm IN.vqz --hash      prints the pixel hash (SPEC 14)

For an invalid file it says `error: CLASS: message` on stderr, CLASS as in SPEC 12, and exits with 1.
"""

import hashlib
import struct
import sys

import numpy as np

import png
from common import VqzError
from container import read_file
from model import Model
from picture import decode_samples


def pixel_hash(samples, alpha):
    """SPEC 14. `samples` uint8 [H, W, 1 or 3], `alpha` uint8 [H, W] or None."""
    height, width, channels = samples.shape
    digest = hashlib.sha256(struct.pack("<III", width, height, channels) + samples.tobytes())
    if alpha is not None:
        digest.update(alpha.tobytes())
    return digest.hexdigest()


def decode(model, data):
    """(samples, alpha, metadata) of a file; raises VqzError."""
    file = read_file(data)
    return decode_samples(model, file), file.alpha, file.metadata


def with_alpha(samples, alpha):
    """The alpha plane, if there is one, as a further channel."""
    return samples if alpha is None else np.dstack([samples, alpha])


def main(arguments):
    if len(arguments) != 3 or not arguments[2].endswith((".png", ".ppm", "--hash")):
        print(__doc__, file=sys.stderr)
        return 2
    model_path, path, out = arguments
    try:
        with open(model_path, "rb") as model, open(path, "rb") as file:
            samples, alpha, metadata = decode(Model(model.read()), file.read())
    except VqzError as error:
        print(f"error: {error.kind}: {error}", file=sys.stderr)
        return 1
    if out == "--hash":
        print(pixel_hash(samples, alpha))
    elif out.endswith(".png"):
        png.write(out, with_alpha(samples, alpha), metadata)
    else:
        height, width, channels = samples.shape
        with open(out, "wb") as ppm:
            ppm.write(b"P6\n%d %d\n255\n" % (width, height) + samples.repeat(3 // channels, axis=2).tobytes())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
