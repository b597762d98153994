"""Model files: parsing and validity (SPEC 6, 8.1, 8.5, 8.7, 8.8, 9.1)."""

import hashlib
import itertools
import zlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from common import VqzError, check
from convolution import Conv, Depthwise, check_knots, sees_neighbours
from network import AddSaved, Network, Save, Shuffle, Unshuffle

SIGNATURE = bytes.fromhex("8956515A4D0D0A1A")
ALL, EVEN, ODD = 0, 1, 2  # parities


class Reader:
    """Numbers and lists from bytes (SPEC 6.1). Types are numpy's: u1, u2, u4, i2, i4; results are (arrays of) int64."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def array(self, kind, count):
        size = count * int(kind[1])
        check(size <= len(self.data) - self.at, "Model", f"{size} bytes called for at {self.at}, the file ends before")
        items = np.frombuffer(self.data, "<" + kind, count, self.at)
        self.at += size
        return items.astype(np.int64)

    def number(self, kind):
        return int(self.array(kind, 1)[0])

    def list(self, kind):
        return self.array(kind, self.number("u4"))


@dataclass
class Block:
    """A latent block (SPEC 8.1)."""

    channels: int
    step: np.ndarray  # [knot, channel]
    mean_gain: np.ndarray  # [knot, channel]
    log_scale: np.ndarray  # [knot, channel]
    norm: np.ndarray  # [channel]
    channel_rate: int
    position_rate: int


def read_block(r, name):
    """SPEC 6.1 and 8.1."""
    c = r.number("u2")
    check(2 <= c <= 4096 and c % 2 == 0, "Model", f"{name}: {c} channels")
    step, gain, mean_gain, log_scale, norm = (r.list(kind) for kind in ("u2", "u4", "u4", "i4", "u4"))
    rates = r.number("u1"), r.number("u1")
    check_knots(len(step) // c, name)
    for table in (step, gain, mean_gain, log_scale):
        check(len(table) == len(step) // c * c, "Model", f"{name}: table of {len(table)} items")
    check(len(norm) == c, "Model", f"{name}: norm of {len(norm)} items")
    for table in (step, gain, mean_gain, norm):
        check(table.min() >= 1, "Model", f"{name}: a step, gain, mean_gain or norm is 0")
    check(np.abs(log_scale).max() <= 32768, "Model", f"{name}: log_scale beyond 32768")
    return Block(c, step.reshape(-1, c), mean_gain.reshape(-1, c), log_scale.reshape(-1, c), norm, *rates)


@dataclass
class Step:
    """A coding step (SPEC 8.5): channels a to b − 1."""

    a: int
    b: int
    parity: int
    network: Network = None  # the hyper-latents, one coding step (SPEC 8.4), have none
    activity: int = 0
    adaptation: int = 0
    feedback: list = ()  # (neighbours, weight) of each channel, or nothing (SPEC 8.7)
    across: list = ()  # weights in the order of the file, or nothing (SPEC 8.8)


def read_feedback(r):
    """A list of channels' feedback (SPEC 6.1): (neighbours, weight) each."""
    return [(r.array("u1", 4).tolist(), r.number("u2")) for _ in range(r.number("u4"))]


def read_step(r):
    """SPEC 6.1; what it must be by itself and among the others is checked in Model.check_steps."""
    a, b, parity = r.number("u2"), r.number("u2"), r.number("u1")
    check(parity <= ODD, "Model", f"coding step: parity {parity}")
    return Step(a, b, parity, Network(r), r.number("i2"), r.number("u2"), read_feedback(r), r.list("i2").tolist())


def check_prediction(step, what):
    """What SPEC 8.7 and 8.8 ask of a coding step's linear prediction."""
    n = step.b - step.a
    check(len(step.feedback) in (0, n), "Model", f"{what}: feedback of {len(step.feedback)} items")
    check(all(weight <= 256 for _, weight in step.feedback), "Model", f"{what}: a weight of feedback above 256")
    if step.across:
        check(n <= 256, "Model", f"{what}: across a range of {n} channels")
        check(len(step.across) == n * (n - 1) // 2, "Model", f"{what}: across of {len(step.across)} items")
        check(max(map(abs, step.across)) <= 16384, "Model", f"{what}: a weight across channels beyond 16384")


def check_layers(layers, what):
    """What SPEC 8.5 asks of the layers of a coding step's network."""
    check(layers and isinstance(layers[0], (Conv, Depthwise)), "Model", f"{what}: the first layer is no Conv or Depthwise")
    check(sum(map(sees_neighbours, layers)) <= 1, "Model", f"{what}: several layers see neighbours")
    saved = False
    for layer in layers:
        check(not isinstance(layer, (Shuffle, Unshuffle)), "Model", f"{what}: has a Shuffle or Unshuffle")
        saved = isinstance(layer, Save) or (saved and not isinstance(layer, AddSaved))
        between = saved and sees_neighbours(layer)
        check(not between, "Model", f"{what}: a layer between Save and AddSaved sees neighbours")


def read_table(r):
    """Three codewords, and cumulative frequencies of 2M + 2 entries, 0 first and 2^16 last (SPEC 6.1, 9.1)."""
    codewords = r.array("i2", 3).tolist()
    frequencies = r.list("u2").tolist()
    check(len(frequencies) >= 4 and len(frequencies) % 2 == 0, "Model", f"table of {len(frequencies)} frequencies")
    check(min(frequencies) >= 1, "Model", "table with a frequency of 0")
    check(sum(frequencies) == 2**16, "Model", f"table of sum {sum(frequencies)}")
    return codewords, list(itertools.accumulate(frequencies, initial=0))


def open_file(data, signature, known_version, least, what):
    """A reader of the fields behind the version; signature, least size and version are checked (SPEC 6.1, 6.3)."""
    check(data[:8] == signature, "Model", f"the {what} begins with {data[:8].hex(' ')}")
    check(len(data) >= least, "Model", f"the {what} ends before its CRC")
    r = Reader(data)
    r.at = 8
    version = r.number("u4")
    check(version == known_version, "Unsupported", f"{what} of version {version}")
    return r


def take_crc(r, what):
    """Checks the last four of a reader's bytes, and takes them away (SPEC 6.1, 6.3)."""
    fields, crc = r.data[:-4], int.from_bytes(r.data[-4:], "little")
    check(crc == zlib.crc32(fields), "Crc", f"{what}: CRC-32 is {zlib.crc32(fields):08x}, expected {crc:08x}")
    r.data = fields


def read_name(r):
    try:
        return r.list("u1").astype(np.uint8).tobytes().decode()
    except UnicodeDecodeError as error:
        raise VqzError("Model", "the name is not UTF-8") from error


def check_network(network, name, inputs, outputs, stride, bits):
    """Channels, stride and input bits of a network (SPEC 6.2, 6.4); outputs may be None."""
    check(network.inputs == inputs, "Model", f"{name}: {network.inputs} inputs, expected {inputs}")
    check(outputs in (None, network.outputs), "Model", f"{name}: {network.outputs} outputs, expected {outputs}")
    check(network.stride == stride, "Model", f"{name}: stride {network.stride}, expected {stride}")
    check(network.input_bits in bits, "Model", f"{name}: input_bits {network.input_bits}")


class Model:
    def __init__(self, data):
        """Parses and checks a model file (SPEC 6.1, 6.2). What follows it, as an encoder file may, is ignored."""
        r = open_file(data, SIGNATURE, 7, 20, "model file")
        length = r.number("u4")
        check(20 <= length <= len(data), "Model", f"a model file of {length} bytes, there are {len(data)}")
        r.data = data[:length]
        self.whole_digest = hashlib.sha256(r.data).digest()
        self.digest = self.whole_digest[:8]
        take_crc(r, "model file")
        self.name = read_name(r)
        self.z = read_block(r, "z")
        self.z_mean, self.z_log_scale = r.list("i2"), r.list("i2")
        self.y = read_block(r, "y")
        self.hyper_synthesis, self.synthesis_linear = Network(r), Network(r)
        self.synthesis_body, self.synthesis_lift, self.renderer = Network(r), Network(r), Network(r)
        self.steps = [read_step(r) for _ in range(r.number("u4"))]
        (self.scale_min,) = r.array("i2", 1).tolist()
        self.spacing = r.number("u1")
        tables = [read_table(r) for _ in range(r.number("u4"))]
        check(r.at == len(r.data), "Model", f"{len(r.data) - r.at} bytes between the tables and the CRC")
        networks = [self.hyper_synthesis, self.synthesis_linear, self.synthesis_body, self.synthesis_lift, self.renderer]
        networks += [step.network for step in self.steps]
        layers = sum(len(network.layers) for network in networks)
        check(layers <= 4096, "Model", f"{layers} layers in all")
        check(len(tables) % 2 == 0, "Model", f"{len(tables)} tables")
        self.scales = len(tables) // 2
        codebooks = tables[: self.scales], tables[self.scales :]
        # Both are by codebook and scale (SPEC 9.1).
        self.codewords = [[codewords for codewords, _ in codebook] for codebook in codebooks]
        self.tables = [[frequencies for _, frequencies in codebook] for codebook in codebooks]
        self.check_contents()

    def check_contents(self):
        """SPEC 6.2."""
        check(len(self.z_mean) == self.z.channels, "Model", f"z_mean of {len(self.z_mean)} items")
        check(len(self.z_log_scale) == self.z.channels, "Model", f"z_log_scale of {len(self.z_log_scale)} items")
        z, y, rendered = self.z.channels, self.y.channels, self.renderer.inputs
        for name, inputs, outputs, stride, bits in (
            ("hyper_synthesis", z, None, Fraction(1, 4), range(14, 16)),
            ("synthesis_linear", y, 48, Fraction(1, 4), range(15, 16)),
            ("synthesis_body", y, rendered, Fraction(1, 4), range(14, 16)),
            ("synthesis_lift", 48, rendered, Fraction(1), range(15, 16)),
            ("renderer", rendered, 48, Fraction(1), range(1, 16)),
        ):
            check_network(getattr(self, name), name, inputs, outputs, stride, bits)
        check(self.hyper_synthesis.outputs % 2 == 0, "Model", f"hyper_synthesis: {self.hyper_synthesis.outputs} outputs")
        check(2 <= self.scales <= 1024, "Model", f"{self.scales} scales")
        self.check_codewords()
        self.check_steps()

    def check_codewords(self):
        """SPEC 9.1."""
        check(self.spacing >= 1, "Model", "spacing 0")
        for s, t, m in itertools.product((0, 1), range(self.scales), (1, 2, 3)):
            off = self.codewords[s][t][m - 1] - (2 * m - s) * self.spacing
            check(abs(off) <= 128, "Model", f"codebook {s}, scale {t}: the codeword of label {m} is off by {off}")

    def check_steps(self):
        """SPEC 8.5, 8.7, 8.8."""
        psi = self.hyper_synthesis
        covered, even = 0, None  # channels covered; the step "even" that waits for its "odd"
        for step in self.steps:
            what = f"coding step of channels {step.a} to {step.b}"
            check(step.a < step.b and step.a % 2 == step.b % 2 == 0, "Model", f"{what}: not a range of pairs")
            check((even is not None) == (step.parity == ODD), "Model", f"{what}: parity {step.parity} out of turn")
            if step.parity == ODD:
                check((step.a, step.b) == (even.a, even.b), "Model", f"{what}: not the range of the step even before it")
            else:
                check(step.a == covered, "Model", f"{what}: {covered} channels are covered before it")
            even = step if step.parity == EVEN else None
            covered = step.b
            network = step.network
            inputs = psi.outputs + (step.b if step.parity == ODD else step.a)
            check(network.inputs == inputs, "Model", f"{what}: {network.inputs} inputs, expected {inputs}")
            check(network.outputs == 2 * (step.b - step.a), "Model", f"{what}: {network.outputs} outputs")
            enough = network.input_bits >= 14 and 2**network.input_bits - 1 >= psi.bound
            check(enough, "Model", f"{what}: input_bits {network.input_bits}")
            check_layers(network.layers, what)
            check_prediction(step, what)
        check(self.steps and covered == self.y.channels and even is None, "Model", "the coding steps do not cover y")
