"""PNG with 8 bits per sample, so that Pillow is not needed: a writer for the decoder, a reader for its test."""

import struct
import zlib

import numpy as np

from container import unfilter

SIGNATURE = bytes.fromhex("89504E470D0A1A0A")
COLOUR_TYPE = {1: 0, 2: 4, 3: 2, 4: 6}  # by channels, alpha included


def chunk(kind, payload):
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def write(path, pixels, metadata):
    """Writes uint8 [H, W, channels] (the last of 2 or 4 is alpha); metadata by the chunk types of SPEC 4.5."""
    height, width, channels = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)
    with open(path, "wb") as out:
        out.write(SIGNATURE)
        out.write(chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, COLOUR_TYPE[channels], 0, 0, 0)))
        if b"iccp" in metadata:
            out.write(chunk(b"iCCP", b"icc\0\0" + zlib.compress(metadata[b"iccp"])))
        if b"exif" in metadata:
            out.write(chunk(b"eXIf", metadata[b"exif"]))
        if b"xmpp" in metadata:
            out.write(chunk(b"iTXt", b"XML:com.adobe.xmp" + bytes(5) + metadata[b"xmpp"]))
        out.write(chunk(b"IDAT", zlib.compress(rows.tobytes())))
        out.write(chunk(b"IEND", b""))


def read(path):
    """uint8 [H, W, channels] of a PNG that is neither interlaced nor has a palette."""
    with open(path, "rb") as file:
        data = file.read()
    assert data[:8] == SIGNATURE, f"{path} is no PNG"
    at, packed = 8, b""
    while at < len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, payload = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", payload)
        elif kind == b"IDAT":
            packed += payload
        at += 12 + length
    channels = {value: key for key, value in COLOUR_TYPE.items()}.get(colour)
    assert channels and depth == 8 and not interlaced, f"{path}: a PNG of another kind"
    return unfilter(zlib.decompress(packed), width, height, channels).reshape(height, width, channels)
