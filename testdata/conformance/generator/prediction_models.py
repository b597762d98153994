"""Models for linear prediction (SPEC 8.7, 8.8): what `prediction_mistakes.py` checks that its files tell."""

import random

from suite_models import small
from write_model import ALL, EVEN, ODD, codebooks, conv, depthwise, network, shuffle, step, tables, uneven_block


def synthesis(rng, channels):
    """The two networks of `small`'s synthesis that see latents, for so many of them."""
    up = lambda *last: [conv(rng, 1, channels, 8), conv(rng, 1, 8, 32, knots=3), shuffle(4), *last]
    return dict(
        synthesis_linear=network(channels, 15, *up(conv(rng, 1, 2, 48, shift=13))),
        synthesis_body=network(channels, 14, *up(conv(rng, 1, 2, 6))),
    )


def prediction():
    """Feedback in steps of each parity, and in one of two that are not the first; weights across channels of very different
    quantiser steps. At quality 1024 these are so small that even the largest labels rarely leave what latents hold."""
    rng = random.Random("prediction")
    even = [((30, 20, 36, 13), 128), ((0, 255, 1, 0), 250), ((0, 0, 0, 0), 256), ((255, 255, 255, 255), 3)]
    odd = [((0, 0, 0, 7), 200), ((1, 0, 0, 0), 0), ((9, 9, 9, 9), 256), ((200, 3, 0, 1), 90)]
    every = [((2, 3, 0, 0), 256), ((0, 1, 1, 1), 0), ((13, 0, 40, 40), 128), ((0, 0, 200, 0), 251)]
    return small() | dict(
        name=b"prediction",
        y=uneven_block(
            [
                [48 << 8, 20 << 8, 65535, 9 << 8, 30 << 8, 3, 12 << 8, 700, 24 << 8, 60000],
                [16 << 8, 8 << 8, 30000, 300, 12 << 8, 12 << 8, 100, 10 << 8, 2000, 16 << 8],
                [7, 9, 5, 12, 6, 11, 8, 5, 10, 7],
            ]
        ),
        **synthesis(rng, 10),
        steps=[
            step(
                0,
                4,
                EVEN,
                network(2, 14, conv(rng, 1, 2, 6, relu=1), depthwise(rng, 6), conv(rng, 1, 6, 8)),
                feedback=even,
                across=[16384, -16384, -9, -16384, 2500, 1000],
            ),
            step(0, 4, ODD, network(6, 14, conv(rng, 3, 6, 6, relu=1), conv(rng, 1, 6, 8)), feedback=odd),
            step(
                4,
                8,
                ALL,
                network(6, 14, depthwise(rng, 6, knots=3), conv(rng, 1, 6, 8)),
                feedback=every,
                across=[-24, -700, 16384, 350, -5000, 1800],
            ),
            step(8, 10, ALL, network(10, 14, conv(rng, 3, 10, 4)), across=[-3000]),
        ],
        **codebooks(40, tables(24, 9), tables(24, 11, 300), lambda: rng.randint(-20, 20)),
    )


def channels():
    """Ranges of 2 channels, of 256, the most that may have weights across them, and of 258, which have none. The last two channels
    of the 256 have the least quantiser steps, and weights that add up to the most there may be."""
    rng = random.Random("channels")
    sizes = [4096, 1000] + [rng.choice((5, 20, 300, 2048, 9000, 40000)) for _ in range(254)] + [4, 4] + [2048] * 258
    across = [rng.randint(-400, 400) if rng.random() < 0.2 else 0 for _ in range(254 * 253 // 2)] + [-16384] * 254 + [16384] * 255
    narrow = lambda inputs, outputs, **how: network(inputs, 14, conv(rng, 1, inputs, 4, clamp=10), conv(rng, 1, 4, outputs, **how))
    some = lambda count: [([rng.choice((0, 1, 30, 255)) for _ in range(4)], rng.randint(0, 256)) for _ in range(count)]
    return small() | dict(
        name=b"channels",
        y=uneven_block([sizes]),
        **synthesis(rng, 516),
        steps=[
            step(0, 2, EVEN, narrow(2, 4), across=[-16384]),
            step(0, 2, ODD, narrow(4, 4), feedback=some(2), across=[5000]),
            step(2, 258, ALL, narrow(4, 512, weight=150), adaptation=400, feedback=some(256), across=across),
            step(258, 516, ALL, narrow(260, 516), adaptation=200, feedback=some(258)),
        ],
    )
