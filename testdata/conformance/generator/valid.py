"""The valid files of the suite."""

import itertools
import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

import write_container as c
from write_labels import escapes, even, largest, likely, lowest, odd, tides, wide, write_streams, zero

ICC, EXIF, XMP = (b"iccp", b"not a profile"), (b"exif", b"MM\0*\0\0\0\x08\0\0"), (b"xmpp", "<x:xmpmeta/> ä".encode())


@dataclass
class Valid:
    """A file to be written, and what it is for."""

    name: str
    what: str
    section: str
    width: int = 24
    height: int = 20
    model: str = "small"
    flags: int = 0
    quality: int = 512
    tile_log2: int = 10
    layers: int = 1
    choose: object = likely
    metadata: list = field(default_factory=list)  # chunks between VHDR and tidx, ALPH among them
    after_index: list = field(default_factory=list)  # unknown chunks between tidx and TILE
    index: bool = None  # whether there is a tidx; None: if there are several tiles
    stream: dict = field(default_factory=dict)  # for RangeEncoder.stream
    seed: str = None  # for `choose`; None: the name
    steps: tuple = None  # how many coding steps each tile says that it holds; None: the flag for that is not set

    def write(self, model):
        """The bytes of the file; `model` is the reference decoder's."""
        tile = 1 << self.tile_log2
        size = self.width, self.height
        seed = self.seed or self.name
        uniform = bool(self.flags & c.UNIFORM)
        flags = self.flags | (0 if self.steps is None else c.TILE_STEPS)
        streams = write_streams(model, *size, tile, self.layers, self.quality, self.choose, seed, uniform, self.steps, **self.stream)
        chunks = [(b"VHDR", c.header(model.digest, *size, flags, self.quality, self.tile_log2, self.layers)), *self.metadata]
        if max(size) > tile if self.index is None else self.index:
            chunks.append(c.index(streams))
        chunks += self.after_index + c.tiles(streams)
        missing = c.least_bytes(*size) - len(c.join(chunks))
        return c.join([chunks[0], (b"fill", bytes(max(0, missing - 12))), *chunks[1:]] if missing > 0 else chunks)


def alpha(width, height, payload=None, filters=(0, 1, 2, 3, 4), **how):
    """An ALPH chunk for a plane that is partly smooth and partly noise."""
    if payload is None:
        smooth = np.add.outer(5 * np.arange(height), 3 * np.arange(width)) % 256
        noise = np.random.default_rng(1).integers(0, 256, smooth.shape)
        plane = np.where(np.arange(height)[:, None] % 7 < 5, smooth, noise)
        payload = c.zlib_stream(c.filtered(plane, filters), **how)
    return b"ALPH", payload


def stored(data, size):
    """A zlib stream of stored blocks of `size` bytes, with an empty one at the end."""
    parts = [data[i : i + size] for i in range(0, len(data), size)] + [b""]
    blocks = (struct.pack("<BHH", i == len(parts) - 1, len(part), 65535 - len(part)) + part for i, part in enumerate(parts))
    return b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(data))


def sizes():
    for name, width, height, what in (
        ("one-pixel", 1, 1, "a step that covers no position"),
        ("row", 131, 1, "one row"),
        ("column", 1, 67, "one column"),
        ("latent", 16, 16, "exactly one latent position"),
        ("latent-more", 17, 15, "a pixel more than a latent position one way, a pixel less the other"),
        ("hyper-latent", 64, 64, "exactly one hyper-latent position"),
        ("hyper-latent-more", 65, 63, "a pixel more than a hyper-latent position one way, a pixel less the other"),
        ("primes", 97, 61, "a size without factors"),
        ("longest-row", 65535, 1, "the largest width"),
        ("longest-column", 1, 65535, "the largest height"),
    ):
        yield Valid(f"size-{name}", f"{width} × {height}: {what}", "4.4, 10.1", width, height)
    for name in ("one-pixel", "latent-more"):
        size = (1, 1) if name == "one-pixel" else (17, 15)
        yield Valid(f"size-{name}-progressive", f"{size[0]} × {size[1]}, progressive", "8.5, 10.2", *size, layers=3)


def tiles():
    grid = dict(width=300, height=270, tile_log2=8)
    yield Valid("tiles", "2 × 2 tiles of 256 pixels", "4.8, 10.1", **grid)
    yield Valid("tiles-progressive", "2 × 2 tiles in 3 layers: the order of the streams", "4.8, 10.2", layers=3, **grid)
    yield Valid("tiles-without-index", "several tiles and no tidx", "4.7", index=False, **grid)
    yield Valid("tiles-exact", "one tile of exactly 256 × 256 pixels", "10.1", 256, 256, tile_log2=8)
    yield Valid("tiles-one-pixel", "tiles of one pixel's width and height at the edges", "10.1", 257, 257, tile_log2=8)
    yield Valid("tiles-many", "256 tiles in a row", "10.1", 65535, 3, tile_log2=8)
    for log2 in (9, 10, 11, 12):
        side = 1 << log2
        yield Valid(f"tile-side-{side}-across", f"2 tiles of {side} pixels side by side", "4.4", side + 3, 2, tile_log2=log2)
        yield Valid(f"tile-side-{side}-down", f"2 tiles of {side} pixels below each other", "4.4", 2, side + 3, tile_log2=log2)
    yield Valid("tiles-grey-alpha", "tiles, grey and alpha", "4.6, 11", flags=3, metadata=[alpha(300, 270)], **grid)
    yield Valid("tiles-index-one-tile", "tidx for the 3 layers of one tile", "4.7", layers=3, index=True)


def colours():
    yield Valid("grey", "grey: the mean of three channels, rounded", "11", 70, 40, flags=c.GREY)
    yield Valid("grey-alpha", "grey with alpha", "4.4", 20, 30, flags=3, metadata=[alpha(20, 30)])
    yield Valid("alpha", "RGB with alpha", "4.6", 33, 50, flags=c.ALPHA, metadata=[alpha(33, 50)])


def filters():
    random = np.random.default_rng(11).integers(-128, 128, (3, 72), np.int8)
    mild = (random[0] // 8).tobytes()
    signs = np.where(random[1] < 0, -128, 127).astype(np.int8).tobytes()

    def case(name, what, payload, *size, **how):
        return Valid(f"filter-{name}", what, "4.11, 11.4", *size, metadata=[(b"FILT", payload)], **how)

    both = np.random.default_rng(12).integers(-128, 128, (2, 144), np.int8)
    clipped = bytes(72) + (both[0, :72] // 2).tobytes()

    yield case("zero", "a filter of zeros changes nothing", bytes(72), 40, 33)
    yield case("one-pixel", "a picture of one block, whose edges are repeated", mild, 1, 1)
    yield case("mild", "weights up to an eighth", mild, 70, 40)
    yield case("random", "weights of any size", random[2].tobytes(), 70, 40)
    yield case("signs", "the largest weights of both signs", signs, 70, 40)
    yield case("least", "all weights −1", bytes([128] * 72), 40, 33)
    yield case("grey", "grey: filtered before the mean of three channels", mild, 70, 40, flags=c.GREY)
    yield case("tiles", "across the edges of tiles", mild, 300, 270, tile_log2=8)
    yield case("large", "larger than a decoder's windows", mild, 1100, 50)
    yield case("progressive", "3 layers", mild, 80, 80, layers=3)
    yield case("extreme", "values beyond those of samples", signs, 70, 113, model="extreme")
    yield case("clipped", "weights of clipped differences alone", clipped, 70, 40)
    yield case("clipped-zero", "twice as many zeros change nothing either", bytes(144), 40, 33)
    yield case("clipped-random", "weights of any size, of differences and clipped ones", both[1].tobytes(), 70, 40)
    yield case("clipped-signs", "the largest weights of both signs", signs + signs[::-1], 70, 40)
    yield case("clipped-tiles", "clipped, across the edges of tiles", clipped, 300, 270, tile_log2=8)
    yield case("clipped-extreme", "values beyond those of samples, clipped", signs[::-1] + signs, 70, 113, model="extreme")
    chunks = [(b"FILT", mild), alpha(24, 20), ICC]
    yield Valid("filter-first", "FILT before ALPH and metadata", "4.1", flags=c.ALPHA, metadata=chunks)
    yield Valid("filter-last", "FILT after them", "4.1", flags=c.ALPHA, metadata=chunks[::-1])


def qualities():
    for q in (0, 1, 255, 511, 512, 513, 1023, 1024):
        yield Valid(f"quality-{q}", f"quality {q}, of a model with 3 knots (at 0, 512, 1024)", "8.2", 40, 33, quality=q)
        yield Valid(
            f"extreme-quality-{q}", f"quality {q}, tables of 1, 2, 5 and 1,025 knots", "8.2", 40, 33, "extreme", quality=q
        )


def layers():
    yield Valid("progressive", "3 layers", "10.2", 80, 80, layers=3)
    yield Valid("progressive-extreme", "4 layers", "10.2", 80, 80, "extreme", layers=4)
    yield Valid(
        "single-step", "a model with one coding step: 1 layer is sequential and progressive", "4.4", 50, 40, "single-step"
    )


def uniform():
    def case(name, what, *size, flags=0, **how):
        return Valid("-".join(filter(None, ("uniform", name))), f"uniform steps: {what}", "4.4, 8.6", *size, flags=flags | c.UNIFORM, **how)

    grid = dict(width=300, height=270, tile_log2=8)
    yield case("", "RGB", 70, 40)
    yield case("grey", "grey", 70, 40, flags=c.GREY)
    yield case("alpha", "RGB with alpha", 33, 50, flags=c.ALPHA, metadata=[alpha(33, 50)])
    yield case("grey-alpha", "grey with alpha", 20, 30, flags=c.GREY | c.ALPHA, metadata=[alpha(20, 30)])
    yield case("filter", "with a filter", 70, 40, metadata=[(b"FILT", bytes(range(72)))])
    yield case("one-pixel", "a step that covers no position", 1, 1)
    yield case("tiles", "2 × 2 tiles", **grid)
    yield case("tiles-progressive", "2 × 2 tiles in 3 layers", layers=3, **grid)
    yield case("progressive", "3 layers", 80, 80, layers=3)
    for q in (0, 1024):
        yield case(f"quality-{q}", f"quality {q}", 40, 33, quality=q)
    yield case("wide", "labels with codewords of their own and beyond these", 48, 40, choose=wide)
    yield case("rates", "corrections that reach their bounds", 90, 70, model="rates", choose=tides)
    yield case("extreme", "a model that adapts by −4 and 8", 48, 40, model="extreme", choose=wide)
    yield case("extreme-progressive", "the same in 4 layers", 80, 80, model="extreme", layers=4, choose=wide)
    what = "a model without adaptation, of which this file without the flag is unadapted.vqz: the same streams and pixels"
    yield case("unadapted", what, 70, 40, model="unadapted", seed="unadapted")
    yield Valid("unadapted", "a model without adaptation", "8.6", 70, 40, "unadapted")


def tile_steps():
    def case(name, what, steps, *size, **how):
        return Valid(f"steps-{name}", f"tile steps: {what}", "4.4, 4.8, 10.2", *size, steps=steps, **how)

    grid = dict(width=300, height=270, tile_log2=8)
    yield case("most", "all but the last", (2,), 70, 40)
    yield case("one", "the first alone, which covers half of the positions", (1,), 70, 40)
    yield case("all", "all: the stream and the picture of size-primes.vqz", (3,), 97, 61, seed="size-primes")
    yield case("grey", "grey, all but the last", (2,), 70, 40, flags=c.GREY)
    yield case("alpha", "RGB with alpha, all but the last", (2,), 33, 50, flags=c.ALPHA, metadata=[alpha(33, 50)])
    yield case("grey-alpha", "grey with alpha, the first alone", (1,), 20, 30, flags=c.GREY | c.ALPHA, metadata=[alpha(20, 30)])
    yield case("filter", "with a filter, all but the last", (2,), 70, 40, metadata=[(b"FILT", bytes(range(72)))])
    yield case("uniform", "with uniform steps, all but the last", (2,), 70, 40, flags=c.UNIFORM)
    flags = c.GREY | c.ALPHA | c.UNIFORM
    yield case("flags", "all flags that there are, the first alone", (1,), 20, 30, flags=flags, metadata=[alpha(20, 30)])
    for count in (1, 2):
        what = f"{count}, of which the second covers no position: the same stream and picture for 1 and 2"
        yield case(f"one-pixel-{count}", what, (count,), 1, 1, seed="steps-one-pixel")
    for q in (0, 1024):
        yield case(f"quality-{q}", f"quality {q}, all but the last", (2,), 40, 33, quality=q)

    yield case("tiles", "other numbers in each of 2 × 2 tiles", (2, 3, 1, 2), **grid)
    yield case("tiles-extreme", "1, 2, 3 and 4 in 2 × 2 tiles", (3, 1, 4, 2), **grid, model="extreme", choose=wide)
    yield case("tiles-fewer", "no tile of 2 × 2 with the last", (2, 1, 1, 2), **grid)
    yield case("tiles-equal", "the first alone in each of 2 × 2 tiles", (1, 1, 1, 1), **grid)
    yield case("tiles-without-index", "other numbers in each tile, no tidx", (1, 2, 3, 1), **grid, index=False)
    flags, metadata = c.GREY | c.ALPHA | c.UNIFORM, [alpha(300, 270), (b"FILT", bytes(range(72)))]
    what = "other numbers in each tile, all flags, and a filter across the edges"
    yield case("tiles-flags", what, (3, 1, 2, 3), **grid, flags=flags, metadata=metadata)
    for width, height in ((1100, 50), (50, 1100)):
        what = f"{width} × {height}: no seams, however a decoder divides the picture, and where it leaves channels out"
        yield case(f"{width}x{height}-small", what, (1, 3, 2), width, height, tile_log2=9)
        yield case(f"{width}x{height}-extreme", what, (2, 4, 1), width, height, "extreme", tile_log2=9)
    what = "tiles of one pixel's width and height at the edges hold more than the large one"
    yield case("tiles-one-pixel", what, (1, 3, 2, 3), 257, 257, tile_log2=8)

    for count, what in (
        (1, "between the parities of the first range"),
        (2, "between two ranges"),
        (3, "between the parities of the last range"),
        (4, "all"),
    ):
        yield case(f"extreme-{count}", f"{count} of 4: {what}", (count,), 80, 80, "extreme", choose=wide)
    for count, what in ((1, "fewer than at 1/16 of the size"), (2, "as many as at 1/16 of the size"), (3, "more than at 1/16 of the size")):
        yield case(f"rates-{count}", f"{count} of 3: {what}", (count,), 90, 70, "rates", choose=tides)
    yield case("tiles-rates", "other numbers in each of 2 × 2 tiles, for 1/16 of the size", (3, 2, 1, 3), **grid, model="rates")
    yield case("few", "two scales, a spacing of 1, M = 1, all but the last", (2,), 90, 70, "few")
    yield case("single-step", "a model with one coding step", (1,), 50, 40, "single-step")

    yield case("zero", "all labels are 0, the first alone", (1,), 48, 40, choose=zero)
    yield case("wide", "labels with codewords of their own and beyond these, all but the last", (2,), 48, 40, choose=wide)
    yield case("largest", "labels of ±32,767 throughout, all but the last", (2,), 48, 40, choose=largest)
    yield case("silent", "nothing is coded: the payload is one byte, the stream is empty", (2,), model="silent")
    yield case("silent-8-bytes", "the same, but with two words", (3,), model="silent", stream=dict(zeros=True))
    yield case("stream-zeros", "a stream with the zeros at its end, up to the last word read", (2,), stream=dict(zeros=True))
    for count in (8, 9, 11):
        what = f"a stream of zeros, {count} bytes fewer than are read: two words past its end"
        yield case(f"stream-zeros-without-{count}", what, (2,), choose=lowest, stream=dict(without=count, last=0))


def model_files():
    """What follows a model file, and a limit that it does not count for."""
    what = "a model with an encoder file behind it: the same file as size-primes.vqz, whose model is the same without one"
    yield Valid("encoder-behind", what, "6.1, 6.2", 97, 61, "small-encoder", seed="size-primes")
    yield Valid("layers-most", "a model of 4,096 layers, its encoder file has more", "6.2, 6.3", 40, 33, "layers")


def synthesis():
    """Networks that rise above the stride and come down again: their outputs are larger than what they are cropped to."""
    for width, height in ((1, 1), (20, 60), (128, 17), (70, 113)):
        what = f"{width} × {height}: networks whose output is cropped"
        yield Valid(f"synthesis-{width}x{height}", what, "11", width, height, "extreme")
    for width, height in ((1100, 50), (50, 1100)):
        for model in ("small", "extreme"):
            what = f"{width} × {height}: no seams, however a decoder divides the picture"
            yield Valid(f"synthesis-{width}x{height}-{model}", what, "7.1, 11", width, height, model, tile_log2=9)
    yield Valid("synthesis-no-layers", "a lift and a renderer without layers", "7.1, 11", 90, 40, "single-step")
    yield Valid("synthesis-one-bit", "a renderer with an input of one bit", "11", 90, 40, "silent")
    for model in ("rates", "extreme"):
        name, what = f"context-edges-{model}", "coding steps that see neighbours, at the edges of 2 × 2 tiles"
        yield Valid(name, what, "8.5, 10.1", 290, 275, model, tile_log2=8)


def byte_layers():
    def case(name, what, *size, **how):
        return Valid(f"bytes-{name}", f"inputs and weights that fit bytes, and just do not: {what}", "7.2", *size, model="bytes", **how)

    yield case("one-pixel", "one pixel", 1, 1)
    for q in (0, 512, 1024):
        yield case(f"quality-{q}", f"quality {q}, at a knot", 40, 33, quality=q)
    yield case("quality-700", "quality 700, between knots", 97, 61, quality=700)
    yield case("progressive", "3 layers", 80, 80, quality=767, layers=3, choose=wide)
    yield case("steps", "all but the last coding step", 70, 40, quality=200, steps=(2,))
    yield case("1100x50", "no seams, however a decoder divides the picture", 1100, 50, quality=900, tile_log2=9, choose=wide)


def contents():
    for choose, what in (
        (zero, "all labels are 0"),
        (wide, "labels with codewords of their own and beyond these, in both codebooks"),
        (odd, "all labels are odd: the state never rests"),
        (even, "all labels are even: codebook 0 throughout"),
        (escapes, "escapes of every length"),
        (largest, "labels of ±32,767 throughout"),
        (lowest, "the first entry of every table: the stream is zeros"),
    ):
        for model in ("small", "extreme"):
            yield Valid(f"labels-{choose.__name__}-{model}", what, "9.2, 8.3", 48, 40, model, choose=choose)
    for choose, what in (
        (zero, "down to the narrowest"),
        (wide, "labels from −7 to 7"),
        (likely, "labels as they are expected"),
        (tides, "labels that come in tides"),
    ):
        name = f"labels-{choose.__name__}-rates"
        yield Valid(name, f"corrections over many tables: {what}", "9.4", 150, 140, "rates", choose=choose)
    yield Valid("labels-tides-rates-progressive", "corrections that go on in the next layer", "9.4", 90, 70, "rates", layers=3, choose=tides)
    for choose, what in ((wide, "labels from −7 to 7"), (likely, "labels as they are expected")):
        what = f"two scales, a spacing of 1, M = 1: {what}"
        yield Valid(f"labels-{choose.__name__}-few", what, "8.3, 9.1", 90, 70, "few", layers=3, choose=choose)
    yield Valid("labels-zero-tiles", "four tiles of zeros", "9.2", 300, 270, tile_log2=8, choose=zero)
    yield Valid("silent", "table 0 everywhere: nothing is coded, the stream is empty", "9.1", model="silent")
    yield Valid("silent-progressive", "the same in 3 layers", "9.1", model="silent", layers=3)
    yield Valid(
        "silent-8-bytes",
        "nothing is coded, but the two words that a decoder starts with are there",
        "9.3",
        model="silent",
        stream=dict(zeros=True),
    )
    yield Valid("stream-zeros", "a stream with the zeros at its end, up to the last word read", "9.3", stream=dict(zeros=True))
    yield Valid("stream-zeros-progressive", "the same for 3 layers", "9.3", layers=3, stream=dict(zeros=True))
    for count in (8, 9, 11):
        yield Valid(
            f"stream-zeros-without-{count}",
            f"a stream of zeros, {count} bytes fewer than are read: two words past its end",
            "9.3",
            choose=lowest,
            stream=dict(without=count, last=0),
        )
    yield Valid("stream-least", "a stream that ends in the least number of the last range", "9.3", stream=dict(last=0))
    yield Valid(
        "stream-odd",
        "a stream that ends in another number of the last range, its length no multiple of 4",
        "9.3",
        stream=dict(last=0xFEDCBA00),
    )


def chunks():
    for name, chunk in (("icc", ICC), ("exif", EXIF), ("xmp", XMP)):
        yield Valid(f"metadata-{name}", f"{chunk[0].decode()} alone", "4.5", metadata=[chunk])
        yield Valid(f"metadata-{name}-empty", f"an empty {chunk[0].decode()}", "4.5", metadata=[(chunk[0], b"")])
    every = [alpha(24, 20), ICC, EXIF, XMP]
    for i, order in enumerate(itertools.islice(itertools.permutations(every), 0, None, 5)):
        yield Valid(f"metadata-order-{i}", "metadata and ALPH in another order", "4.1", flags=c.ALPHA, metadata=list(order))
    unknown = [
        (b"zzzz", b"from the future"),
        (b"xVQZ", b""),
        (b"vHDR", b"not the header"),
        (b"tILE", b"nor a tile"),
        (b"alph", b"nor alpha"),
    ]
    yield Valid("unknown", "ancillary chunks that nobody knows, some of them twice", "4.3", metadata=[*unknown, ICC, *unknown])
    yield Valid(
        "unknown-index",
        "unknown ancillary chunks before and after tidx",
        "4.1",
        300,
        270,
        tile_log2=8,
        metadata=unknown,
        after_index=unknown,
    )
    fill = (b"fill", bytes(20))
    yield Valid("fill", "padding: before and after metadata, twice", "4.9", metadata=[fill, ICC, fill])
    yield Valid("fill-index", "padding before and after tidx", "4.9", 300, 270, tile_log2=8, metadata=[fill], after_index=[fill])
    yield Valid("fill-large", "a large flat picture, padded to what section 12 asks for", "12", 1536, 1026, choose=zero)
    yield Valid("fill-none", "as many pixels as any file may have, flat", "12", 1536, 1024, choose=zero)
    yield Valid("unknown-large", "an unknown ancillary chunk of 70,000 bytes", "4.3", metadata=[(b"zzzz", bytes(70000))])


def alphas():
    def case(name, what, width, height, **how):
        chunk = alpha(width, height, **how)
        return Valid(f"alpha-{name}", what, "5", width, height, flags=c.ALPHA, metadata=[chunk])

    for f in range(5):
        yield case(f"filter-{f}", f"filter {f} in every row", 37, 21, filters=(f,))
    yield case("row", "one row, Paeth", 40, 1, filters=(4,))
    yield case("column", "one column", 1, 40)
    yield case("fixed", "fixed Huffman codes", 37, 21, strategy=zlib.Z_FIXED)
    yield case("no-matches", "dynamic Huffman codes and no back-reference", 37, 21, strategy=zlib.Z_HUFFMAN_ONLY)
    plane = c.filtered(np.arange(37 * 21).reshape(21, 37) % 251, (2, 1))
    yield case("stored", "stored blocks, an empty one at the end", 37, 21, payload=stored(plane, 100))
    # CM 8, CINFO 0: a window of 256 bytes is announced; what repeats lies 15,220 bytes back.
    noise = np.random.default_rng(2).integers(0, 256, (20, 760))
    far = c.filtered(np.vstack([noise, noise[:10]]), (0,))
    yield case(
        "window",
        "back-references beyond the window that the zlib header announces",
        760,
        30,
        payload=c.zlib_stream(far, b"\x08\x1d"),
    )
    # CINFO 7, FLEVEL 3.
    yield case("level", "the zlib header's other fields", 37, 21, head=b"\x78\xda")
    longest = c.zlib_stream(plane, fill=2 * len(plane) + 1024)
    yield case("longest", "a payload as long as it may be, most of it empty blocks", 37, 21, payload=longest)
    yield case("flat", "back-references of the greatest length", 500, 30, payload=c.zlib_stream(bytes(501 * 30)))


def cases():
    networks = model_files(), synthesis(), byte_layers()
    steps = uniform(), tile_steps()
    return itertools.chain(sizes(), tiles(), colours(), filters(), qualities(), layers(), *steps, *networks, contents(), chunks(), alphas())
