"""The layers that have weights: Conv and Depthwise (SPEC 6.1, 7.2, 7.4). Tensors are int64 [y, x, channel]."""

from dataclasses import dataclass

import numpy as np

from common import check, interpolate, rshift, sat


def check_knots(count, what):
    """SPEC 8.2: one knot, or a power of two from 1 to 1024 plus one."""
    n = count - 1
    check(count == 1 or (1 <= n <= 1024 and n & (n - 1) == 0), "Model", f"{what}: {count} knots")


def check_channels(count, what):
    """SPEC 7.1."""
    check(1 <= count <= 4096, "Model", f"{what}: {count} channels")


@dataclass
class Weights:
    """What both layers have after their kernel and channels, and what they do with a sum of products."""

    shift: int
    relu: int
    clamp_bits: int
    weights: np.ndarray  # of the shape that `read` is told
    bias: np.ndarray  # [knot, output]

    @staticmethod
    def read(r, what, outputs, *shape):
        shift, relu, clamp_bits = r.number("u1"), r.number("u1"), r.number("u1")
        check(shift <= 30, "Model", f"{what}: shift {shift}")
        check(relu <= 1, "Model", f"{what}: activation {relu}")
        check(1 <= clamp_bits <= 15, "Model", f"{what}: clamp_bits {clamp_bits}")
        weights, bias = r.list("i2"), r.list("i4")
        check(len(weights) == np.prod(shape), "Model", f"{what}: {len(weights)} weights")
        check(len(bias) % outputs == 0, "Model", f"{what}: {len(bias)} biases for {outputs} outputs")
        check_knots(len(bias) // outputs, what)
        return Weights(shift, relu, clamp_bits, weights.reshape(shape), bias.reshape(-1, outputs))

    def check_accumulator(self, what, bound, axes):
        """SPEC 7.4. `axes` are those of the weights that belong to one output."""
        largest = bound * np.abs(self.weights).sum(axis=axes) + np.abs(self.bias).max(axis=0)
        largest += 1 << (self.shift - 1) if self.shift else 0
        check(largest.max() < 2**31, "Model", f"{what}: the accumulator reaches {largest.max()}")

    def output(self, sums, quality):
        v = rshift(interpolate(self.bias, quality) + sums, self.shift)
        return sat(np.maximum(v, 0) if self.relu else v, self.clamp_bits)


def windows(x, kernel):
    """(ky, kx, the tensor of what each position sees there), zero outside the extent of x."""
    height, width, _ = x.shape
    reach = kernel // 2
    padded = np.pad(x, ((reach, reach), (reach, reach), (0, 0)))
    for ky in range(kernel):
        for kx in range(kernel):
            yield ky, kx, padded[ky : ky + height, kx : kx + width]


@dataclass
class Conv:
    kernel: int
    inputs: int
    outputs: int
    rest: Weights  # its weights are [output, ky, kx, input]

    @staticmethod
    def read(r):
        kernel, inputs, outputs = r.number("u1"), r.number("u2"), r.number("u2")
        check(kernel in (1, 3), "Model", f"Conv: kernel {kernel}")
        check(inputs % 2 == 0, "Model", f"Conv: {inputs} inputs")
        check_channels(inputs, "Conv")
        check_channels(outputs, "Conv")
        return Conv(kernel, inputs, outputs, Weights.read(r, "Conv", outputs, outputs, kernel, kernel, inputs))

    def shape(self, channels, bound, stride):
        check(channels == self.inputs, "Model", f"Conv: {self.inputs} inputs, the tensor has {channels} channels")
        self.rest.check_accumulator("Conv", bound, (1, 2, 3))
        return self.outputs, 2**self.rest.clamp_bits - 1, stride

    def run(self, x, quality):
        height, width, _ = x.shape
        # Sums in float64, for the speed of BLAS, are exact: every product and every partial sum, in any order and with
        # or without fused multiply-add, is an integer below 2^31 (SPEC 7.4), and float64 holds integers up to 2^53.
        weights = self.rest.weights.astype(np.float64)
        sums = np.zeros((height * width, self.outputs))
        for ky, kx, window in windows(x.astype(np.float64), self.kernel):
            sums += window.reshape(height * width, self.inputs) @ weights[:, ky, kx].T
        return self.rest.output(sums.astype(np.int64).reshape(height, width, self.outputs), quality)


@dataclass
class Depthwise:
    channels: int
    rest: Weights  # its weights are [ky, kx, channel]

    @staticmethod
    def read(r):
        channels = r.number("u2")
        check_channels(channels, "Depthwise")
        return Depthwise(channels, Weights.read(r, "Depthwise", channels, 3, 3, channels))

    def shape(self, channels, bound, stride):
        check(channels == self.channels, "Model", f"Depthwise: {self.channels} channels, the tensor has {channels}")
        self.rest.check_accumulator("Depthwise", bound, (0, 1))
        return channels, 2**self.rest.clamp_bits - 1, stride

    def run(self, x, quality):
        sums = sum(self.rest.weights[ky, kx] * window for ky, kx, window in windows(x, 3))
        return self.rest.output(sums, quality)


def sees_neighbours(layer):
    """SPEC 8.5."""
    return isinstance(layer, Depthwise) or (isinstance(layer, Conv) and layer.kernel == 3)
