#!/usr/bin/env python3
"""Reference decoder for .vqz files, written from SPEC.md alone: slow, strict, and meant to be read.

    python3 vqz_reference.py --model MODEL.vqzm IN.vqz OUT.png     with alpha and metadata
    python3 vqz_reference.py --model MODEL.vqzm IN.vqz OUT.pam     with alpha; metadata into OUT.pam.iccp, .exif, .xmpp
    python3 vqz_reference.py --model MODEL.vqzm IN.vqz --hash      prints the pixel hash (SPEC 14)
    ... --rendering RENDERING.vqzr                                  rendering 1 (SPEC 11.3), before any --scale
    ... --scale S                                                  the rendering at 1/S of the size: 2, 4, 8 or 16 (SPEC 11.2)

For an invalid file it says `error: CLASS: message` on stderr, CLASS as in SPEC 12, and exits with 1. So it can be given to
`vqz conformance --decoder`.
"""

import hashlib
import pathlib
import struct
import sys

import numpy as np

import png
from common import VqzError
from container import read_file
from model import Model
from picture import Decoded
from rendering import Rendering


def pixel_hash(samples, alpha):
    """SPEC 14. `samples` uint8 [H, W, 1 or 3], `alpha` uint8 [H, W] or None."""
    height, width, channels = samples.shape
    digest = hashlib.sha256(struct.pack("<III", width, height, channels) + samples.tobytes())
    if alpha is not None:
        digest.update(alpha.tobytes())
    return digest.hexdigest()


def decode(model, data, rendering=None):
    """(picture, metadata) of a file; raises VqzError."""
    file = read_file(data)
    return Decoded(model, file, rendering), file.metadata


def with_alpha(samples, alpha):
    """The alpha plane, if there is one, as a further channel."""
    return samples if alpha is None else np.dstack([samples, alpha])


def write_pam(path, pixels, metadata):
    """Writes uint8 [H, W, channels] (the last of 2 or 4 is alpha), and each piece of metadata into a file beside it."""
    height, width, channels = pixels.shape
    kind = {1: "GRAYSCALE", 2: "GRAYSCALE_ALPHA", 3: "RGB", 4: "RGB_ALPHA"}[channels]
    head = f"P7\nWIDTH {width}\nHEIGHT {height}\nDEPTH {channels}\nMAXVAL 255\nTUPLTYPE {kind}\nENDHDR\n"
    with open(path, "wb") as out:
        out.write(head.encode() + pixels.tobytes())
    for name, payload in metadata.items():
        with open(f"{path}.{name.decode()}", "wb") as out:
            out.write(payload)


def main(arguments):
    scale = 1
    if arguments[-2:-1] == ["--scale"] and arguments[-1] in ("2", "4", "8", "16"):
        scale, arguments = int(arguments[-1]), arguments[:-2]
    rendering_path = None
    if len(arguments) == 6 and arguments[4] == "--rendering":
        rendering_path, arguments = arguments[5], arguments[:4]
    if len(arguments) != 4 or arguments[0] != "--model" or not arguments[3].endswith((".png", ".pam", "--hash")):
        print(__doc__, file=sys.stderr)
        return 2
    _, model_path, path, out = arguments
    try:
        with open(model_path, "rb") as model, open(path, "rb") as file:
            rendering = rendering_path and Rendering(pathlib.Path(rendering_path).read_bytes())
            picture, metadata = decode(Model(model.read()), file.read(), rendering)
            samples, alpha = picture.samples(scale), picture.alpha_plane(scale)
    except VqzError as error:
        print(f"error: {error.kind}: {error}", file=sys.stderr)
        return 1
    if out == "--hash":
        print(pixel_hash(samples, alpha))
    else:
        write = png.write if out.endswith(".png") else write_pam
        write(out, with_alpha(samples, alpha), metadata)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
