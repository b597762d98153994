"""The rendering files of the suite (SPEC 6.4, 11.3), valid and invalid."""

import random
import struct
from dataclasses import dataclass

import write_model as m
from write_model import SAVE, add, conv, depthwise, gain, network, shuffle, unshuffle

SIGNATURE = bytes.fromhex("8956515A520D0A1A")


def small():
    """Of the model `small`: six planes of noise, so one group of four and a part of another; wider than the model's own."""
    rng = random.Random("small rendering")
    return dict(
        name="small – zweite".encode(),
        body=network(4, 14, conv(rng, 1, 4, 128, relu=1, knots=3), shuffle(4), SAVE, depthwise(rng, 8), add(13)),
        lift=network(54, 15, conv(rng, 1, 54, 8, knots=3)),
        renderer=network(8, 13, SAVE, depthwise(rng, 8), conv(rng, 1, 8, 8), add(13), conv(rng, 1, 8, 48, shift=12)),
    )


def noiseless():
    """Of the model `small`, without noise, and features of one bit."""
    rng = random.Random("noiseless rendering")
    return dict(
        name=b"",
        body=network(4, 15, conv(rng, 1, 4, 32), shuffle(4)),
        lift=network(48, 15, conv(rng, 1, 48, 2)),
        renderer=network(2, 1, conv(rng, 1, 2, 48, shift=5)),
    )


def extreme():
    """Of the model `extreme`: sixteen planes of noise, and a lift that sees its neighbours' and whose extent is cropped."""
    rng = random.Random("extreme rendering")
    return dict(
        name=b"extreme",
        body=network(6, 14, conv(rng, 3, 6, 96, clamp=15), shuffle(4)),
        lift=network(
            64, 15, depthwise(rng, 64, clamp=15), unshuffle(3), conv(rng, 1, 576, 18, clamp=15, weight=200), shuffle(3), conv(rng, 3, 2, 6)
        ),
        renderer=network(6, 15, depthwise(rng, 6), conv(rng, 3, 6, 48, clamp=15), gain(12, [9000] * 48)),
    )


# By name: the base model's name, and what is in the file.
RENDERINGS = {"small": ("small", small), "noiseless": ("small", noiseless), "extreme": ("extreme", extreme)}

# Valid files that are rendered by them.
FILES = {
    "small": (
        "size-one-pixel",
        "size-column",
        "size-primes",
        "size-latent-more-progressive",
        "tiles",
        "tiles-progressive",
        "tiles-grey-alpha",
        "filter-random",
        "filter-clipped-random",
        "tile-side-1024-across",
        "labels-wide-small",
        "encoder-behind",
        "uniform-tiles",
        "steps-one",
        "steps-tiles",
        "steps-tiles-flags",
        "steps-1100x50-small",
    ),
    "noiseless": ("size-primes", "labels-largest-small", "steps-most"),
    "extreme": (
        "labels-wide-extreme",
        "labels-largest-extreme",
        "context-edges-extreme",
        "uniform-extreme",
        "steps-extreme-1",
        "steps-tiles-extreme",
    ),
}


def body(base, fields):
    """The bytes of a rendering file without its CRC."""
    data = SIGNATURE + struct.pack("<I", fields.get("version", 1)) + m.write_name(fields["name"]) + base
    return data + b"".join(m.write_network(fields[name]) for name in ("body", "lift", "renderer"))


def write(base, fields):
    """`base` is the digest of the base model."""
    return m.with_crc(body(base, fields))


@dataclass
class InvalidRendering:
    """A rendering file that breaks one rule, for a picture of the model `small`."""

    name: str
    what: str
    errors: tuple
    data: bytes


def damaged(base):
    """Below the level of fields."""
    good = write(base, small())
    fields = good[:-4]
    yield "empty", "an empty file", "Model", b""
    yield "signature", "a model's signature", "Model", m.with_crc(m.SIGNATURE + fields[8:])
    for n in (8, 12, 15):
        yield f"truncated-{n}", f"the first {n} bytes", "Model", good[:n]
    yield "truncated", "the file ends a byte early", "Crc", good[:-1]
    yield "damage", "a bit of a weight is flipped", "Crc", good[:700] + bytes([good[700] ^ 4]) + good[701:]
    for n in (12, 40, 60, len(fields) - 1):
        yield f"ends-{n}", f"the fields end after {n} bytes, with a right CRC", "Model", m.with_crc(fields[:n])
    yield "after", "a byte after the last field, with a right CRC", "Model", m.with_crc(fields + b"\0")
    for version in (0, 2, 2**32 - 1):
        yield f"version-{version}", f"version {version}", "Unsupported", write(base, small() | dict(version=version))
    yield "name", "a name that is not UTF-8", "Model", write(base, small() | dict(name=b"\xff"))
    other = bytes([*base[:31], base[31] ^ 1])
    yield "base", "the base is another model, by the last bit of its digest", "WrongModel", write(other, small())


def networks(base):
    """Channels, strides and bits; a rule each."""
    rng = random.Random("invalid renderings")
    body_of = lambda outputs, inputs=4, bits=14, r=4: network(inputs, bits, conv(rng, 1, inputs, outputs * r * r), shuffle(r))
    lift_of = lambda inputs, outputs=8, bits=15: network(inputs, bits, conv(rng, 1, inputs, outputs))
    for name, what, change in (
        ("body-inputs", "a body for more latents than the base has", dict(body=body_of(8, inputs=6))),
        ("body-outputs", "a body with more features than the renderer takes", dict(body=body_of(10))),
        ("body-stride", "a body that ends at half of the resolution of patches", dict(body=body_of(8, r=2))),
        ("body-bits", "a body with an input of 13 bits", dict(body=body_of(8, bits=13))),
        ("lift-inputs-46", "a lift that does not see a whole patch", dict(lift=lift_of(46))),
        ("lift-inputs-66", "a lift that wants 18 planes of noise", dict(lift=lift_of(66))),
        ("lift-outputs", "a lift with fewer features than the renderer takes", dict(lift=lift_of(54, outputs=6))),
        ("lift-bits", "a lift with an input of 14 bits", dict(lift=lift_of(54, bits=14))),
        ("renderer-outputs", "a renderer of 46 channels", dict(renderer=network(8, 13, conv(rng, 1, 8, 46)))),
        ("renderer-saved", "a Save without an AddSaved", dict(renderer=network(8, 13, SAVE, conv(rng, 1, 8, 48)))),
        ("bound", "an accumulator may reach 2^31", dict(lift=network(54, 15, conv(rng, 1, 54, 8, weight=32767)))),
        ("layers", "4,097 layers", dict(renderer=network(8, 13, *[SAVE, add(13)] * 2046, conv(rng, 1, 8, 48, shift=12)))),
    ):
        yield name, what, "Model", write(base, small() | change)


def invalid(base):
    for part in (damaged, networks):
        for name, what, error, data in part(base):
            yield InvalidRendering(name, what, (error,), data)
