"""Compares the reference decoder with a built `vqz` where the conformance suite does not reach: on crops of a photo that
`vqz` encodes, and on random damage. Same pixels, or the same class of error.

    python3 test_reference.py VQZ MODEL.vqzm PHOTO.png

Prints what differs; exits with 0 if nothing does.
"""

import itertools
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np

import png
from common import VqzError
from container import SIGNATURE, read_chunk
from model import Model
from vqz_reference import decode, pixel_hash, with_alpha

# What messages of vqz begin with after `error: PATH: `, by class of SPEC 12.
CLASSES = {
    "not a .vqz file|is empty": "Signature",
    "file is truncated": "Truncated",
    r"chunk `.*` at byte \d+ is damaged|.*CRC-32": "Crc",
    "invalid file": "Format",
    "invalid model": "Model",
    "unsupported": "Unsupported",
    "this file needs model": "WrongModel",
    ".*the limit is": "Limit",
}

# width, height, mode (of Pillow's names), quality, progressive. Tiles have 1024 pixels.
PICTURES = (
    (1, 1, "RGB", 50, False),
    (1, 37, "L", 0, False),
    (17, 1, "RGBA", 100, True),
    (16, 16, "LA", 1, True),
    (65, 33, "RGB", 99.9, False),
    (65, 33, "L", 50, True),
    (130, 100, "RGBA", 0, False),
    (200, 130, "RGB", 50, False),
    (90, 150, "RGB", 100, True),
    (1100, 40, "RGB", 30, False),
    (20, 1030, "LA", 10, True),
)


class Vqz:
    """The built program with a model, in a temporary folder of its own."""

    def __init__(self, program, model, folder):
        self.program, self.model, self.folder = program, model, pathlib.Path(folder)

    def run(self, command, *arguments):
        command = [self.program, "--quiet", "--threads", "1", command, "--model", self.model, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def encode(self, pixels, quality, progressive):
        source, out = self.folder / "in.png", self.folder / "out.vqz"
        png.write(source, pixels, {})
        result = self.run("encode", "-q", quality, *(["--progressive"] if progressive else []), source, out)
        assert result.returncode == 0, result.stderr
        return out.read_bytes()

    def decode(self, files):
        """For every file its pixels [H, W, channels], or the class of the error."""
        source, out = self.folder / "files", self.folder / "pictures"
        for folder in (source, out):
            folder.mkdir()
        for i, data in enumerate(files):
            (source / f"{i:05}.vqz").write_bytes(data)
        messages = self.run("decode", source, out).stderr
        errors = {int(i): error_class(message) for i, message in re.findall(r"error: .*?(\d{5})\.vqz: (.*)", messages)}
        results = [errors[i] if i in errors else png.read(out / f"{i:05}.png") for i in range(len(files))]
        for path in itertools.chain(source.iterdir(), out.iterdir()):
            path.unlink()
        source.rmdir()
        out.rmdir()
        return results


def error_class(message):
    return next((name for pattern, name in CLASSES.items() if re.match(pattern, message)), f"unknown class: {message}")


def picture(photo, width, height, mode):
    """A crop of the photo, repeated where it is too small, in one of Pillow's modes; alpha is part smooth, part noise."""
    pixels = np.tile(photo, (-(-height // photo.shape[0]), -(-width // photo.shape[1]), 1))[:height, :width]
    if mode.startswith("L"):
        pixels = pixels[:, :, 1:2]
    if mode.endswith("A"):
        smooth = np.add.outer(5 * np.arange(height), 3 * np.arange(width)).clip(0, 255)
        noise = np.random.default_rng(1).integers(0, 256, smooth.shape)
        pixels = np.dstack([pixels, np.where(np.arange(height)[:, None] % 40 < 30, smooth, noise)])
    return np.ascontiguousarray(pixels, np.uint8)


def split(data):
    """The chunks of a file, (type, payload) each."""
    at, chunks = 8, []
    while at < len(data):
        kind, payload, at = read_chunk(data, at)
        chunks.append((kind, payload))
    return chunks


def join(chunks):
    """A file of (type, payload) pairs (SPEC 4.3)."""
    file = SIGNATURE
    for kind, payload in chunks:
        chunk = struct.pack("<I", len(payload)) + kind + payload
        file += chunk + struct.pack("<I", zlib.crc32(file[-4:] + chunk))
    return file


def patch(payload, at, *values):
    return payload[:at] + bytes(values) + payload[at + len(values) :]


def damaged(vqz, photo):
    """Files made from one small valid file, by name: damage that CRCs find, and random streams under right CRCs."""
    data = vqz.encode(picture(photo, 9, 5, "RGBA"), 1, True)
    assert join(split(data)) == data
    rng = random.Random(1)
    for n in {*range(60), *range(60, len(data), 7), len(data) - 1}:
        yield f"first {n} bytes", data[:n]
    for i in rng.sample(range(8 * len(data)), 100):
        yield f"bit {i} flipped", patch(data, i // 8, data[i // 8] ^ 1 << i % 8)
    chunks = split(data)
    for i, (kind, stream) in enumerate(chunks):
        if kind != b"TILE":
            continue
        front = [chunk for chunk in chunks[:i] if chunk[0] != b"tidx"]
        for payload in (rng.randbytes(len(stream)), rng.randbytes(3), bytes(len(stream)), stream[:-1], stream + b"\1"):
            yield f"stream {i}: {payload.hex()}", join([*front, (kind, payload), *chunks[i + 1 :]])


def reference(model, data):
    """As an item of Vqz.decode."""
    try:
        picture, _ = decode(model, data)
        return with_alpha(picture.samples(), picture.alpha_plane())
    except VqzError as error:
        return error.kind


def describe(result):
    if isinstance(result, str):
        return result
    channels = result.shape[2]
    split_at = channels - (channels % 2 == 0)
    return "pixels " + pixel_hash(result[:, :, :split_at], result[:, :, -1] if split_at < channels else None)


def main(program, model_path, photo_path):
    photo = png.read(photo_path)
    model = Model(pathlib.Path(model_path).read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        vqz = Vqz(program, model_path, folder)
        valid = {str(case): vqz.encode(picture(photo, *case[:3]), *case[3:]) for case in PICTURES}
        files = valid | dict(damaged(vqz, photo))
        ours = {name: describe(reference(model, data)) for name, data in files.items()}
        theirs = dict(zip(files, map(describe, vqz.decode(files.values()))))
        for name in valid:
            assert theirs[name].startswith("pixels"), f"{name}: {theirs[name]}"

    wrong = [name for name in ours if ours[name] != theirs[name]]
    for name in wrong:
        print(f"{name}\n    reference decoder: {ours[name]}\n    vqz:               {theirs[name]}")
    decoded = sum(result.startswith("pixels") for result in ours.values())
    print(f"{len(ours)} files, {decoded} decoded, {len(ours) - decoded} others; {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
