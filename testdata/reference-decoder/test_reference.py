"""Compares the reference decoder with a built `vqz`: same pixels for valid files, same error class for invalid ones.

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
    "not a .vqz file": "Signature",
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
    """The built program, in a temporary folder of its own."""

    def __init__(self, program, folder):
        self.program, self.folder = program, pathlib.Path(folder)

    def run(self, *arguments):
        command = [self.program, "--quiet", "--threads", "1", *map(str, arguments)]
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

    def check_model(self, data):
        """"valid", or the class of the error."""
        path = self.folder / "m.vqzm"
        path.write_bytes(data)
        result = self.run("info", "--model", path)
        return "valid" if result.returncode == 0 else error_class(result.stderr.strip().split(".vqzm: ", 1)[-1])


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


def chunk(kind, payload):
    """SPEC 4.3."""
    data = struct.pack("<I", len(payload)) + kind + payload
    return data + struct.pack("<I", zlib.crc32(data))


def split(data):
    """The chunks of a file, (type, payload) each."""
    at, chunks = 8, []
    while at < len(data):
        kind, payload, at = read_chunk(data, at)
        chunks.append((kind, payload))
    return chunks


def join(chunks):
    return SIGNATURE + b"".join(itertools.starmap(chunk, chunks))


def patch(payload, at, *values):
    return payload[:at] + bytes(values) + payload[at + len(values) :]


def tiles_of_256(vqz, photo, progressive):
    """A file with tiles of 256 pixels, which `vqz encode` does not write: put together from files of one tile each."""
    pixels = picture(photo, 300, 270, "RGB")
    tiles = [pixels[y : y + 256, x : x + 256] for y in (0, 256) for x in (0, 256)]
    files = [split(vqz.encode(np.ascontiguousarray(tile), 20, progressive)) for tile in tiles]
    header = patch(patch(files[0][0][1], 1, *struct.pack("<HH", 300, 270)), 17, 8)
    streams = [[chunk for chunk in chunks if chunk[0] == b"TILE"] for chunks in files]
    return join([(b"VHDR", header), *itertools.chain(*zip(*streams))])


def variants(vqz, photo):
    """Files made from one small valid file, by name; most are invalid."""
    data = vqz.encode(picture(photo, 9, 5, "RGBA"), 1, True)
    chunks = [c for c in split(data) if c[0] != b"tidx"]
    (_, header), alpha, tiles = chunks[0], chunks[1], chunks[2:]
    index = b"tidx", struct.pack(f"<{len(tiles)}I", *(len(payload) for _, payload in tiles))
    assert alpha[0] == b"ALPH" and len(tiles) > 2
    for n in {*range(60), *range(60, len(data), 7), len(data) - 1}:
        yield f"first {n} bytes", data[:n]
    for i in random.Random(1).sample(range(8 * len(data)), 100):
        yield f"bit {i} flipped", patch(data, i // 8, data[i // 8] ^ 1 << i % 8)
    yield "a byte more", data + b"\0"
    yield "no vqz file", b"\x89PNG" + data

    for at, *values in (
        (0, 0), (0, 2), (1, 0, 0), (3, 0, 0), (5, 0), (5, 3), (5, 4), (5, 130), (6, 16), (7, 0), (15, 1, 4), (15, 255, 255),
        (17, 7), (17, 13), (18, 0), (18, 1), (18, 2), (18, 255), (1, 255, 255, 255, 255),
    ):  # fmt: skip
        yield f"header {at}: {values}", join([(b"VHDR", patch(header, at, *values)), *chunks[1:]])
    for payload in (b"", header[:18], header + b"\0", b"\2"):
        yield f"header of {len(payload)} bytes", join([(b"VHDR", payload), *chunks[1:]])

    front = chunks[:2]
    for extra in (
        (b"iccp", b"x"), (b"exif", b"II"), (b"xmpp", b""), (b"zzzz", b"y"), (b"ABCD", b""), (b"A1CD", b""), index,
        (b"tidx", index[1][:-4]), (b"tidx", patch(index[1], 0, index[1][0] ^ 1)), (b"VHDR", header), alpha, tiles[0],
    ):  # fmt: skip
        for name, order in {
            "first": [extra, *chunks],
            "second": [chunks[0], extra, *chunks[1:]],
            "before the streams": [*front, extra, *tiles],
            "twice": [*front, extra, extra, *tiles],
            "after the index": [*front, index, extra, *tiles],
            "within the streams": [*front, tiles[0], extra, *tiles[1:]],
            "last": [*chunks, extra],
        }.items():
            yield f"{extra} {name}", join(order)
    yield "without header", join(chunks[1:])
    large = [(b"VHDR", patch(header, 1, *struct.pack("<HH", 1024, 257))), *chunks[1:]]
    for length in (0, 3):  # pixels per byte: 12 bytes of chunk, so much payload
        bare = len(join(large)) + 12
        exact = -(-(1024 * 257 - 2**18) // 160)
        yield f"padding for a large picture, {length}", join([large[0], (b"fill", bytes(max(0, exact - bare) + length)), *large[1:]])
    huge = (b"VHDR", patch(header, 1, *struct.pack("<HH", 2048, 1024)))
    yield "a large picture in a short file", join([huge, *chunks[1:]])
    yield "padding", join([chunks[0], (b"fill", bytes(30)), *chunks[1:]])
    yield "without alpha", join(chunks[:1] + tiles)
    yield "streams out of order", join(front + tiles[::-1])

    zeros = bytes(5 * 10)
    noise = b"".join(b"\xff" + bytes(random.Random(y).choices(range(5), k=9)) for y in range(5))
    for name, payload in {
        "zeros": zlib.compress(zeros),
        "one byte less": zlib.compress(zeros[1:]),
        "one byte more": zlib.compress(zeros + b"\0"),
        "filter 5": zlib.compress(b"\5" + zeros[1:]),
        "no Adler-32": zlib.compress(zeros)[:-4],
        "wrong Adler-32": zlib.compress(zeros)[:-1] + b"\xff",
        "no zlib": zeros,
        "bytes after it": zlib.compress(zeros) + b"\0",
        "bomb": zlib.compress(bytes(10**6)),
        "reference to before the start": bytes.fromhex("7801a316000000480001"),
        **{f"filter {f}": zlib.compress(noise.replace(b"\xff", bytes([f]))) for f in range(5)},
    }.items():
        yield f"alpha: {name}", join([chunks[0], (b"ALPH", payload), *tiles])

    for i, (_, stream) in enumerate(tiles[:3]):
        for payload in (b"", b"\xff" * 8, b"\xff" * 200, bytes(200), stream + bytes(8), bytes(len(stream)), stream[:-1]):
            yield f"stream {i}: {payload.hex()}", join([*front, *tiles[:i], (b"TILE", payload), *tiles[i + 1 :]])


def models(data):
    """Files made from a model file, by name."""

    def with_crc(body):
        return body + struct.pack("<I", zlib.crc32(body))

    body = data[:-4]
    yield "as it is", data
    for n in (0, 7, 8, 11, 12, 15, 16, 1000, len(data) - 1):
        yield f"first {n} bytes", data[:n]
    yield "a byte more", data + b"\0"
    yield "a byte more, with CRC", with_crc(body + b"\0")
    yield "a byte less, with CRC", with_crc(body[:-1])
    yield "signature", with_crc(patch(body, 0, 0x8D))
    yield "version", with_crc(patch(body, 8, 2))
    yield "name", with_crc(patch(body, 16, 0xFF))
    yield "frequency of 0", with_crc(patch(body, len(body) - 2, 0, 0))
    yield "sum of frequencies", with_crc(patch(body, len(body) - 2, body[-2] ^ 0x80))
    for i in random.Random(2).sample(range(8 * len(data)), 3):
        yield f"bit {i} flipped", patch(data, i // 8, data[i // 8] ^ 1 << i % 8)


def reference(model, data):
    """As an item of Vqz.decode."""
    try:
        samples, alpha, _ = decode(model, data)
        return with_alpha(samples, alpha)
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
    model_data = pathlib.Path(model_path).read_bytes()
    model = Model(model_data)
    with tempfile.TemporaryDirectory() as folder:
        vqz = Vqz(program, folder)
        valid = {str(case): vqz.encode(picture(photo, *case[:3]), *case[3:]) for case in PICTURES}
        valid.update({f"tiles of 256, progressive {p}": tiles_of_256(vqz, photo, p) for p in (False, True)})
        files = valid | dict(variants(vqz, photo))
        ours = {name: describe(reference(model, data)) for name, data in files.items()}
        theirs = dict(zip(files, map(describe, vqz.decode(files.values()))))
        for name in valid:
            assert theirs[name].startswith("pixels"), f"{name}: {theirs[name]}"
        for name, data in models(model_data):
            theirs["model: " + name] = vqz.check_model(data)
            try:
                Model(data)
                ours["model: " + name] = "valid"
            except VqzError as error:
                ours["model: " + name] = error.kind

    wrong = [name for name in ours if ours[name] != theirs[name]]
    for name in wrong:
        print(f"{name}\n    reference decoder: {ours[name]}\n    vqz:               {theirs[name]}")
    decoded = sum(result.startswith("pixels") for result in ours.values())
    print(f"{len(ours)} files, {decoded} decoded, {len(ours) - decoded} others; {len(wrong)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
