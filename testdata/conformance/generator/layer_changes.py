"""As model_changes.py: layers (SPEC 7.2)."""

import write_model as m
from change_model import in_layer, in_layers, of
from suite_models import padded


def layers():
    """SPEC 7.2 and the lists of 6.1. Layer 3 of `synthesis_body` is a Conv of kernel 3 between Save and AddSaved."""
    net = "synthesis_body"
    for value in (0, 2, 5):
        yield f"conv-kernel-{value}", f"a kernel of {value}", "7.2", in_layer(net, 3, kernel=value)
    yield "conv-shift", "a Conv with a shift of 31", "7.2", in_layer(net, 3, shift=31)
    for value in (0, 16):
        yield f"conv-clamp-{value}", f"a Conv with clamp_bits {value}", "7.2", in_layer(net, 3, clamp=value)
        replaced = in_layers(net, lambda old, value=value: [*old[:4], m.add(value), *old[5:]])
        yield f"add-clamp-{value}", f"an AddSaved with clamp_bits {value}", "7.2", replaced
    yield "conv-activation", "activation 2", "6.1", in_layer(net, 3, relu=2)
    yield "conv-weights-short", "a weight too few", "6.1", in_layer(net, 3, weights=lambda old: old["weights"][:-1])
    yield "conv-weights-long", "a weight too many", "6.1", in_layer(net, 3, weights=lambda old: old["weights"] + [0])
    yield "conv-bias-short", "a bias too few", "6.1", in_layer(net, 3, bias=lambda old: old["bias"][:-1])
    yield "conv-bias-knots", "4 knots of bias", "8.2", in_layer(net, 3, bias=lambda old: old["bias"] * 4)
    yield "conv-bias-empty", "no bias", "8.2", in_layer(net, 3, bias=[])
    yield "conv-outputs-0", "a Conv without outputs", "7.1", in_layer(net, 5, outputs=0, weights=[], bias=[])

    def odd(old):
        to_3 = of(old[5], outputs=3, weights=[0] * 6, bias=[0] * 3)
        return [*old[:5], to_3, of(old[5], inputs=3, weights=[0] * 18), old[6]]

    yield "conv-inputs-odd", "a Conv with 3 inputs", "7.2", in_layers(net, odd)
    for value in (0, 1, 17):
        between = in_layers(net, lambda old, value=value: [*old[:2], m.shuffle(value), *old[2:]])
        yield f"shuffle-{value}", f"Shuffle by {value}", "7.2", between
        first = in_layers("synthesis_lift", lambda old, value=value: [m.unshuffle(value), *old])
        yield f"unshuffle-{value}", f"Unshuffle by {value}", "7.2", first
    five = in_layers(net, lambda old: [old[0], m.shuffle(5), *old[2:]])
    yield "shuffle-channels", "Shuffle by 5 of 32 channels", "7.4", five
    many = in_layers("synthesis_lift", lambda old: [m.unshuffle(16), m.shuffle(16), *old])
    yield "unshuffle-channels", "Unshuffle to more than 4,096 channels", "7.1", many
    shift = in_layers("synthesis_linear", lambda old: [m.gain(31, old[0][2]), *old[1:]])
    yield "gain-shift", "a Gain with a shift of 31", "7.2", shift
    short = in_layers("synthesis_linear", lambda old: [m.gain(12, old[0][2][:-1]), *old[1:]])
    yield "gain-short", "a multiplier too few", "7.2", short
    yield "layer-code", "layer code 7", "6.1", in_layers(net, lambda old: [(7,), *old])
    for name, what, change in (
        ("save-twice", "Save after Save", lambda old: [*old[:3], m.SAVE, *old[3:]]),
        ("save-alone", "a Save without AddSaved", lambda old: [*old, m.SAVE]),
        ("add-alone", "an AddSaved without Save", lambda old: [m.add(), *old]),
        ("add-channels", "AddSaved of other numbers of channels", lambda old: [*old[:4], old[5], old[4], *old[6:]]),
        ("add-shuffled", "a Shuffle between Save and AddSaved", lambda old: [old[0], m.SAVE, old[1], m.add(), *old[5:]]),
        (
            "add-shuffled-back",
            "a Shuffle and its inverse between them",
            lambda old: [*old[:3], m.unshuffle(2), m.shuffle(2), *old[3:]],
        ),
    ):
        yield name, what, "7.2", in_layers(net, change)
    yield "layers-many", "4,097 layers in all, none of them wrong", "6.2", lambda model: padded(model, 4097)


def depthwise():
    """The same for layer 1 of `renderer`, a Depthwise of 6 channels, one knot, shift 9, fed by a Conv of clamp_bits 14."""
    net, at = "renderer", 1
    yield "depthwise-shift", "a Depthwise with a shift of 31", "7.2", in_layer(net, at, shift=31)
    yield "depthwise-activation", "activation 2 of a Depthwise", "6.1", in_layer(net, at, relu=2)
    for value in (0, 16):
        yield f"depthwise-clamp-{value}", f"a Depthwise with clamp_bits {value}", "7.2", in_layer(net, at, clamp=value)
    for name, what, change in (
        ("weights-short", "a Depthwise with a weight too few", dict(weights=lambda old: old["weights"][:-1])),
        ("weights-long", "a Depthwise with a weight too many", dict(weights=lambda old: old["weights"] + [0])),
        ("weights-1", "a Depthwise with the weights of a kernel of side 1", dict(weights=lambda old: old["weights"][:6])),
        ("weights-conv", "a Depthwise with weights from every channel to every other", dict(weights=[1] * 324)),
        ("bias-short", "a Depthwise with a bias too few", dict(bias=lambda old: old["bias"][:-1])),
        ("bias-long", "a Depthwise with a bias too many", dict(bias=lambda old: old["bias"] + [0])),
    ):
        yield f"depthwise-{name}", what, "6.1", in_layer(net, at, **change)
    for knots in (0, 4, 6, 2049):
        change = in_layer(net, at, bias=lambda old, knots=knots: old["bias"] * knots)
        yield f"depthwise-knots-{knots}", f"{knots} knots of a Depthwise", "8.2", change
    for channels in (0, 1, 5, 7, 12):
        change = in_layer(net, at, channels=channels, weights=[0] * 9 * channels, bias=[0] * channels)
        yield f"depthwise-channels-{channels}", f"a Depthwise of {channels} channels of a tensor of 6", "7.4", change

    def over(old, bits=14):
        """Biases with which the last accumulator reaches 2^31, rounding included: inputs within 2^`bits` − 1."""
        rounding = (1 << old["shift"]) >> 1
        return [*old["bias"][:-1], 2**31 - rounding - (2**bits - 1) * sum(map(abs, old["weights"][5::6]))]

    for name, what, change in (
        ("bound", "an accumulator of a Depthwise that may reach 2^31", dict(bias=over)),
        ("bound-minus", "the same with a negative bias", dict(bias=lambda old: [*old["bias"][:-1], -over(old)[-1]])),
        ("bound-knot", "the same at the last knot of three", dict(bias=lambda old: [*old["bias"] * 2, *over(old)])),
        ("bound-rounding", "the same with a shift of 30", dict(shift=30, bias=lambda old: over(old | dict(shift=30)))),
        ("bound-no-shift", "the same without a shift", dict(shift=0, bias=lambda old: over(old | dict(shift=0)))),
        ("bound-weights", "weights of a Depthwise that alone may reach 2^31", dict(weights=[0, 0, 0, 0, -14565, 0] * 9)),
    ):
        yield f"depthwise-{name}", what, "7.4", in_layer(net, at, **change)

    def wider(old):
        """The second of two Depthwise would do for inputs of the first, but not for its outputs."""
        return [old[0], of(old[1], clamp=15), of(old[3], bias=over(old[3][1], 15)), old[-1]]

    what = "an accumulator that may reach 2^31 for what a Depthwise gives, but not for what it is fed"
    yield "depthwise-bound-after", what, "7.4", in_layers(net, wider)
