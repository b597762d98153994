"""Writing streams: the range encoder of SPEC 9.3, and what labels a stream holds.

A coder here has the methods of the reference decoder's RangeDecoder, but chooses the labels that it is asked for and writes
them: the reference decoder's walk over a tile (SPEC 10.2) is the encoder's too.
"""

import random

import picture
from common import ceil_div

BIT = [0, 32768, 65536]
LABEL_MAX = 32767


class RangeEncoder:
    """SPEC 9.3. Tables are lists of cumulative frequencies, 0 first and 65536 last."""

    def __init__(self):
        self.low, self.range, self.words = 0, 2**64 - 1, []

    def add(self, value):
        self.low += value
        if self.low >= 2**64:
            self.low -= 2**64
            i = len(self.words) - 1
            self.words[i] = (self.words[i] + 1) % 2**32
            while self.words[i] == 0:
                i -= 1
                self.words[i] = (self.words[i] + 1) % 2**32

    def encode(self, table, entry):
        scale = self.range >> 16
        self.add(scale * table[entry])
        self.range = scale * (table[entry + 1] - table[entry])
        if self.range < 2**32:
            self.words.append(self.low >> 32)
            self.low = self.low * 2**32 % 2**64
            self.range *= 2**32

    def words_read(self):
        """How many words a decoder has read after the last label."""
        return 2 + len(self.words)

    def stream(self, last=2**32 - 1, zeros=False, without=None):
        """The bytes. `last` picks one of the numbers within the range; `zeros` keeps the zeros that a decoder would read, and
        `without` all but so many of them."""
        if self.range == 2**64 - 1 and not self.words:
            return bytes(8) if zeros else b""
        size = 4 * self.words_read()
        self.add(last)
        self.words += [self.low >> 32, self.low % 2**32 if last != 2**32 - 1 else 0]
        data = b"".join(word.to_bytes(4, "big") for word in self.words)
        kept = size if zeros else max(len(data.rstrip(b"\0")), size - (without or 7))
        assert without is None or kept == size - without, "so many zeros"
        return data[:kept].ljust(kept, b"\0")


class Labels:
    """Chooses labels by `choose(random, table, m)` and writes them. In place of the label None it writes the entries `raw`."""

    def __init__(self, choose, seed, raw=()):
        self.choose, self.random, self.raw, self.encoder = choose, random.Random(seed), raw, RangeEncoder()

    def decode_label(self, table):
        m = (len(table) - 3) // 2
        label = self.choose(self.random, table, m)
        if label is None:
            for entries, entry in self.raw:
                self.encoder.encode(entries or table, entry)
            label = 0
        elif abs(label) <= m:
            self.encoder.encode(table, label + m)
        else:
            self.escape(table, m, label)
        return label

    def escape(self, table, m, label):
        """SPEC 9.2."""
        self.encoder.encode(table, 2 * m + 1)
        n = abs(label) - m
        bits = bin(n)[2:]
        for bit in "0" * (len(bits) - 1) + bits + ("1" if label < 0 else "0"):
            self.encoder.encode(BIT, int(bit))

    def finish(self):
        pass


def likely(rng, table, m):
    """Entries as often as their frequencies say; sometimes an escape."""
    u = rng.randrange(65536)
    entry = next(e for e in range(len(table) - 1) if u < table[e + 1])
    return entry - m if entry <= 2 * m else rng.choice((-1, 1)) * (m + 1 + rng.randrange(4))


def zero(rng, table, m):
    return 0


def wide(rng, table, m):
    """Labels with codewords of their own and others alike, whatever they cost."""
    return rng.randrange(-7, 8)


def odd(rng, table, m):
    """Every label moves the state to where an even one would not."""
    return rng.choice((-5, -3, -1, 1, 3, 5))


def even(rng, table, m):
    """Labels that never leave codebook 0."""
    return rng.choice((-6, -4, -2, 0, 2, 4, 6))


def tides(rng, table, m):
    """Now far from 0, now all 0: corrections go up to their bound and back."""
    return rng.choice((-m, m, 0, 0, 0))


def sparse(rng, table, m):
    """Mostly 0."""
    return rng.choice((0, 0, 0, 0, 0, 0, -2, 3))


def steady(rng, table, m):
    """All in one direction: what was missed at a position is missed at the next."""
    return rng.choice((1, 2, 2, 3))


def bursts(rng, table, m):
    """Small ones, with some beyond 128 quantiser steps among them: what these add to other channels is bounded."""
    return rng.choice((-3, -2, -1, 0, 1, 2, 3, -300, 300))


def lowest(rng, table, m):
    """The first entry of every table: a stream of zeros."""
    return -m


def escapes(rng, table, m):
    """Every length of the Elias gamma code, its ends included, up to the largest label."""
    k = rng.randrange(16)
    n = rng.choice((2**k, 2 ** (k + 1) - 1, rng.randrange(2**k, 2 ** (k + 1))))
    return rng.choice((-1, 1)) * min(m + n, LABEL_MAX)


def largest(rng, table, m):
    return rng.choice((-LABEL_MAX, LABEL_MAX))


def highest(rng, table, m):
    return LABEL_MAX


def write_streams(model, width, height, tile, layers, quality, choose, seed, uniform=False, steps=None, **how):
    """The payloads of TILE of a picture, layer-major (SPEC 4.8), with uniform steps or not (SPEC 8.6). `steps`: how many
    coding steps each tile holds and says that it holds, None for all without saying so. `how` goes to RangeEncoder.stream."""
    columns, rows = ceil_div(width, tile), ceil_div(height, tile)
    assert steps is None or len(steps) == columns * rows
    coded = []
    for i in range(columns * rows):
        x, y = i % columns * tile, i // columns * tile
        coders = [Labels(choose, f"{seed} {i} {layer}") for layer in range(layers)]
        count = None if steps is None else steps[i]
        picture.decode_tile(model, coders, min(tile, width - x), min(tile, height - y), quality, uniform, count)
        front = b"" if steps is None else bytes([count])
        coded.append([front + coder.encoder.stream(**how) for coder in coders])
    return [tile[layer] for layer in range(layers) for tile in coded]
