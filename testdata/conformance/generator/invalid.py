"""The invalid files of the suite: each breaks one rule, all its CRCs are right unless they are what is wrong."""

import hashlib
import itertools
import struct
import zlib
from dataclasses import dataclass

import numpy as np

import picture
import write_container as c
from suite_models import small
from valid import EXIF, ICC, XMP, alpha
from write_labels import BIT, Labels, likely, lowest, wide, write_streams
from write_model import write_with_encoder

WIDTH, HEIGHT = 24, 20


@dataclass
class Invalid:
    """A file to be written, and the classes of error (SPEC 12) that a decoder may report."""

    name: str
    what: str
    section: str
    errors: tuple
    data: bytes
    model: str = "small"


class Base:
    """The parts of valid files that the invalid ones are made of."""

    def __init__(self, models):
        self.models = models
        self.digest = models["small"].digest
        self.streams = write_streams(models["small"], WIDTH, HEIGHT, 1024, 1, 512, likely, "base")
        self.layers = write_streams(models["small"], WIDTH, HEIGHT, 1024, 3, 512, likely, "base")
        self.four = write_streams(models["small"], 300, 270, 256, 1, 512, likely, "base")

    def header(self, **changes):
        return b"VHDR", c.header(**dict(model=self.digest, width=WIDTH, height=HEIGHT) | changes)

    def file(self, *extra, streams=None, **changes):
        """A file with chunks between VHDR and TILE."""
        return c.join([self.header(**changes), *extra, *c.tiles(streams or self.streams)])

    def tiled(self, *extra, tiles=None):
        """A file of 2 × 2 tiles; `tiles` are the chunks after `extra`."""
        return c.join([self.header(width=300, height=270, tile_log2=8), *extra, *(tiles or c.tiles(self.four))])


def signatures(b):
    good = b.file()
    yield "empty", "an empty file", "4.2", "Signature", b""
    yield "signature-png", "the signature of PNG", "4.2", "Signature", b"\x89PNG\r\n\x1a\n" + good[8:]
    yield "signature-bit-7", "bit 7 of the first byte was cleared", "4.2", "Signature", b"\r" + good[1:]
    yield "signature-lf", "CR LF became LF everywhere", "4.2", "Signature", good.replace(b"\r\n", b"\n")
    yield "signature-crlf", "LF became CR LF everywhere", "4.2", "Signature", good.replace(b"\n", b"\r\n")
    yield "signature-short", "3 bytes that are no prefix of the signature", "4.2", "Signature", b"\x8dVX"
    yield "signature-last", "the signature's last byte is wrong", "4.2", "Signature", good[:7] + b"\r" + good[8:]
    for n in (1, 7):
        yield f"truncated-{n}", f"the first {n} bytes of the signature", "4.2", "Truncated", good[:n]


def truncations(b):
    good = b.file()
    for n, what in (
        (8, "after the signature"),
        (10, "in VHDR's length"),
        (14, "in VHDR's type"),
        (20, "in VHDR"),
        (37, "in VHDR's CRC"),
    ):
        yield f"truncated-{n}", f"the file ends {what}", "4.3", "Truncated", good[:n]
    yield "truncated-header-only", "the file ends after VHDR", "4.1", "Truncated", good[:39]
    yield "truncated-tile", "the file ends a byte early", "4.3", "Truncated", good[:-1]
    yield "truncated-tiles", "the last of four TILEs is missing", "4.1", "Truncated", b.tiled(tiles=c.tiles(b.four[:3]))
    yield "truncated-layers", "the last of three layers is missing", "4.1", "Truncated", b.file(streams=b.layers[:2], layers=3)
    tile = struct.pack("<I", 2**31 - 1) + good[43:]
    yield "chunk-length-largest", "a TILE of 2^31 − 1 bytes, which are not there", "4.3", "Truncated", good[:39] + tile


def chunks(b):
    good = b.file()
    for name, length in (("2-31", 2**31), ("2-32", 2**32 - 1)):
        data = good[:39] + struct.pack("<I", length) + good[43:]
        yield f"chunk-length-{name}", f"a TILE of {length} bytes", "4.3", "Format", data
    for n in (4, 7):
        yield f"chunk-length-cut-{n}", f"the same, and the file ends {n} bytes into the chunk", "4.3", "Format", data[: 39 + n]
    for name in (b"AB1D", b"AB@D", b"AB[D", b"AB`D", b"AB{D", b"ABC\0", b"\xc1BCD", b"1BCD"):
        yield f"chunk-type-{name.hex()}", "a type with a byte that is no ASCII letter", "4.3", "Format", b.file((name, b""))
    for where, data in (
        ("before", b.file((b"News", b""))),
        ("between", b.tiled(tiles=[*c.tiles(b.four[:2]), (b"News", b""), *c.tiles(b.four[2:])])),
    ):
        yield f"chunk-critical-{where}", f"an unknown critical chunk {where} the TILEs", "4.3", "Unsupported", data
    before = [ICC, EXIF, XMP, alpha(WIDTH, HEIGHT), (b"zzzz", b"?"), c.index(b.layers)]
    every = [b.header(flags=c.ALPHA, layers=3), *before, *c.tiles(b.layers)]
    for i in range(len(before) + 2):
        data = c.join([*every[:i], (*every[i], 1 << 4 * i), *every[i + 1 :]])
        name = every[i][0].decode()
        yield f"crc-{name.lower()}", f"the CRC of {name} is wrong by a bit", "4.3", "Crc", data
    newer = c.join([(*b.header(version=5), 1), *c.tiles(b.streams)])
    yield "crc-version", "the CRC of VHDR is wrong, and its version another", "12", "Crc", newer
    png = good[:-4] + struct.pack("<I", zlib.crc32(good[43:-4]))
    yield "crc-without-length", "a CRC that does not cover the length, as PNG's", "4.3", "Crc", png
    alone = good[:-4] + struct.pack("<I", zlib.crc32(good[39:-4]))
    yield "crc-without-link", "a CRC that does not cover the four bytes before the chunk", "4.3", "Crc", alone
    alone = good[:35] + struct.pack("<I", zlib.crc32(good[8:35]))
    yield "crc-without-signature", "the same of VHDR", "4.3", "Crc", c.append(alone, *c.tiles(b.streams)[0])


def links(b):
    """Chunks that are right in themselves, but stand elsewhere than they were written (SPEC 4.3)."""
    layers = b.file(ICC, EXIF, (b"zzzz", b"?"), c.index(b.layers), streams=b.layers, layers=3)
    header, icc, exif, unknown, index, *tiles = c.split(layers)
    other = c.split(b.file(ICC, EXIF, streams=b.layers, layers=3, quality=511))
    front = [header, icc, exif, unknown, index]
    for name, what, chunks in (
        ("metadata-swapped", "two chunks of metadata are exchanged", [header, exif, icc, unknown, index, *tiles]),
        ("metadata-removed", "metadata was taken out", [header, exif, unknown, index, *tiles]),
        ("metadata-last", "the last chunk of metadata was taken out", [header, icc, unknown, index, *tiles]),
        ("metadata-foreign", "metadata from another file", [header, other[1], exif, unknown, index, *tiles]),
        ("unknown-removed", "an unknown ancillary chunk was taken out", [header, icc, exif, index, *tiles]),
        ("unknown-twice", "an unknown ancillary chunk was doubled", [header, icc, exif, unknown, unknown, index, *tiles]),
        ("index-removed", "tidx was taken out", [header, icc, exif, unknown, *tiles]),
        ("header-foreign", "VHDR from another file", [other[0], *front[1:], *tiles]),
        ("tiles-swapped", "two TILEs are exchanged", [*front, tiles[0], tiles[2], tiles[1]]),
        ("tile-twice", "a TILE instead of the one behind it", [*front, tiles[0], tiles[0], tiles[2]]),
        ("tile-last", "the last TILE instead of the one before it", [*front, tiles[0], tiles[2], tiles[2]]),
        ("tiles-foreign", "all TILEs from another file", [*front, *other[3:]]),
    ):
        yield f"link-{name}", what, "4.3", "Crc", c.SIGNATURE + b"".join(chunks)


def headers(b):
    streams = c.tiles(b.streams)
    for name, kind in (("ancillary", b"zzzz"), ("critical", b"NEWS"), ("iccp", b"iccp"), ("tile", b"TILE")):
        data = c.join([(kind, b"x"), b.header(), *streams])
        yield f"first-{name}", f"the first chunk is {kind.decode()}", "4.4", "Format", data
    yield "header-missing", "there is no VHDR", "4.4", "Format", c.join(streams)
    yield "header-twice", "there are two VHDR", "4.4", "Format", b.file(b.header())
    yield (
        "header-twice-tile",
        "a VHDR between TILEs",
        "4.4",
        "Format",
        b.tiled(tiles=[*c.tiles(b.four[:2]), b.header(), *c.tiles(b.four[2:])]),
    )
    payload = b.header()[1]
    for name, data in (("empty", b""), ("short", payload[:18]), ("long", payload + b"\0")):
        yield f"header-{name}", f"VHDR has {len(data)} bytes", "4.4", "Format", c.join([(b"VHDR", data), *streams])
    for version in (0, 1, 2, 3, 5, 255):
        yield f"version-{version}", f"version {version}", "4.4", "Unsupported", b.file(version=version)
    yield "version-length", "version 5 with a longer header", "4.4", "Unsupported", c.join([(b"VHDR", b"\5" + payload), *streams])
    yield "width-0", "width 0", "4.4", "Format", b.file(width=0)
    yield "height-0", "height 0", "4.4", "Format", b.file(height=0)
    for bit in range(4, 8):
        yield f"flags-{bit}", f"reserved flag bit {bit}", "4.4", "Unsupported", b.file(flags=1 << bit)
    for depth in (0, 7, 10, 16):
        yield f"depth-{depth}", f"depth {depth}", "4.4", "Unsupported", b.file(depth=depth)
    for quality in (1025, 65535):
        yield f"quality-{quality}", f"quality {quality}", "4.4", "Format", b.file(quality=quality)
    for log2 in (0, 7, 13, 255):
        yield f"tile-log2-{log2}", f"tile_log2 {log2}", "4.4", "Format", b.file(tile_log2=log2)
    yield "layers-0", "no layers", "4.4", "Format", b.file(layers=0)
    for layers in (2, 4):
        data = b.file(streams=(b.layers * 2)[:layers], layers=layers)
        yield f"layers-{layers}", f"{layers} layers, the model has 3 coding steps", "4.4", "Format", data
    other = bytes([b.digest[0], b.digest[1] ^ 1]) + b.digest[2:]
    yield "model-other", "the digest differs from the model's by a bit", "4.4", "WrongModel", b.file(model=other)
    yield (
        "model-last",
        "the digest differs from the model's in its last byte",
        "4.4",
        "WrongModel",
        b.file(model=b.digest[:7] + b"\0"),
    )
    both = hashlib.sha256(write_with_encoder(small())).digest()[:8]
    what = "the digest is that of the model file and the encoder file behind it together"
    yield "model-encoder", what, "6.2", "WrongModel", b.file(model=both), "small-encoder"
    huge = b.file(width=65535, height=65535)
    flat = b.file(streams=[b""], width=1536, height=1025, tile_log2=11)
    yield "limit-expansion", "1536 × 1025 pixels in a file of less than 100 bytes", "12", ("Limit", "Format"), flat
    yield "limit-pixels", "65,535 × 65,535 pixels, and one TILE", "12", ("Limit", "Truncated"), huge


def places(b):
    """Chunks twice, missing, or where they may not stand (SPEC 4.1, 4.5 to 4.8)."""
    plane, index = alpha(WIDTH, HEIGHT), c.index(b.layers)
    for chunk in (ICC, EXIF, XMP):
        name = chunk[0].decode()
        yield f"{name}-twice", f"{name} twice", "4.5", "Format", b.file(chunk, chunk)
        yield (
            f"{name}-twice-apart",
            f"{name} twice, once empty, with another chunk between",
            "4.5",
            "Format",
            b.file((chunk[0], b""), (b"zzzz", b""), chunk),
        )
    yield "alph-twice", "ALPH twice", "4.6", "Format", b.file(plane, plane, flags=c.ALPHA)
    yield "alph-missing", "the alpha flag is set, but there is no ALPH", "4.6", "Format", b.file(flags=c.ALPHA)
    yield "alph-unannounced", "ALPH, but the alpha flag is not set", "4.6", "Format", b.file(plane)
    filt = (b"FILT", bytes(range(72)))
    yield "filt-twice", "FILT twice", "4.11", "Format", b.file(filt, filt)
    for length in (0, 71, 73, 143, 145):
        data = b.file((b"FILT", bytes(length)))
        yield f"filt-{length}", f"a FILT of {length} bytes", "4.11", "Format", data
    yield "index-twice", "tidx twice", "4.7", "Format", b.file(index, index, streams=b.layers, layers=3)
    yield "index-one-tile", "tidx with one TILE", "4.7", "Format", b.file(c.index(b.streams))
    for chunk in (ICC, EXIF, XMP, plane, filt):
        flags = c.ALPHA if chunk is plane else 0
        data = b.file(index, chunk, streams=b.layers, layers=3, flags=flags)
        yield f"{chunk[0].decode().lower()}-after-index", f"{chunk[0].decode()} after tidx", "4.7", "Format", data
    entries = index[1]
    wrong = (
        ("empty", b""),
        ("short", entries[:-4]),
        ("long", entries + b"\0\0\0\0"),
        ("odd", entries[:-1]),
        ("more", bytes([entries[0] + 1]) + entries[1:]),
        ("high", entries[:-1] + b"\x80"),
    )
    for name, payload in wrong:
        data = b.file((b"tidx", payload), streams=b.layers, layers=3)
        yield f"index-{name}", f"a tidx that does not agree with the TILEs ({name})", "4.7", "Format", data
    four = c.tiles(b.four)
    for chunk in (ICC, EXIF, XMP, plane, filt, c.index(b.four), (b"zzzz", b"")):
        name = chunk[0].decode()
        data = b.tiled(tiles=[four[0], chunk, *four[1:]])
        # With an ALPH that the header does not announce there would be two faults.
        if chunk is plane:
            data = c.join([b.header(flags=c.ALPHA), (b"TILE", b.streams[0]), plane])
        yield f"{name.lower()}-after-tile", f"{name} after a TILE", "4.8", "Format", data
    yield "end-byte", "a byte after the last TILE", "4.1", "Format", b.file() + b"\0"
    yield "end-ancillary", "an ancillary chunk after the last TILE", "4.1", "Format", c.append(b.file(), b"zzzz", b"")
    yield "end-metadata", "metadata after the last TILE", "4.1", "Format", c.append(b.file(), *ICC)
    yield "end-tile", "a TILE more than the header calls for", "4.1", "Format", b.file(streams=b.streams * 2)
    yield "end-file", "a second file after the first", "4.1", "Format", b.file() * 2


def alphas(b):
    rows = c.filtered(np.zeros((HEIGHT, WIDTH), int), (0,))
    good = c.zlib_stream(rows)
    raw = good[2:-4]
    adler = good[-4:]

    def deflate(bits):
        """A zlib stream of the bits of a deflate stream, lowest first, with the Adler-32 of nothing."""
        number = int(bits[::-1], 2)
        return b"\x78\x01" + number.to_bytes((len(bits) + 7) // 8, "little") + b"\0\0\0\1"

    for name, what, payload in (
        ("empty", "nothing at all", b""),
        ("head-only", "only the zlib header", good[:2]),
        ("short", "a stream that ends before its Adler-32", good[:-4]),
        ("adler-short", "a stream that ends within its Adler-32", good[:-1]),
        ("cut", "a stream that ends within its data", good[:8]),
        ("adler", "a wrong Adler-32", c.zlib_stream(rows, adler=1)),
        ("adler-order", "an Adler-32 with the least significant byte first", good[:-4] + adler[::-1]),
        ("after", "a byte after the stream", good + b"\0"),
        ("twice", "two streams", good * 2),
        ("byte-less", "a byte too few", c.zlib_stream(rows[1:])),
        ("byte-more", "a byte too many", c.zlib_stream(rows + b"\0")),
        ("row-less", "a row too few", c.zlib_stream(rows[WIDTH + 1 :])),
        ("bomb", "a million bytes too many", c.zlib_stream(bytes(10**6))),
        ("long", "a byte more than the payload may have", c.zlib_stream(rows, fill=2 * len(rows) + 1025)),
        ("filter-5", "filter 5", c.zlib_stream(b"\5" + rows[1:])),
        ("filter-255", "filter 255 in the last row", c.zlib_stream(rows[: -WIDTH - 1] + b"\xff" + bytes(WIDTH))),
        ("method", "compression method 7", b"\x77\x09" + good[2:]),
        ("window", "a window of 64 KiB (CINFO 8)", b"\x88\x1c" + good[2:]),
        ("check", "wrong check bits in the zlib header", b"\x78\x02" + good[2:]),
        ("dictionary", "a preset dictionary", b"\x78\x20" + b"\0\0\0\1" + raw + adler),
        ("raw", "deflate without zlib", raw),
        ("block-type", "a block of the reserved type 3", deflate("1" + "11" + "00000")),
        (
            "stored-length",
            "a stored block whose length and complement disagree",
            b"\x78\x01\x01\x05\x00\xfa\xfe" + bytes(5) + b"\0\0\0\1",
        ),
        ("distance", "a back-reference to before the start", bytes.fromhex("7801a316000000480001")),
        ("codes", "a dynamic block of too many code lengths", deflate("1" + "01" + "11111" + "11111" + "1111" + "1" * 60)),
    ):
        yield f"alpha-{name}", f"ALPH: {what}", "5", "Format", b.file((b"ALPH", payload), flags=c.ALPHA)


def streams(b):
    def start(entries):
        """A stream that begins with entries of (table or None for the first label's own, entry), then likely labels."""
        calls = itertools.count()
        coder = Labels(lambda *args: None if next(calls) == 0 else likely(*args), "raw", entries)
        picture.decode_tile(b.models["small"], [coder], WIDTH, HEIGHT, 512)
        return coder.encoder.stream()

    table = first_table(b.models["small"])
    m = (len(table) - 3) // 2
    escape = (table, 2 * m + 1)
    zeros = [(BIT, 0)]
    yield "escape-16", "an escape of 16 zeros and more", "9.2", "Format", b.file(streams=[start([escape, *zeros * 40])])
    over = [escape, *zeros * 14, *((BIT, int(bit)) for bit in f"{32768 - m:015b}"), (BIT, 0)]
    yield "label-32768", "a label of 32,768", "9.2", "Format", b.file(streams=[start(over)])
    most = [escape, *zeros * 15, *[(BIT, 1)] * 16, (BIT, 1)]
    yield "label-65535", "a label of −65,535 − M, 16 bits of escape", "9.2", "Format", b.file(streams=[start(most)])
    yield (
        "stream-start",
        "a stream whose first word pair is beyond the last range",
        "9.3",
        "Format",
        b.file(streams=[b"\xff" * 8]),
    )
    for i in range(3):
        bad = [*b.layers[:i], b"\xff" * 8, *b.layers[i + 1 :]]
        yield f"stream-start-{i}", f"the same in layer {i}", "9.3", "Format", b.file(streams=bad, layers=3)
    coder = Labels(likely, "base 0 0")
    picture.decode_tile(b.models["small"], [coder], WIDTH, HEIGHT, 512)
    whole = coder.encoder.stream(zeros=True)
    for name, more in (("zero", b"\0"), ("byte", b"\1"), ("word", bytes(4)), ("long", b"\x55" * 5000)):
        yield (
            f"stream-longer-{name}",
            f"{len(more)} bytes after the last word that is read ({name})",
            "9.3",
            "Format",
            b.file(streams=[whole + more]),
        )
    zero_words = write_streams(b.models["small"], WIDTH, HEIGHT, 1024, 1, 512, lowest, "base", zeros=True)[0]
    short = zero_words[:-12]
    yield "stream-shorter", "a stream of zeros, three words of it left out", "9.3", "Format", b.file(streams=[short])
    for i in range(3):
        longer = [*b.layers[:i], b.layers[i] + bytes(40), *b.layers[i + 1 :]]
        yield f"stream-longer-{i}", f"40 zeros after the stream of layer {i}", "9.3", "Format", b.file(streams=longer, layers=3)
    silent = b.models["silent"].digest
    yield "stream-silent", "9 bytes where nothing is coded", "9.3", "Format", b.file(streams=[bytes(9)], model=silent), "silent"


def tile_steps(b):
    def payloads(steps, model="small", width=WIDTH, height=HEIGHT, log2=10, choose=likely, **how):
        return write_streams(b.models[model], width, height, 1 << log2, 1, 512, choose, "base", False, steps, **how)

    def file(*streams, **changes):
        return b.file(streams=list(streams), **dict(flags=c.TILE_STEPS) | changes)

    (good,), (all_of_it,), (zeros,) = payloads((2,)), payloads((3,)), payloads((2,), zeros=True)
    for steps in (0, 4, 255):
        data = file(bytes([steps]) + all_of_it[1:])
        yield f"steps-{steps}", f"a tile of {steps} steps, the model has 3", "4.8", "Format", data
    yield "steps-none", "an empty payload, without the number of steps", "4.8", "Format", file(b"")
    yield "steps-0-alone", "a tile of 0 steps and an empty stream", "4.8", "Format", file(b"\0")
    single = dict(model=b.models["single-step"].digest)
    data = file(b"\2" + payloads((1,), "single-step")[0][1:], **single)
    yield "steps-2-single-step", "a tile of 2 steps, the model has 1", "4.8", "Format", data, "single-step"
    extreme = dict(model=b.models["extreme"].digest)
    data = file(b"\5" + payloads((4,), "extreme")[0][1:], **extreme)
    yield "steps-5-extreme", "a tile of 5 steps, the model has 4", "4.8", "Format", data, "extreme"
    grid = dict(width=300, height=270)
    four = payloads((3, 2, 1, 3), log2=8, **grid)
    for i, name, what, payload in (
        (0, "0", "0 steps", b"\0" + four[0][1:]),
        (1, "none", "an empty payload", b""),
        (2, "4", "4 steps, the model has 3", b"\4" + four[2][1:]),
        (3, "none", "an empty payload", b""),
    ):
        data = file(*four[:i], payload, *four[i + 1 :], tile_log2=8, **grid)
        yield f"steps-{name}-tile-{i}", f"tile {i} of four: {what}", "4.8", "Format", data

    for name, what, streams in (
        ("layers", "tile steps in 3 layers", b.layers),
        ("layers-all", "tile steps in 3 layers, each stream behind a byte for all steps", [b"\3" + stream for stream in b.layers]),
        ("layers-first", "tile steps in 3 layers, a byte for all in layer 0 alone", [b"\3" + b.layers[0], *b.layers[1:]]),
    ):
        yield f"steps-{name}", what, "4.4", "Format", file(*streams, layers=3)
    yield "steps-layers-2", "tile steps in 2 layers", "4.4", "Format", file(*(b"\2" + stream for stream in b.layers[:2]), layers=2)
    yield "steps-reserved", "tile steps and a reserved flag", "4.4", "Unsupported", file(good, flags=c.TILE_STEPS | 16)

    for name, more in (("zero", b"\0"), ("byte", b"\1"), ("word", bytes(4))):
        what = f"2 of 3 steps, and {len(more)} bytes after the last word that is read ({name})"
        yield f"steps-longer-{name}", what, "4.8, 9.3", "Format", file(zeros + more)
    large = dict(width=96, height=80)
    for has, says in ((3, 2), (3, 1), (2, 1)):
        data = file(bytes([says]) + payloads((has,), **large)[0][1:], **large)
        yield f"steps-longer-{has}-{says}", f"a stream of {has} steps in a tile of {says}", "4.8, 9.3", "Format", data
    for has, says in ((2, 3), (1, 3), (1, 2)):
        data = file(bytes([says]) + payloads((has,), choose=wide, **large)[0][1:], **large)
        yield f"steps-shorter-{has}-{says}", f"a stream of {has} steps in a tile of {says}", "4.8, 9.3", "Format", data
    short = payloads((2,), choose=lowest, zeros=True)[0][:-12]
    yield "steps-shorter", "2 of 3 steps, a stream of zeros, three words of it left out", "4.8, 9.3", "Format", file(short)
    silent = dict(model=b.models["silent"].digest)
    data = file(b"\2" + bytes(9), **silent)
    yield "steps-silent", "9 bytes behind the number of steps where nothing is coded", "4.8, 9.3", "Format", data, "silent"
    what = "the flag for tile steps, but the stream has no byte in front of it"
    yield "steps-missing", what, "4.4, 4.8", "Format", file(b.streams[0])


def first_table(model):
    """That of the first label of a file at quality 512: z's first channel."""
    index = picture.table_indices(model, model.z, slice(0, 2), np.array([model.z_log_scale]), 0, 512)
    return model.tables[0][index[0, 0]]


def cases(models):
    b = Base(models)
    for case in itertools.chain(*(part(b) for part in (signatures, truncations, chunks, links, headers, places, alphas, streams, tile_steps))):
        name, what, section, errors, data, *model = case
        yield Invalid(name, what, section, (errors,) if isinstance(errors, str) else errors, data, *model)
