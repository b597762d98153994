"""A model for decoders that have a faster way where a layer's inputs and weights fit bytes: layers that fit, and next to them such
that just do not. `byte_mistakes.py` checks that its files tell."""

import random

from suite_models import small
from write_model import ALL, EVEN, ODD, SAVE, add, conv, depthwise, network, shuffle, step, unshuffle


def byte_conv(rng, inputs, outputs, shift=7, kernel=1, **how):
    """A Conv whose weights fit an i8. Neighbours are often both 127 or both −128: two products with bytes leave 16 bits."""
    code, fields = conv(rng, kernel, inputs, outputs, shift, **how)
    either = lambda: rng.choice(((127, 127), (-128, -128), (rng.randint(-128, 127), rng.randint(-128, 127))))
    weights = [weight for _ in range(kernel**2 * inputs * outputs // 2) for weight in either()]
    return code, fields | dict(weights=weights)


def large_last(layer):
    """A Conv whose last weight is 128, one more than fits."""
    code, fields = layer
    return code, fields | dict(weights=[*fields["weights"][:-1], 128])


def model():
    """Inputs of ±127 and of 0 to 255, from each kind of layer that may give them; numbers of channels that are multiples of 4, but
    not of 16; 1, 2, 3 and 5 knots."""
    rng = random.Random("bytes")
    byte = dict(relu=1, clamp=8)
    narrow = lambda: depthwise(rng, 20, shift=12, clamp=7, knots=3)
    return small() | dict(
        name=b"bytes",
        hyper_synthesis=network(2, 14, conv(rng, 1, 2, 64, knots=3, **byte), shuffle(4), byte_conv(rng, 4, 2, knots=3)),
        # Blocks that fit, that see neighbours as bytes, and that miss: by inputs of 9 bits, by 18 inputs, by a weight of 128.
        synthesis_body=network(
            4,
            14,
            conv(rng, 1, 4, 320, knots=3),
            shuffle(4),
            SAVE,
            narrow(),
            byte_conv(rng, 20, 36, knots=3, **byte),
            byte_conv(rng, 36, 20, knots=3),
            add(14),
            SAVE,
            narrow(),
            byte_conv(rng, 20, 12, shift=9, kernel=3, knots=5, **byte),
            byte_conv(rng, 12, 20),
            add(14),
            SAVE,
            depthwise(rng, 20, shift=13, clamp=8),
            byte_conv(rng, 20, 18, knots=3, **byte),
            byte_conv(rng, 18, 12, shift=10, clamp=7),
            large_last(byte_conv(rng, 12, 20, knots=3)),
            add(14),
        ),
        # What lies outside the extent is 0, here within what a byte kernel reads.
        synthesis_lift=network(
            48,
            15,
            conv(rng, 1, 48, 4, clamp=7, knots=3),
            unshuffle(3),
            byte_conv(rng, 36, 36, knots=2, **byte),
            shuffle(3),
            byte_conv(rng, 4, 20, knots=3),
        ),
        # Bytes from the network's input, from an AddSaved, from a Depthwise. The sum of two numbers of 0 to 255 counts as one of ±255, and is.
        renderer=network(
            20,
            7,
            SAVE,
            byte_conv(rng, 20, 36, knots=3, **byte),
            byte_conv(rng, 36, 20, shift=10, clamp=7),
            add(7),
            depthwise(rng, 20, **byte),
            byte_conv(rng, 20, 12, knots=5, **byte),
            SAVE,
            byte_conv(rng, 12, 12, shift=9),
            add(8),
            byte_conv(rng, 12, 48, shift=6),
        ),
        steps=[
            step(
                0,
                2,
                EVEN,
                network(
                    2, 14, conv(rng, 1, 2, 20, clamp=7, knots=3), byte_conv(rng, 20, 36, knots=3, **byte), byte_conv(rng, 36, 4, shift=8)
                ),
            ),
            step(0, 2, ODD, network(4, 14, conv(rng, 3, 4, 20, knots=3, **byte), byte_conv(rng, 20, 4, shift=8))),
            step(
                2,
                4,
                ALL,
                network(4, 14, depthwise(rng, 4, clamp=7), byte_conv(rng, 4, 12, knots=3, **byte), byte_conv(rng, 12, 4, shift=8)),
            ),
        ],
    )
