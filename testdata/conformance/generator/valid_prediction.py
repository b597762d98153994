"""The valid files for linear prediction, and for corrections that begin with a part of the neighbours' (SPEC 8.7, 8.8, 9.4). The models
are those of prediction_models.py."""

import itertools

import write_container as c
from valid import Valid
from write_labels import bursts, escapes, highest, largest, likely, sparse, steady, tides, wide, zero


def places():
    """Every number of neighbours in each parity, at all edges of tiles."""

    def case(name, what, *size, **how):
        return Valid(f"prediction-{name}", f"feedback and weights across channels: {what}", "8.7, 8.8", *size, model="prediction", **how)

    grid = dict(width=300, height=270, tile_log2=8)
    yield case("one-pixel", "one position, no neighbours", 1, 1)
    yield case("row", "one row of positions", 163, 1)
    yield case("column", "one column of positions", 1, 163)
    yield case("two-columns", "two columns of positions", 32, 150)
    yield case("primes", "a size without factors", 97, 61)
    yield case("tiles", "2 × 2 tiles, none knows another", **grid)
    yield case("tiles-progressive", "2 × 2 tiles in 4 layers", layers=4, **grid, choose=wide)
    yield case("progressive", "4 layers", 97, 61, layers=4, choose=wide)
    yield case("uniform", "uniform steps", 97, 61, flags=c.UNIFORM, choose=wide)
    for count in (1, 2, 3):
        yield case(f"steps-{count}", f"{count} of 4 coding steps", 97, 61, steps=(count,), choose=wide)


def labels():
    """What is missed, and what it adds to other channels."""

    def case(name, what, *size, **how):
        return Valid(f"prediction-{name}", what, "8.7, 8.8, 9.4", *size, model="prediction", **how)

    for q in (0, 300, 512, 1024):
        what = f"quality {q}: other quantiser steps, other weights across channels"
        yield case(f"quality-{q}", what, 100, 80, quality=q, choose=wide)
    yield case("likely", "labels as they are expected", 160, 150)
    yield case("sparse", "labels that are mostly 0, more of them than in other files", 480, 400, choose=sparse)
    yield case("steady", "labels in one direction: weights of feedback rise", 160, 150, choose=steady)
    yield case("bursts", "labels whose part for other channels is beyond its bound", 160, 150, choose=bursts)
    yield case("tides", "labels now far from 0, now 0: corrections that begin far from 0", 160, 150, choose=tides)
    for choose, what in ((escapes, "of every size"), (largest, "of ±32,767"), (highest, "of 32,767 throughout")):
        what = f"labels {what}, small steps: errors beyond their bound"
        yield case(f"{choose.__name__}", what, 120, 100, quality=1024, choose=choose)


def corrections():
    """Where neighbours' corrections are at their bounds."""
    for choose, what in ((largest, "labels of ±32,767"), (zero, "labels of 0")):
        what = f"corrections that begin far from 0: {what}"
        yield Valid(f"corrections-{choose.__name__}-rates", what, "9.4", 120, 100, "rates", choose=choose)


def ranges():
    """As many channels as may have weights across them, and more that have none."""

    def case(name, what, *size, **how):
        return Valid(f"channels-{name}", f"ranges of 2, 256 and 258 channels: {what}", "8.7, 8.8", *size, model="channels", **how)

    for choose, what in (
        (likely, "labels as they are expected"),
        (bursts, "labels whose part for other channels is beyond its bound"),
    ):
        yield case(choose.__name__, what, 40, 33, choose=choose)
    yield case("highest", "labels of 32,767 throughout: the largest sums", choose=highest)
    yield case("progressive", "4 layers, labels of ±32,767", layers=4, choose=largest)


def cases():
    return itertools.chain(places(), labels(), corrections(), ranges())
