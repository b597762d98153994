"""Correction of the choice of tables (SPEC 9.4)."""

import functools

LIMIT = 2**17


@functools.cache
def log2_q8(f):
    k = f.bit_length() - 1
    m, r = f << (31 - k), k
    for _ in range(8):
        m, r = (m * m) >> 31, 2 * r
        if m >= 2**32:
            m, r = m >> 1, r + 1
    return r


def cost(table, x):
    """`table` is a list of cumulative frequencies."""
    m = (len(table) - 3) // 2
    frequency = lambda e: table[e + 1] - table[e]
    if abs(x) <= m:
        return 4096 - log2_q8(frequency(x + m))
    k = (abs(x) - m).bit_length() - 1
    return 4096 - log2_q8(frequency(2 * m + 1)) + 256 * (2 * k + 2)


def clamp(a, limit):
    return max(-limit, min(a, limit))


def beginning(ends):
    """π at the beginning of a position, from what it was at the end of its neighbours."""
    n = len(ends)
    return (205 * sum(ends) + 128 * n) // (256 * n) if n else 0


class Correction:
    """The corrections of a latent block while a tile is decoded."""

    def __init__(self, model, block):
        self.tables, self.last = model.tables, model.scales - 1
        self.rates = block.channel_rate, block.position_rate
        self.kappa = [0] * block.channels

    def decode_step(self, decoder, quantiser, first, expected, near):
        """The codewords of a coding step, [position][channel], for the t₀ of channels `first` and following. `near` is what
        neighbours() gives."""
        words, ends = [], []
        for row, places in zip(expected, near):
            pi = beginning([ends[i] for i in places if i >= 0])
            position, pi = self.decode_position(decoder, quantiser, first, row, pi)
            words.append(position)
            ends.append(pi)
        return words

    def decode_position(self, decoder, quantiser, first, expected, pi):
        """The codewords of a position, and its π at the end."""
        words = []
        for at in range(0, len(expected), 2):
            pair = []
            for e in (0, 1):
                t0, kappa = expected[at + e], self.kappa[first + at + e]
                t = max(1, min(t0 + ((kappa + pi + 2048) >> 12), self.last)) if t0 else 0
                pair.append((first + at + e, t))
            decoded = []
            for c, t in pair:
                if t == 0:
                    words.append(0)
                    continue
                tables = self.tables[quantiser.codebook]
                x = decoder.decode_label(tables[t])
                words.append(quantiser.codeword(t, x))
                quantiser.follow(x)
                decoded.append((c, t, tables, x))
            for c, t, tables, x in decoded:
                slope = clamp(cost(tables[min(t + 1, self.last)], x) - cost(tables[max(t - 1, 1)], x), 4096)
                self.kappa[c] = clamp(self.kappa[c] - self.rates[0] * slope, LIMIT)
                pi = clamp(pi - self.rates[1] * slope, LIMIT)
        return words, pi
