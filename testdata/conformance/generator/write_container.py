"""Writing containers (SPEC 4) and alpha planes (SPEC 5), valid or not."""

import struct
import zlib

SIGNATURE = bytes.fromhex("8D56515A0D0A1A0A")
GREY, ALPHA, UNIFORM, TILE_STEPS = 1, 2, 4, 8


def append(file, kind, payload, crc=0):
    """`file` and a chunk behind it (SPEC 4.3). `crc` is flipped into the right one."""
    data = struct.pack("<I", len(payload)) + kind + payload
    return file + data + struct.pack("<I", zlib.crc32(file[-4:] + data) ^ crc)


def header(model, width, height, flags=0, quality=512, tile_log2=10, layers=1, version=4, depth=8):
    """The payload of VHDR (SPEC 4.4). `model` is the first 8 bytes of the digest."""
    return struct.pack("<BHHBB8sHBB", version, width, height, flags, depth, model, quality, tile_log2, layers)


def join(chunks):
    """A file of chunks: type, payload, and what to flip in the CRC if any."""
    file = SIGNATURE
    for chunk in chunks:
        file = append(file, *chunk)
    return file


def split(file):
    """The bytes of a valid file's chunks, whole."""
    chunks, at = [], len(SIGNATURE)
    while at < len(file):
        end = at + 12 + struct.unpack_from("<I", file, at)[0]
        chunks.append(file[at:end])
        at = end
    return chunks


def index(streams):
    """The `tidx` chunk (SPEC 4.7)."""
    return b"tidx", struct.pack(f"<{len(streams)}I", *map(len, streams))


def tiles(streams):
    return [(b"TILE", stream) for stream in streams]


def paeth(left, up, corner):
    e = left + up - corner
    if abs(e - left) <= abs(e - up) and abs(e - left) <= abs(e - corner):
        return left
    return up if abs(e - up) <= abs(e - corner) else corner


def filtered(plane, filters):
    """Rows of a filter type and residuals (SPEC 5): uint8 [H, W] with `filters[y % len(filters)]` for row y."""
    rows, above = [], [0] * plane.shape[1]
    for y, row in enumerate(plane.tolist()):
        kind = filters[y % len(filters)]
        left, corner = [0, *row[:-1]], [0, *above[:-1]]
        predicted = {
            0: lambda x: 0,
            1: lambda x: left[x],
            2: lambda x: above[x],
            3: lambda x: (left[x] + above[x]) >> 1,
            4: lambda x: paeth(left[x], above[x], corner[x]),
        }[kind]
        rows.append(bytes([kind, *((a - predicted(x)) & 255 for x, a in enumerate(row))]))
        above = row
    return b"".join(rows)


def zlib_stream(data, head=b"\x78\x01", level=9, strategy=zlib.Z_DEFAULT_STRATEGY, adler=0, fill=0):
    """One zlib stream. `adler` is flipped into the right Adler-32. Empty blocks in front make it `fill` bytes long if it is shorter."""
    deflate = zlib.compressobj(level, zlib.DEFLATED, -15, 9, strategy)
    stream = deflate.compress(data) + deflate.flush() + struct.pack(">I", zlib.adler32(data) ^ adler)
    return head + empty_blocks(fill - len(head) - len(stream)) + stream


def empty_blocks(size):
    """Blocks of nothing, `size` bytes in all: stored ones take 5; a fixed one of 10 bits, and the stored one behind it, 6."""
    if size <= 0:
        return b""
    sixes = size % 5
    return (b"\x02\0\0\0\xff\xff" * sixes) + b"\0\0\0\xff\xff" * ((size - 6 * sixes) // 5)


def least_bytes(width, height):
    """What a file has to have for its picture (SPEC 12)."""
    more = 256 * -(-width // 16) * -(-height // 16) - 1572864
    return 10240 - (-more // 1280) if more > 0 else 0
