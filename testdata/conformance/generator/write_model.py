"""Writing models (SPEC 6.1) and encoder files (SPEC 6.3), and what they are made of. Models are dictionaries, with the networks of
their encoders among the others, so that invalid ones can be written."""

import copy
import hashlib
import random
import struct
import zlib

import numpy as np

SIGNATURE, ENCODER_SIGNATURE = bytes.fromhex("8956515A4D0D0A1A"), bytes.fromhex("8956515A450D0A1A")
VERSION = 7
HEAD = 16  # bytes before the name
NETWORKS = ("hyper_synthesis", "synthesis_linear", "synthesis_body", "synthesis_lift", "renderer")
ENCODER_NETWORKS = ("analysis_linear", "analysis", "hyper_analysis")
ALL, EVEN, ODD = 0, 1, 2
# Of the layers with weights, by code: what precedes the weights.
FIELDS = {
    0: ("<BBHHBBB", ("kernel", "inputs", "outputs", "shift", "relu", "clamp")),
    6: ("<BHBBB", ("channels", "shift", "relu", "clamp")),
}


def items(kind, values):
    """A list (SPEC 6.1)."""
    array = np.asarray(values, "<" + kind)
    return struct.pack("<I", array.size) + array.tobytes()


def write_block(block):
    data = struct.pack("<H", block["channels"])
    kinds = dict(step="u2", gain="u4", mean_gain="u4", log_scale="i4", norm="u4")
    data += b"".join(items(kind, block[name]) for name, kind in kinds.items())
    return data + bytes([block["channel_rate"], block["position_rate"]])


def write_layer(layer):
    code, *fields = layer
    if code not in FIELDS:
        return bytes([code]) + b"".join(bytes([f]) if isinstance(f, int) else items("i4", f) for f in fields)
    kinds, keys = FIELDS[code]
    head = struct.pack(kinds, code, *(fields[0][key] for key in keys))
    return head + items("i2", fields[0]["weights"]) + items("i4", fields[0]["bias"])


def write_table(codewords, frequencies):
    return struct.pack(f"<{len(codewords)}h", *codewords) + items("u2", frequencies)


def write_network(network):
    layers = network["layers"]
    return struct.pack("<HBI", network["inputs"], network["bits"], len(layers)) + b"".join(map(write_layer, layers))


def write_step(step):
    data = struct.pack("<HHB", step["a"], step["b"], step["parity"]) + write_network(step["network"])
    data += struct.pack("<hH", step["activity"], step["adaptation"]) + struct.pack("<I", len(step["feedback"]))
    data += b"".join(struct.pack("<4BH", *neighbours, weight) for neighbours, weight in step["feedback"])
    return data + items("i2", step["across"])


def write_name(name):
    return items("u1", np.frombuffer(name, np.uint8))


def fields(model):
    """What stands between the length and the CRC of a model file."""
    data = write_name(model["name"])
    data += write_block(model["z"]) + items("i2", model["z_mean"]) + items("i2", model["z_log_scale"]) + write_block(model["y"])
    data += b"".join(write_network(model[name]) for name in NETWORKS)
    data += struct.pack("<I", len(model["steps"]))
    data += b"".join(map(write_step, model["steps"]))
    data += struct.pack("<hBI", model["scale_min"], model["spacing"], len(model["tables"]))
    return data + b"".join(write_table(*table) for table in model["tables"])


def with_crc(data):
    return data + struct.pack("<I", zlib.crc32(data))


def model_file(fields, version=VERSION, length=None):
    """A model file of such fields; the length is right if none is given."""
    length = HEAD + len(fields) + 4 if length is None else length
    return with_crc(SIGNATURE + struct.pack("<II", version, length) + fields)


def write(model):
    return model_file(fields(model), model.get("version", VERSION))


def digest(data):
    """The digest of a model file, whatever follows it (SPEC 6.2). If its length is wrong, that of all there is."""
    length = int.from_bytes(data[12:16], "little")
    return hashlib.sha256(data[:length] if HEAD + 4 <= length <= len(data) else data).digest()


def write_encoder(model):
    """The encoder file for a model as `write` writes it (SPEC 6.3)."""
    data = ENCODER_SIGNATURE + struct.pack("<I", 1) + write_name(model["name"]) + digest(write(model))
    return with_crc(data + b"".join(write_network(model[name]) for name in ENCODER_NETWORKS))


def write_with_encoder(model):
    """A model file and the encoder file for it behind it."""
    return write(model) + write_encoder(model)


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


def depthwise(rng, channels, shift=9, relu=0, clamp=14, knots=1, weight=500, bias=20000):
    """A Depthwise, as `conv`."""
    weights = [rng.randint(-weight, weight) for _ in range(9 * channels)]
    biases = [rng.randint(-bias, bias) for _ in range(knots * channels)]
    return 6, dict(channels=channels, shift=shift, relu=relu, clamp=clamp, weights=weights, bias=biases)


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


def block(rng, channels, steps):
    """A latent block with a knot for each of `steps` (Q8)."""
    return uneven_block([[step] * channels for step in steps])


def uneven_block(steps):
    """The same of steps by knot and channel."""
    channels = len(steps[0])
    table = [(step, 2**26 // step, 2**31 // step, 3072 - 128 * (step.bit_length() - 8)) for row in steps for step in row]
    return dict(
        channels=channels,
        step=[row[0] for row in table],
        gain=[row[1] for row in table],
        mean_gain=[row[2] for row in table],
        log_scale=[row[3] for row in table],
        norm=[1 << 15] * channels,
        channel_rate=8,
        position_rate=24,
    )


def tables(count, largest, escape=100):
    """The frequencies of `count` tables, from narrow to wide, with bounds up to `largest`. Symmetric, falling by the square."""
    result = []
    for t in range(count):
        m = max(1, round(largest * (t / (count - 1)) ** 2))
        shape = [1 / (1 + (4 * label / m) ** 2) for label in range(-m, m + 1)]
        spare = 65536 - escape - (2 * m + 1)
        frequencies = [1 + int(spare * s / sum(shape)) for s in shape]
        frequencies[m] += 65536 - escape - sum(frequencies)
        result.append([*frequencies, escape])
    return result


def codebooks(spacing, first, second, off):
    """The tables of both codebooks, from their frequencies by scale (SPEC 9.1). Codewords differ by `off()` from multiples of `spacing`."""
    result = []
    for s, codebook in enumerate((first, second)):
        result += [([(2 * m - s) * spacing + off() for m in (1, 2, 3)], frequencies) for frequencies in codebook]
    return dict(spacing=spacing, tables=result)


def step(a, b, parity, net, activity=-500, adaptation=12000, feedback=(), across=()):
    """A coding step. `feedback`: the neighbours' weights and the weight of each channel (SPEC 8.7). `across`: SPEC 8.8."""
    return dict(
        a=a, b=b, parity=parity, network=net, activity=activity, adaptation=adaptation, feedback=list(feedback), across=list(across)
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


def bounded_depthwise(rng, channels, bits, shift, clamp, knots=1):
    """The same for a Depthwise. The weights of a channel have one sign, and so have its biases: where all that it sees is at
    an end of its range, and of the right sign, the bound is met."""
    code, fields = depthwise(rng, channels, shift, 0, clamp, knots)
    bound, rounding = 2**bits - 1, (1 << shift) >> 1
    weight = min(32767, (2**31 - 1 - rounding) // (bound * 9))
    most = 2**31 - 1 - rounding - bound * weight * 9
    fields["weights"] = [rng.choice((-weight, weight)) for _ in range(channels)] * 9
    fields["bias"] = [rng.choice((-most, most)) for _ in range(channels)] * knots
    return code, fields


def pinned(layer):
    """A Conv of one knot, of which every other output is at an end of its range at every position, whatever it is fed."""
    code, fields = layer
    size = fields["kernel"] ** 2 * fields["inputs"]
    weights, bias = list(fields["weights"]), list(fields["bias"])
    for o in range(1, fields["outputs"], 2):
        weights[o * size : (o + 1) * size] = [0] * size
        bias[o] = (2**31 - 1 - ((1 << fields["shift"]) >> 1)) * (-1) ** (o // 2)
    return code, fields | dict(weights=weights, bias=bias)


def variant(model, change):
    """A copy with a change applied to it."""
    model = copy.deepcopy(model)
    change(model)
    return model
