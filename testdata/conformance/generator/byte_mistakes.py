"""What a decoder with a faster way for bytes may get wrong, and the check that the files of the model `bytes` would tell: each
mistake, made in each layer where it can be made, gives another picture. So the files reach what they are for."""

import dataclasses
import itertools

import numpy as np

from common import VqzError
from convolution import Conv, Depthwise
from network import AddSaved, Gain, Unshuffle
from vqz_reference import decode, pixel_hash


def inputs(network):
    """Each layer, with the least and the greatest value that it may be fed (SPEC 7.2, 7.4)."""
    high = 2**network.input_bits - 1
    low = -high
    for layer in network.layers:
        yield layer, low, high
        if isinstance(layer, (Conv, Depthwise)):
            high = 2**layer.rest.clamp_bits - 1
            low = 0 if layer.rest.relu else -high
        elif isinstance(layer, (AddSaved, Gain)):
            high = 2 ** getattr(layer, "clamp_bits", 15) - 1
            low = -high


def lacks(layer, low, high):
    """What a Conv lacks to be one of bytes."""
    weights = layer.rest.weights
    tests = {
        "kernel": layer.kernel == 1,
        "quads": layer.inputs % 4 == 0,
        "inputs": high - low <= 255,
        "weights": -128 <= weights.min() and weights.max() <= 127,
    }
    return [name for name, passed in tests.items() if not passed]


def as_specified(layer, x, quality):
    """What the layer gives, even while it is run in a wrong way."""
    return type(layer).run(layer, x, quality)


def products(layer, low, bytes_, weights):
    """The sums of a Conv of kernel 1 by bytes, which are inputs minus `low`."""
    return bytes_ @ weights.T + low * weights.sum(axis=1)


def wrapped(x):
    """As an i8."""
    return (x + 128) % 256 - 128


# Mistakes in a Conv that fits: the layer, its least and greatest input, its weights [output, input], what it is fed, the quality.


def saturated(layer, low, high, weights, x, quality):
    """Sums of two products saturate at 16 bits."""
    pairs = ((x - low)[:, :, None] * weights).reshape(*x.shape[:2], layer.outputs, -1, 2).sum(axis=4)
    sums = np.clip(pairs, -32768, 32767).sum(axis=3)
    return layer.rest.output(sums + low * weights.sum(axis=1), quality)


def signed(layer, low, high, weights, x, quality):
    """Bytes above 127 are taken for negative ones."""
    return layer.rest.output(products(layer, low, wrapped(x - low), weights), quality)


def negated(layer, low, high, weights, x, quality):
    """The sign of an input goes to the weight, where −128 has no negative."""
    signs = np.sign(x)[:, :, None]
    return layer.rest.output((np.abs(x)[:, :, None] * wrapped(weights * signs)).sum(axis=3), quality)


def uncorrected(layer, low, high, weights, x, quality):
    """What raised inputs add is taken from the first knot of the bias alone."""
    bias = layer.rest.bias.copy()
    bias[0] += low * weights.sum(axis=1)
    return dataclasses.replace(layer.rest, bias=bias).output((x - low) @ weights.T, quality)


def not_lowest(layer, low, high, weights, x, quality):
    """Not a mistake that anyone makes: the least input is reached, and counts."""
    return as_specified(layer, np.maximum(x, low + 1), quality)


def not_highest(layer, low, high, weights, x, quality):
    """The same of the greatest."""
    return as_specified(layer, np.minimum(x, high - 1), quality)


# In a Conv that lacks one thing.


def forced(layer, low, high, weights, x, quality):
    """It is run by bytes all the same."""
    n = layer.inputs // 4 * 4
    weights = wrapped(weights[:, :n])
    return layer.rest.output(products(layer, low, (x[:, :, :n] - low) % 256, weights), quality)


def forced_unsigned(layer, low, high, weights, x, quality):
    """The same, with inputs that are taken for positive ones."""
    return forced(layer, 0, high, weights, x, quality)


# In a layer that reads outside the extent.


def raised(layer, low, high, weights, x, quality):
    """Raised inputs of 0 surround the extent in place of inputs of 0."""
    if isinstance(layer, Unshuffle):
        height, width, _ = x.shape
        more = ((0, -height % layer.r), (0, -width % layer.r), (0, 0))
        return as_specified(layer, np.pad(x, more, constant_values=low), quality)
    return as_specified(layer, np.pad(x, ((1, 1), (1, 1), (0, 0)), constant_values=low), quality)[1:-1, 1:-1]


def mistakes(layer, low, high):
    """Those that can be made in a layer."""
    if low < 0 and high - low <= 255 and (isinstance(layer, (Depthwise, Unshuffle)) or getattr(layer, "kernel", 1) == 3):
        yield raised
    if not isinstance(layer, Conv) or layer.kernel != 1:
        return
    missing = lacks(layer, low, high)
    if not missing:
        yield from (saturated, signed, not_lowest, not_highest)
        if low < 0:
            yield negated
        if low < 0 and len(layer.rest.bias) > 1:
            yield uncorrected
    elif len(missing) == 1:
        yield forced
        if low < 0 and missing == ["inputs"]:
            yield forced_unsigned


def wrong(mistake, layer, low, high):
    """The layer's `run`, with a mistake."""
    weights = layer.rest.weights[:, 0, 0] if isinstance(layer, Conv) else None
    return lambda x, quality: mistake(layer, low, high, weights, x, quality)


def outcome(model, data):
    """The picture's hash, or the class of the error: where mistakes are made in coding steps, labels are others."""
    try:
        return pixel_hash(decode(model, data)[0].samples(), None)
    except VqzError as error:
        return error.kind


def check(model, files):
    """Each mistake in each layer shows in one of `files` at least, of bytes by name."""
    expected = {name: outcome(model, data) for name, data in files.items()}
    networks = [model.hyper_synthesis, model.synthesis_body, model.synthesis_lift, model.renderer, *(step.network for step in model.steps)]
    made = set()
    for layer, low, high in itertools.chain.from_iterable(map(inputs, networks)):
        for mistake in mistakes(layer, low, high):
            layer.run = wrong(mistake, layer, low, high)
            seen = any(outcome(model, data) != expected[name] for name, data in files.items())
            del layer.run
            assert seen, f"{mistake.__name__} in a {type(layer).__name__} of {low} to {high}: the same pictures"
            made.add(" ".join([mistake.__name__, *(lacks(layer, low, high) if mistake is forced else [])]))
    every = {"saturated", "signed", "negated", "uncorrected", "not_lowest", "not_highest", "raised"}
    every |= {"forced quads", "forced inputs", "forced weights", "forced_unsigned"}
    assert made == every, f"made nowhere: {every - made}"
