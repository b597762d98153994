"""Networks: parsing, validity, evaluation (SPEC 6.1 and 7). Tensors are int64 [y, x, channel]."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from common import ceil_div, check, rshift, sat
from convolution import Conv, Depthwise, check_channels

# A layer has three methods. read: its fields after the code (SPEC 6.1). shape(channels, bound, stride): checks that it
# is valid for such an input, and gives the same three of its output (SPEC 7.2 to 7.4). run(x, quality): its output.


@dataclass
class Save:
    @staticmethod
    def read(r):
        return Save()

    def shape(self, *shape):
        return shape


@dataclass
class AddSaved:
    clamp_bits: int

    @staticmethod
    def read(r):
        clamp_bits = r.number("u1")
        check(1 <= clamp_bits <= 15, "Model", f"AddSaved: clamp_bits {clamp_bits}")
        return AddSaved(clamp_bits)

    def shape(self, channels, bound, stride):
        return channels, 2**self.clamp_bits - 1, stride


@dataclass
class Shuffle:
    r: int

    @staticmethod
    def read(r):
        return Shuffle(read_factor(r))

    def shape(self, channels, bound, stride):
        check(channels % self.r**2 == 0, "Model", f"Shuffle by {self.r} of {channels} channels")
        return channels // self.r**2, bound, stride / self.r

    def run(self, x, quality):
        height, width, channels = x.shape
        r, c = self.r, channels // self.r**2
        x = x.reshape(height, width, r, r, c)  # y, x, dy, dx, k
        return x.transpose(0, 2, 1, 3, 4).reshape(r * height, r * width, c)


@dataclass
class Unshuffle:
    r: int

    @staticmethod
    def read(r):
        return Unshuffle(read_factor(r))

    def shape(self, channels, bound, stride):
        check_channels(channels * self.r**2, "Unshuffle")
        return channels * self.r**2, bound, stride * self.r

    def run(self, x, quality):
        height, width, channels = x.shape
        r = self.r
        h, w = ceil_div(height, r), ceil_div(width, r)
        x = np.pad(x, ((0, r * h - height), (0, r * w - width), (0, 0)))
        x = x.reshape(h, r, w, r, channels)  # y, dy, x, dx, k
        return x.transpose(0, 2, 1, 3, 4).reshape(h, w, r * r * channels)


@dataclass
class Gain:
    shift: int
    multipliers: np.ndarray  # [channel]

    @staticmethod
    def read(r):
        shift = r.number("u1")
        check(shift <= 30, "Model", f"Gain: shift {shift}")
        return Gain(shift, r.list("i4"))

    def shape(self, channels, bound, stride):
        check(len(self.multipliers) == channels, "Model", f"Gain: {len(self.multipliers)} multipliers, {channels} channels")
        return channels, 32767, stride

    def run(self, x, quality):
        return sat(rshift(x * self.multipliers, self.shift), 15)


def read_factor(r):
    """SPEC 7.2."""
    factor = r.number("u1")
    check(2 <= factor <= 16, "Model", f"Shuffle or Unshuffle by {factor}")
    return factor


LAYERS = (Conv, Save, AddSaved, Shuffle, Unshuffle, Gain, Depthwise)  # by code (SPEC 6.1)


class Network:
    """Valid by itself (SPEC 7.4) once made. `outputs` channels within ±`bound`, at `stride` times that of the input."""

    def __init__(self, r):
        """Reads and checks one (SPEC 6.1, 7.1 to 7.4)."""
        self.inputs, self.input_bits = r.number("u2"), r.number("u1")
        check_channels(self.inputs, "network")
        check(1 <= self.input_bits <= 15, "Model", f"network: input_bits {self.input_bits}")
        self.layers = []
        for _ in range(r.number("u4")):
            code = r.number("u1")
            check(code < len(LAYERS), "Model", f"layer code {code}")
            self.layers.append(LAYERS[code].read(r))

        saved = None
        shape = self.inputs, 2**self.input_bits - 1, Fraction(1)
        for layer in self.layers:
            if isinstance(layer, Save):
                check(saved is None, "Model", "Save after Save")
                saved = shape[0]
            elif isinstance(layer, AddSaved):
                check(saved == shape[0], "Model", f"AddSaved: {shape[0]} channels, remembered {saved}")
                saved = None
            elif isinstance(layer, (Shuffle, Unshuffle)):
                check(saved is None, "Model", "Shuffle or Unshuffle between Save and AddSaved")
            shape = layer.shape(*shape)
            check(max(shape[2].numerator, shape[2].denominator) <= 64, "Model", f"network: stride {shape[2]}")
        check(saved is None, "Model", "Save without AddSaved")
        self.outputs, self.bound, self.stride = shape

    def run(self, x, quality):
        """SPEC 7.2, on the tensor's whole extent."""
        saved = None
        for layer in self.layers:
            if isinstance(layer, Save):
                saved = x
            elif isinstance(layer, AddSaved):
                x = sat(x + saved, layer.clamp_bits)
            else:
                x = layer.run(x, quality)
        return x
