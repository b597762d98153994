"""Writing models (SPEC 6.1), and those of the suite. Models are dictionaries, so that invalid ones can be written as well."""

import copy
import random
import struct
import zlib

import numpy as np

SIGNATURE = bytes.fromhex("8956515A4D0D0A1A")
NETWORKS = ("analysis_linear", "analysis", "hyper_analysis", "hyper_synthesis", "synthesis_linear", "synthesis")
ALL, EVEN, ODD = 0, 1, 2


def items(kind, values):
    """A list (SPEC 6.1)."""
    array = np.asarray(values, "<" + kind)
    return struct.pack("<I", array.size) + array.tobytes()


def write_block(block):
    data = struct.pack("<H", block["channels"])
    kinds = dict(step="u2", gain="u4", mean_gain="u4", log_scale="i4", norm="u4", codebook="i2")
    data += b"".join(items(kind, block[name]) for name, kind in kinds.items())
    return data + bytes([block["channel_rate"], block["position_rate"]])


def write_layer(layer):
    code, *fields = layer
    if code != 0:
        return bytes([code]) + b"".join(bytes([f]) if isinstance(f, int) else items("i4", f) for f in fields)
    conv = fields[0]
    head = struct.pack("<BBHHBBB", 0, *(conv[key] for key in ("kernel", "inputs", "outputs", "shift", "relu", "clamp")))
    return head + items("i2", conv["weights"]) + items("i4", conv["bias"])


def write_network(network):
    layers = network["layers"]
    return struct.pack("<HBI", network["inputs"], network["bits"], len(layers)) + b"".join(map(write_layer, layers))


def body(model):
    """The bytes of a model file without its CRC."""
    data = SIGNATURE + struct.pack("<I", model.get("version", 3)) + items("u1", np.frombuffer(model["name"], np.uint8))
    data += write_block(model["z"]) + items("i2", model["z_mean"]) + items("i2", model["z_log_scale"]) + write_block(model["y"])
    data += b"".join(write_network(model[name]) for name in NETWORKS)
    data += struct.pack("<I", len(model["steps"]))
    for step in model["steps"]:
        data += struct.pack("<HHB", step["a"], step["b"], step["parity"]) + write_network(step["network"])
        data += struct.pack("<hH", step["activity"], step["adaptation"])
    data += struct.pack("<hI", model["scale_min"], len(model["tables"]))
    return data + b"".join(items("u2", table) for table in model["tables"]) + model.get("rest", b"")


def with_crc(data):
    return data + struct.pack("<I", zlib.crc32(data))


def write(model):
    return with_crc(body(model))


# Layers, by their codes.
SAVE = (1,)


def conv(rng, kernel, inputs, outputs, shift=9, relu=0, clamp=14, knots=1, weight=None, bias=20000):
    """A Conv of random weights, whose outputs are in the hundreds to thousands."""
    size = kernel**2 * inputs
    weight = weight or int(1500 / size**0.5)
    weights = [rng.randint(-weight, weight) for _ in range(size * outputs)]
    biases = [rng.randint(-bias, bias) for _ in range(knots * outputs)]
    fields = dict(
        kernel=kernel, inputs=inputs, outputs=outputs, shift=shift, relu=relu, clamp=clamp, weights=weights, bias=biases
    )
    return 0, fields


def add(clamp=14):
    return 2, clamp


def shuffle(r):
    return 3, r


def unshuffle(r):
    return 4, r


def gain(shift, multipliers):
    return 5, shift, multipliers


def network(inputs, bits, *layers):
    return dict(inputs=inputs, bits=bits, layers=list(layers))


def block(rng, channels, steps, reach=20):
    """A latent block with a knot for each of `steps` (Q8). Codewords are up to `reach` from their lattice points."""
    rows = [(step, 2**26 // step, 2**31 // step, 3072 - 128 * (step.bit_length() - 8)) for step in steps]
    table = [row for row in rows for _ in range(channels)]
    lattice = [64 * v for _ in range(channels // 2) for i in range(-3, 4) for j in range(-3, 4) for v in (i, j)]
    return dict(
        channels=channels,
        step=[row[0] for row in table],
        gain=[row[1] for row in table],
        mean_gain=[row[2] for row in table],
        log_scale=[row[3] for row in table],
        norm=[1 << 15] * channels,
        codebook=[v + rng.randint(-reach, reach) for v in lattice],
        channel_rate=8,
        position_rate=24,
    )


def tables(count, largest):
    """`count` tables, from narrow to wide, with bounds up to `largest`. Symmetric, falling by the square."""
    result = []
    for t in range(count):
        m = max(1, round(largest * (t / (count - 1)) ** 2))
        shape = [1 / (1 + (4 * label / m) ** 2) for label in range(-m, m + 1)]
        spare = 65536 - 100 - (2 * m + 1)
        frequencies = [1 + int(spare * s / sum(shape)) for s in shape]
        frequencies[m] += 65536 - 100 - sum(frequencies)
        result.append([*frequencies, 100])
    return result


def step(a, b, parity, net, activity=-500, adaptation=12000):
    return dict(a=a, b=b, parity=parity, network=net, activity=activity, adaptation=adaptation)


def small():
    """The smallest model that has every kind of layer and of coding step; 3 knots."""
    rng = random.Random("small")
    return dict(
        name=b"small",
        z=block(rng, 2, [32 << 8, 16 << 8, 8 << 8]),
        z_mean=[700, -300],
        z_log_scale=[100, -200],
        y=block(rng, 4, [48 << 8, 16 << 8, 5 << 8]),
        analysis_linear=network(3, 8, unshuffle(4), conv(rng, 1, 48, 2), unshuffle(4), conv(rng, 1, 32, 4)),
        analysis=network(3, 8, unshuffle(4), conv(rng, 1, 48, 2, knots=3), unshuffle(4), conv(rng, 1, 32, 4)),
        hyper_analysis=network(4, 14, unshuffle(4), conv(rng, 1, 64, 2)),
        hyper_synthesis=network(2, 14, conv(rng, 1, 2, 32, relu=1, knots=3), shuffle(4), SAVE, conv(rng, 3, 2, 2), add(14)),
        synthesis_linear=network(
            4, 15, gain(12, [4000, -4000, 5000, 3000]), conv(rng, 1, 4, 32, knots=3), shuffle(4), conv(rng, 1, 2, 48), shuffle(4)
        ),
        synthesis=network(
            4, 14, conv(rng, 1, 4, 32, relu=1), shuffle(4), SAVE, conv(rng, 3, 2, 2), add(13), conv(rng, 1, 2, 48), shuffle(4)
        ),
        steps=[
            step(0, 2, EVEN, network(2, 14, conv(rng, 3, 2, 6, relu=1), SAVE, conv(rng, 1, 6, 6), add(14), conv(rng, 1, 6, 4))),
            step(0, 2, ODD, network(4, 14, conv(rng, 3, 4, 6, relu=1, knots=3), conv(rng, 1, 6, 4))),
            step(2, 4, ALL, network(4, 14, conv(rng, 1, 4, 6, relu=1), conv(rng, 1, 6, 4))),
        ],
        scale_min=4,
        tables=tables(24, 9),
    )


def single_step():
    """One coding step: files of one layer only, sequential and progressive at once. One knot."""
    model = small()
    rng = random.Random("single step")
    model.update(
        name=b"",
        z=block(rng, 2, [16 << 8]),
        y=block(rng, 4, [16 << 8]) | dict(channel_rate=1, position_rate=0),
        steps=[step(0, 4, ALL, network(2, 14, conv(rng, 3, 2, 8)))],
    )
    return model


def silent():
    """Every label is certainly zero: nothing is ever coded."""
    return small() | dict(name="silent – stumm – 無音".encode(), scale_min=32767)


def rates():
    """Corrections of the choice of tables that reach all their bounds: rates that differ between the blocks, three groups in a step,
    table 0 unlike all others, narrow tables among wide ones."""
    rng = random.Random("rates")
    narrow = [1, 65533, 1, 1]
    up = lambda: [conv(rng, 1, 8, 32), shuffle(4), conv(rng, 1, 2, 48), shuffle(4)]
    down = lambda: [unshuffle(4), conv(rng, 1, 48, 2), unshuffle(4), conv(rng, 1, 32, 8)]
    return small() | dict(
        name=b"rates",
        z=block(rng, 2, [16 << 8]) | dict(channel_rate=200, position_rate=3),
        z_log_scale=[3000, 2500],
        y=block(rng, 8, [16 << 8]) | dict(channel_rate=9, position_rate=255),
        analysis_linear=network(3, 8, *down()),
        analysis=network(3, 8, *down()),
        hyper_analysis=network(8, 14, unshuffle(4), conv(rng, 1, 128, 2)),
        synthesis_linear=network(8, 15, *up()),
        synthesis=network(8, 14, *up()),
        steps=[
            step(0, 6, EVEN, network(2, 14, conv(rng, 3, 2, 12))),
            step(0, 6, ODD, network(8, 14, conv(rng, 3, 8, 12))),
            step(6, 8, ALL, network(8, 14, conv(rng, 1, 8, 4))),
        ],
        scale_min=0,
        tables=[[1, 1, 1, 65533], *(narrow if t % 8 == 5 else table for t, table in enumerate(tables(90, 40)))],
    )


def bounded(rng, kernel, inputs, outputs, bits, shift, clamp, knots=1):
    """A Conv whose accumulator reaches 2^31 − 1 and not a bit more, on both sides (SPEC 7.4)."""
    code, fields = conv(rng, kernel, inputs, outputs, shift, 0, clamp, knots)
    size = kernel**2 * inputs
    bound, rounding = 2**bits - 1, (1 << shift) >> 1
    weight = min(32767, (2**31 - 1 - rounding) // (bound * size))
    fields["weights"] = [rng.choice((-weight, weight)) for _ in range(size * outputs)]
    most = 2**31 - 1 - rounding - bound * weight * size
    fields["bias"] = [rng.choice((-most, most)) for _ in range(knots * outputs)]
    return code, fields


def extreme():
    """Every number at an end of its range, and what rounds: odd extents, saturation everywhere, 1,025 knots."""
    rng = random.Random("extreme")
    ends = lambda low, high, count: [(low, high)[i % 2] for i in range(count)]
    y = block(rng, 6, [256] * 2)
    y["step"], y["mean_gain"] = ends(65535, 1, 12), ends(2**32 - 1, 1, 6) + ends(1, 2**32 - 1, 6)
    y["gain"], y["log_scale"] = ends(1, 2**32 - 1, 12), ends(-32768, 32768, 6) + ends(32768, -32768, 6)
    y["norm"] = ends(2**32 - 1, 1, 4) + [1 << 15, 3 << 14]
    lattice = [64 * v for _ in range(3) for i in range(-3, 4) for j in range(-3, 4) for v in (i, j)]
    y["codebook"] = [v + rng.choice((-128, 128)) for v in lattice]
    y["channel_rate"], y["position_rate"] = 255, 255
    z = block(rng, 2, [300, 301, 299, 310, 2])
    z["channel_rate"], z["position_rate"] = 0, 255
    return dict(
        name=b"extreme",
        z=z,
        z_mean=[-32768, 32767],
        z_log_scale=[32767, -32768],
        y=y,
        analysis_linear=network(3, 8, unshuffle(16), bounded(rng, 1, 768, 6, 8, 30, 15)),
        analysis=network(3, 8, unshuffle(8), conv(rng, 1, 192, 2), unshuffle(2), conv(rng, 3, 8, 6, shift=0, weight=3)),
        hyper_analysis=network(6, 15, unshuffle(2), conv(rng, 1, 24, 2), unshuffle(2), conv(rng, 1, 8, 2)),
        # Up by 8, down by 2. 1,025 knots: each quality has its own, nothing is interpolated.
        hyper_synthesis=network(
            2,
            14,
            conv(rng, 1, 2, 128, clamp=15),
            shuffle(8),
            conv(rng, 3, 2, 2, clamp=15, knots=1025, bias=2**24),
            unshuffle(2),
            conv(rng, 1, 8, 2, shift=0, weight=9, clamp=15),
        ),
        # Down by 2 first, then up by 32: an extent larger than the stride says, to be cropped.
        synthesis_linear=network(
            6,
            15,
            gain(30, [-(2**31), 2**31 - 1, 2**30, -(2**30), 2**30 + 1, 1]),
            unshuffle(2),
            bounded(rng, 1, 24, 16, 15, 15, 15),
            gain(0, [1, -1, 2**31 - 1, -(2**31)] * 4),
            shuffle(2),
            conv(rng, 3, 4, 64, clamp=15, knots=2),
            shuffle(2),
            conv(rng, 1, 16, 192, shift=14, clamp=12),
            shuffle(8),
        ),
        synthesis=network(
            6,
            14,
            conv(rng, 3, 6, 34, relu=1, clamp=1, shift=0),
            SAVE,
            bounded(rng, 3, 34, 34, 1, 1, 15, knots=5),
            add(1),
            conv(rng, 1, 34, 18, shift=4, clamp=15, weight=90),
            SAVE,
            conv(rng, 1, 18, 18, clamp=15),
            add(15),
            conv(rng, 1, 18, 768, shift=13, clamp=11),
            shuffle(16),
        ),
        steps=[
            step(0, 4, EVEN, network(2, 15, bounded(rng, 3, 2, 8, 15, 17, 15)), -32768, 65535),
            step(0, 4, ODD, network(6, 15, conv(rng, 3, 6, 18, clamp=15), gain(10, [700] * 18), conv(rng, 1, 18, 8, clamp=15))),
            step(4, 6, EVEN, network(6, 15, conv(rng, 1, 6, 4, clamp=15)), 32767, 65535),
            step(4, 6, ODD, network(8, 15, conv(rng, 3, 8, 4, clamp=15)), 0, 0),
        ],
        scale_min=-300,
        tables=[[1, 65533, 1, 1], [1, 1, 1, 65533], *tables(1022, 14)],
    )


def variant(model, change):
    """A copy with a change applied to it."""
    model = copy.deepcopy(model)
    change(model)
    return model
