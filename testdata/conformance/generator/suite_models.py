"""The models of the suite, with the networks of their encoders."""

import random

from write_model import ALL, EVEN, NETWORKS, ODD, SAVE, add, block, bounded, bounded_depthwise, codebooks, conv, depthwise, gain, network
from write_model import pinned, shuffle, step, tables, unshuffle


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
        analysis=network(
            3, 8, unshuffle(4), conv(rng, 1, 48, 2, knots=3), unshuffle(4), conv(rng, 1, 32, 4), depthwise(rng, 4)
        ),
        hyper_analysis=network(4, 14, depthwise(rng, 4), unshuffle(4), conv(rng, 1, 64, 2)),
        hyper_synthesis=network(
            2,
            14,
            conv(rng, 1, 2, 32, relu=1, knots=3),
            shuffle(4),
            SAVE,
            conv(rng, 3, 2, 2),
            depthwise(rng, 2, knots=3),
            add(14),
        ),
        synthesis_linear=network(
            4, 15, gain(12, [4000, -4000, 5000, 3000]), conv(rng, 1, 4, 32, knots=3), shuffle(4), conv(rng, 1, 2, 48, shift=13)
        ),
        synthesis_body=network(
            4,
            14,
            conv(rng, 1, 4, 32, relu=1),
            shuffle(4),
            SAVE,
            conv(rng, 3, 2, 2),
            add(13),
            conv(rng, 1, 2, 6),
            depthwise(rng, 6, knots=3),
        ),
        synthesis_lift=network(48, 15, conv(rng, 1, 48, 6, knots=3)),
        renderer=network(
            6, 14, conv(rng, 1, 6, 6), depthwise(rng, 6, relu=1), SAVE, depthwise(rng, 6), add(13), conv(rng, 1, 6, 48, shift=12)
        ),
        steps=[
            step(
                0,
                2,
                EVEN,
                network(
                    2,
                    14,
                    conv(rng, 1, 2, 6, relu=1),
                    depthwise(rng, 6, knots=3),
                    SAVE,
                    conv(rng, 1, 6, 6),
                    add(14),
                    conv(rng, 1, 6, 4),
                ),
                feedback=[((30, 20, 36, 13), 128), ((0, 255, 1, 0), 250)],
                across=[-1500],
            ),
            step(
                0,
                2,
                ODD,
                network(4, 14, conv(rng, 3, 4, 6, relu=1, knots=3), conv(rng, 1, 6, 4)),
                feedback=[((1, 0, 0, 2), 0), ((7, 7, 7, 7), 200)],
            ),
            step(
                2,
                4,
                ALL,
                network(4, 14, depthwise(rng, 4, knots=3), conv(rng, 1, 4, 6, relu=1), conv(rng, 1, 6, 4)),
                feedback=[((40, 0, 40, 9), 256), ((0, 0, 0, 0), 77)],
                across=[2300],
            ),
        ],
        scale_min=4,
        **codebooks(32, tables(24, 9), tables(24, 11, 300), lambda: rng.randint(-20, 20)),
    )


def layers():
    """As many layers as a model may have: those of its encoder do not count."""
    return padded(small() | dict(name=b"layers"), 4096)


def padded(model, count):
    """The model with so many layers in all, of which those that come to it in front of `hyper_synthesis` change nothing: x + 0 · x."""
    networks = [model[name] for name in NETWORKS] + [step["network"] for step in model["steps"]]
    missing = count - sum(len(network["layers"]) for network in networks)
    zero = gain(0, [0, 0])
    first = [SAVE, *[zero] * (1 + missing % 3), add(14)]
    hyper = model["hyper_synthesis"]
    hyper["layers"] = first + [SAVE, zero, add(14)] * (missing // 3 - 1) + hyper["layers"]
    return model


def single_step():
    """One coding step: files of one layer only, sequential and progressive at once. One knot. Two networks without layers: as many
    features as a patch has samples. Weights across channels, but no feedback."""
    model = small()
    rng = random.Random("single step")
    model.update(
        name=b"",
        z=block(rng, 2, [16 << 8]),
        y=block(rng, 4, [16 << 8]) | dict(channel_rate=1, position_rate=0),
        synthesis_body=network(4, 14, conv(rng, 1, 4, 32), shuffle(4), conv(rng, 1, 2, 48, shift=12)),
        synthesis_lift=network(48, 15),
        renderer=network(48, 11),
        steps=[step(0, 4, ALL, network(2, 14, conv(rng, 3, 2, 8)), across=[900, -2000, 0, 16384, -24, 3])],
    )
    return model


def silent():
    """Every label is certainly zero: nothing is ever coded. One bit for what the renderer is fed."""
    model = small()
    model["renderer"]["bits"] = 1
    return model | dict(name="silent – stumm – 無音".encode(), scale_min=32767)


def unadapted():
    """The flag for uniform steps has no effect: nothing is adapted anyway. No feedback, and no weights across channels."""
    model = small()
    for each in model["steps"]:
        each.update(adaptation=0, feedback=[], across=[])
    return model | dict(name=b"unadapted")


def few():
    """As few scales as there may be, so that nothing is to be corrected, the least bounds, and the least spacing."""
    rng = random.Random("few")
    frequencies = lambda zero: [[1, 1, 1, 65533], [(60000 - zero) // 2, zero, (60000 - zero) // 2, 5536]]
    return small() | dict(name=b"few", scale_min=20, **codebooks(1, frequencies(30000), frequencies(40000), lambda: rng.randint(-9, 9)))


def rates():
    """Corrections of the choice of tables that reach all their bounds: rates that differ between the blocks, three pairs in a
    step, tables of scale 0 unlike all others, narrow tables among wide ones, at other scales of the other codebook. Codewords of either sign, in no
    order. Layers that see neighbours behind an AddSaved, and last. Feedback in the last step alone."""
    rng = random.Random("rates")
    narrow = [1, 65533, 1, 1]
    uneven = lambda at, wide: [[1, 1, 1, 65533], *(narrow if t % 8 == at else table for t, table in enumerate(wide))]
    up = lambda outputs: [conv(rng, 1, 8, 32), shuffle(4), conv(rng, 1, 2, outputs, shift=13)]
    down = lambda: [unshuffle(4), conv(rng, 1, 48, 2), unshuffle(4), conv(rng, 1, 32, 8)]
    return small() | dict(
        name=b"rates",
        z=block(rng, 2, [16 << 8]) | dict(channel_rate=200, position_rate=3),
        z_log_scale=[3000, 2500],
        y=block(rng, 8, [16 << 8]) | dict(channel_rate=9, position_rate=255),
        analysis_linear=network(3, 8, *down()),
        analysis=network(3, 8, *down()),
        hyper_analysis=network(8, 14, unshuffle(4), conv(rng, 1, 128, 2)),
        synthesis_linear=network(8, 15, *up(48)),
        synthesis_body=network(8, 14, *up(1)),
        synthesis_lift=network(48, 15, conv(rng, 1, 48, 1)),
        renderer=network(1, 15, depthwise(rng, 1), unshuffle(2), conv(rng, 1, 4, 192, shift=12), shuffle(2)),
        steps=[
            step(
                0,
                6,
                EVEN,
                network(2, 14, conv(rng, 1, 2, 8), SAVE, conv(rng, 1, 8, 8), add(), depthwise(rng, 8), conv(rng, 1, 8, 12)),
                across=[-700, 350, 2500, 0, -16384, 77, 4096, -4096, 9, -1, 16384, -24, 1800, 8, -650],
            ),
            step(0, 6, ODD, network(8, 14, conv(rng, 1, 8, 12, relu=1), conv(rng, 3, 12, 12))),
            step(6, 8, ALL, network(8, 14, conv(rng, 1, 8, 4), depthwise(rng, 4)), feedback=[((30, 0, 50, 20), 160), ((0, 9, 0, 0), 30)]),
        ],
        scale_min=0,
        **codebooks(30, uneven(5, tables(90, 40)), uneven(2, tables(90, 33, 2000)), lambda: rng.randint(-128, 128)),
    )


def extreme():
    """Every number at an end of its range, and what rounds: odd extents, saturation everywhere, 1,025 knots."""
    rng = random.Random("extreme")
    ends = lambda low, high, count: [(low, high)[i % 2] for i in range(count)]
    with_weights = lambda layer, weights: (layer[0], layer[1] | dict(weights=weights))
    y = block(rng, 6, [256] * 2)
    y["step"], y["mean_gain"] = ends(65535, 1, 12), ends(2**32 - 1, 1, 6) + ends(1, 2**32 - 1, 6)
    y["gain"], y["log_scale"] = ends(1, 2**32 - 1, 12), ends(-32768, 32768, 6) + ends(32768, -32768, 6)
    y["norm"] = ends(2**32 - 1, 1, 4) + [1 << 15, 3 << 14]
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
        analysis=network(
            3, 8, unshuffle(8), conv(rng, 1, 192, 2), unshuffle(2), conv(rng, 3, 8, 6, shift=0, weight=3), depthwise(rng, 6)
        ),
        hyper_analysis=network(
            6, 15, unshuffle(2), conv(rng, 1, 24, 2), unshuffle(2), bounded_depthwise(rng, 8, 14, 0, 15), conv(rng, 1, 8, 2)
        ),
        # Up by 8, down by 2. 1,025 knots: each quality has its own, nothing is interpolated.
        hyper_synthesis=network(
            2,
            14,
            conv(rng, 1, 2, 64, clamp=15),
            shuffle(8),
            depthwise(rng, 1, clamp=15, knots=1025, bias=2**22),
            unshuffle(2),
            conv(rng, 3, 4, 2, shift=0, weight=9, clamp=15, knots=1025, bias=2**14),
        ),
        # Down by 2 first, then up by 8: an extent larger than the stride says, to be cropped. Gains that tell the samples apart.
        synthesis_linear=network(
            6,
            15,
            gain(30, [-(2**31), 2**31 - 1, 2**30, -(2**30), 2**30 + 1, 1]),
            unshuffle(2),
            bounded(rng, 1, 24, 16, 15, 15, 15),
            gain(0, [1, -1, 2**31 - 1, -(2**31)] * 4),
            shuffle(2),
            conv(rng, 3, 4, 16, clamp=15, knots=2),
            shuffle(2),
            conv(rng, 1, 4, 192, clamp=15),
            shuffle(2),
            gain(10, ends(20, -2000, 48)),
        ),
        # The same way round, with inputs of one bit, weights at their ends, and bounds that are met.
        synthesis_body=network(
            6,
            14,
            conv(rng, 3, 6, 34, relu=1, clamp=1, shift=0),
            SAVE,
            bounded_depthwise(rng, 34, 1, 1, 2, knots=5),
            bounded(rng, 1, 34, 34, 2, 1, 1, knots=5),
            add(1),
            with_weights(depthwise(rng, 34, shift=3, clamp=15, bias=2**14), ends(-32768, 32767, 306)),
            pinned(conv(rng, 1, 34, 18, shift=13, clamp=15)),
            bounded_depthwise(rng, 18, 15, 16, 15),
            unshuffle(2),
            pinned(conv(rng, 1, 72, 20, shift=11, clamp=15)),
            SAVE,
            bounded_depthwise(rng, 20, 15, 30, 1, knots=2),
            gain(0, [32767] * 20),
            add(15),
            conv(rng, 1, 20, 64, shift=12, clamp=15),
            shuffle(4),
            conv(rng, 1, 4, 20, shift=8, clamp=15),
            shuffle(2),
        ),
        # Down by 7, up by 7.
        synthesis_lift=network(
            48,
            15,
            conv(rng, 1, 48, 2),
            unshuffle(7),
            conv(rng, 1, 98, 4, clamp=15),
            bounded_depthwise(rng, 4, 15, 14, 15),
            conv(rng, 1, 4, 245, clamp=15),
            shuffle(7),
            gain(3, [9, -9, 8, 7, -(2**31)]),
        ),
        # Down by 8, up by 8.
        renderer=network(
            5,
            15,
            bounded_depthwise(rng, 5, 15, 16, 14, knots=5),
            unshuffle(2),
            pinned(conv(rng, 1, 20, 4, clamp=15)),
            bounded_depthwise(rng, 4, 15, 15, 15),
            unshuffle(4),
            conv(rng, 1, 64, 16),
            shuffle(2),
            conv(rng, 3, 4, 32, relu=1, clamp=15),
            shuffle(4),
            conv(rng, 1, 2, 48, clamp=15),
            gain(10, [30, -3000, -30, 3000] * 12),
        ),
        steps=[
            step(
                0,
                4,
                EVEN,
                network(2, 15, bounded(rng, 3, 2, 8, 15, 17, 15)),
                -32768,
                65535,
                [((255, 255, 255, 255), 256), ((0, 0, 0, 255), 0), ((0, 0, 0, 0), 256), ((1, 0, 255, 0), 0)],
                [16384, -16384, 16384, 16384, -16384, 16384],
            ),
            step(
                0,
                4,
                ODD,
                network(
                    6,
                    15,
                    pinned(conv(rng, 1, 6, 18, clamp=15)),
                    bounded_depthwise(rng, 18, 15, 16, 15, knots=2),
                    gain(10, [700] * 18),
                    conv(rng, 1, 18, 8, clamp=15),
                ),
                across=[-16384, 16384, -8, -24, -25, 0],
            ),
            step(
                4, 6, EVEN, network(6, 15, conv(rng, 1, 6, 4, clamp=15)), 32767, 65535, [((255, 0, 0, 0), 256), ((0, 1, 0, 0), 256)], [-16384]
            ),
            step(
                4,
                6,
                ODD,
                network(8, 15, depthwise(rng, 8, 16, clamp=15, knots=5, weight=7000, bias=2**26), conv(rng, 1, 8, 4, clamp=15)),
                0,
                0,
            ),
        ],
        scale_min=-300,
        **codebooks(
            255,
            [[1, 65533, 1, 1], [1, 1, 1, 65533], *tables(1022, 14)],
            [[1, 1, 1, 65533], [1, 65533, 1, 1], *tables(1022, 12, 1)],
            lambda: rng.choice((-128, 128)),
        ),
    )
