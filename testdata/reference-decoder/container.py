"""The container: chunks, header, metadata, alpha, index, streams (SPEC 4 and 5)."""

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

from common import ceil_div, check

SIGNATURE = bytes.fromhex("8D56515A0D0A1A0A")
METADATA = (b"iccp", b"exif", b"xmpp")

# Limits of this reader (SPEC 12).
MAX_PIXELS = 2**28
FREE_PIXELS, PIXELS_PER_BYTE, SHORT_FILE = 1572864, 1280, 10240
MAX_METADATA = 2**24


@dataclass
class Header:
    """VHDR (SPEC 4.4)."""

    width: int
    height: int
    grey: bool
    alpha: bool
    uniform: bool
    tile_steps: bool
    model: bytes
    quality: int
    tile_log2: int
    layers: int

    @property
    def tile(self):
        return 1 << self.tile_log2

    @property
    def columns(self):
        return ceil_div(self.width, self.tile)

    @property
    def rows(self):
        return ceil_div(self.height, self.tile)


@dataclass
class File:
    """A .vqz file taken apart: `streams` has the payloads of TILE, layer-major (SPEC 4.8), `alpha` uint8 [H, W] or None."""

    header: Header
    metadata: dict = field(default_factory=dict)
    alpha: np.ndarray = None
    streams: list = field(default_factory=list)
    filter: np.ndarray = None  # int64 [w and v, colour corrected, neighbour, colour] (SPEC 4.11)


def read_chunk(data, at):
    """The chunk at offset `at`: (type, payload, offset of the next) (SPEC 4.3)."""
    check(at + 4 <= len(data), "Truncated", f"the file ends at {len(data)}, in or before the chunk at {at}")
    (length,) = struct.unpack_from("<I", data, at)
    check(length < 2**31, "Format", f"chunk at {at}: length {length} is more than 2^31 - 1")
    end = at + 12 + length
    check(end <= len(data), "Truncated", f"the chunk at {at} ends at {end}, the file at {len(data)}")
    (crc,) = struct.unpack_from("<I", data, end - 4)
    actual = zlib.crc32(data[at - 4 : end - 4])
    check(crc == actual, "Crc", f"chunk at {at}: CRC-32 is {actual:08x}, expected {crc:08x}")
    kind = data[at + 4 : at + 8]
    check(kind.isalpha(), "Format", f"chunk at {at}: type {kind} is not four ASCII letters")
    return kind, data[at + 8 : end - 4], end


def read_header(payload, size):
    """VHDR (SPEC 4.4) of a file of `size` bytes."""
    check(len(payload) > 0, "Format", "VHDR is empty")
    check(payload[0] == 4, "Unsupported", f"format version {payload[0]}")
    check(len(payload) == 19, "Format", f"VHDR has {len(payload)} bytes, expected 19")
    _, width, height, flags, depth, model, quality, tile_log2, layers = struct.unpack("<BHHBB8sHBB", payload)
    check(width > 0 and height > 0, "Format", f"size {width} x {height}")
    check(flags < 16, "Unsupported", f"flags {flags:08b}")
    check(depth == 8, "Unsupported", f"depth {depth}")
    check(quality <= 1024, "Format", f"quality {quality}")
    check(8 <= tile_log2 <= 12, "Format", f"tile_log2 {tile_log2}")
    check(layers > 0, "Format", "no layers")
    check(not flags & 8 or layers == 1, "Format", f"tile steps and {layers} layers")
    check(width * height <= MAX_PIXELS, "Limit", f"{width} x {height} pixels, limit {MAX_PIXELS}")
    most = FREE_PIXELS + PIXELS_PER_BYTE * max(0, size - SHORT_FILE)
    blocks = ceil_div(width, 16) * ceil_div(height, 16)
    check(256 * blocks <= most, "Limit", f"{width} x {height} pixels in {size} bytes, limit {most}")
    grey, alpha, uniform, tile_steps = (bool(flags & bit) for bit in (1, 2, 4, 8))
    return Header(width, height, grey, alpha, uniform, tile_steps, model, quality, tile_log2, layers)


def read_file(data):
    """A whole file (SPEC 4.1)."""
    check(data, "Signature", "the file is empty")
    if len(data) < 8 and SIGNATURE.startswith(data):
        check(False, "Truncated", "the file ends within the signature")
    check(data[:8] == SIGNATURE, "Signature", f"the file begins with {data[:8].hex(' ')}")
    kind, payload, at = read_chunk(data, 8)
    check(kind == b"VHDR", "Format", f"the first chunk is {kind}")
    file = File(read_header(payload, len(data)))
    count = file.header.layers * file.header.columns * file.header.rows

    # Chunks up to the last TILE; what more than one chunk is needed for is checked after them.
    packed_alpha = index = None
    while len(file.streams) < count:
        begin = at
        kind, payload, at = read_chunk(data, at)
        known = kind in METADATA + (b"VHDR", b"ALPH", b"FILT", b"tidx", b"TILE")
        check(known or kind[0] & 0x20, "Unsupported", f"critical chunk {kind} at {begin}")
        if kind == b"TILE":
            file.streams.append(payload)
            continue
        check(not file.streams, "Format", f"{kind} at {begin} between TILEs")
        check(kind != b"VHDR", "Format", f"second VHDR at {begin}")
        check(not known or kind == b"tidx" or index is None, "Format", f"{kind} at {begin} after tidx")
        if kind in METADATA:
            check(kind not in file.metadata, "Format", f"second {kind} at {begin}")
            file.metadata[kind] = payload
            total = sum(map(len, file.metadata.values()))
            check(total <= MAX_METADATA, "Limit", f"{total} bytes of metadata, limit {MAX_METADATA}")
        elif kind == b"ALPH":
            check(packed_alpha is None, "Format", f"second ALPH at {begin}")
            packed_alpha = payload
        elif kind == b"FILT":
            check(file.filter is None, "Format", f"second FILT at {begin}")
            check(len(payload) in (72, 144), "Format", f"FILT has {len(payload)} bytes, expected 72 or 144")
            file.filter = np.frombuffer(payload.ljust(144, b"\0"), np.int8).reshape(2, 3, 8, 3).astype(np.int64)
        elif kind == b"tidx":
            check(index is None, "Format", f"second tidx at {begin}")
            index = payload
    check(at == len(data), "Format", f"{len(data) - at} bytes after the last TILE, at {at}")
    check(file.header.alpha == (packed_alpha is not None), "Format", "ALPH without the alpha flag, or the flag without ALPH")
    if index is not None:
        check(count >= 2, "Format", "tidx in a file with one TILE")
        lengths = struct.pack(f"<{count}I", *map(len, file.streams))
        check(index == lengths, "Format", "tidx does not agree with the TILE chunks")
    if packed_alpha is not None:
        file.alpha = read_alpha(packed_alpha, file.header.width, file.header.height)
    return file


def inflate(packed, size):
    """The bytes of one zlib stream of exactly `size` bytes, with nothing after it (SPEC 5)."""
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(packed, size)
        more = b"" if stream.eof else stream.decompress(stream.unconsumed_tail, 1)
    except zlib.error as error:
        check(False, "Format", f"ALPH: {error}")
    check(len(data) == size, "Format", f"ALPH holds {len(data)} bytes, expected {size}")
    check(not more, "Format", f"ALPH holds more than {size} bytes")
    check(stream.eof, "Format", "ALPH: the zlib stream is not complete")
    check(not stream.unused_data, "Format", f"ALPH: {len(stream.unused_data)} bytes after the zlib stream")
    return data


def paeth(left, up, corner):
    """SPEC 5."""
    e = left + up - corner
    if abs(e - left) <= abs(e - up) and abs(e - left) <= abs(e - corner):
        return left
    return up if abs(e - up) <= abs(e - corner) else corner


# By filter type: prediction from l, u, k (SPEC 5).
PREDICT = (
    lambda left, up, corner: 0,
    lambda left, up, corner: left,
    lambda left, up, corner: up,
    lambda left, up, corner: (left + up) >> 1,
    paeth,
)


def unfilter(data, width, height, samples):
    """Rows of a filter type and residuals -> uint8 [height, width · samples]; `samples` bytes per pixel (1 in SPEC 5)."""
    size = width * samples
    above = bytes(samples + size)
    rows = []
    for y in range(height):
        kind, residuals = data[y * (size + 1)], data[y * (size + 1) + 1 : (y + 1) * (size + 1)]
        check(kind < len(PREDICT), "Format", f"row {y} of the alpha plane has filter {kind}")
        predict = PREDICT[kind]
        row = bytearray(samples + size)  # begins with the zeros left of the picture, as `above` does
        for i, residual in enumerate(residuals):
            row[samples + i] = (residual + predict(row[i], above[samples + i], above[i])) & 255
        rows.append(row[samples:])
        above = row
    return np.frombuffer(b"".join(rows), np.uint8).reshape(height, size)


def read_alpha(packed, width, height):
    """ALPH (SPEC 5) -> uint8 [H, W]."""
    size = height * (width + 1)
    check(len(packed) <= 2 * size + 1024, "Format", f"ALPH has {len(packed)} bytes for {size}")
    return unfilter(inflate(packed, size), width, height, 1)
