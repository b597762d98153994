"""Feedback of errors to the first channels (SPEC 8.7)."""

import numpy as np

import model as models
from common import rshift

LIMIT = 2**21 - 1
SHARES = [0, 256, 128, 85, 64]
OFFSETS = {
    models.ALL: [(-1, 0), (0, -1)],
    models.EVEN: [(-2, 0), (-1, -1), (1, -1), (0, -2)],
    models.ODD: [(-2, 0), (-1, -1), (1, -1), (0, -2)],
}


class Feedback:
    """The errors of a tile's first channels and the weights that they are taken over with."""

    def __init__(self, channels):
        self.errors, self.weights = {}, np.full(channels, 128, np.int64)

    def values(self, positions, parity, means, words):
        """v̂ of a coding step, [position, channel], from the context model's means and the codewords in the channels' own steps. `positions` are (x, y), row by row."""
        values = np.empty_like(means)
        for (x, y), mean, word, value in zip(positions, means, words, values):
            near = [self.errors[x + dx, y + dy] for dx, dy in OFFSETS[parity] if (x + dx, y + dy) in self.errors]
            nearby = rshift(sum(near, np.zeros_like(mean)) * SHARES[len(near)], 8)
            expected = rshift(nearby * self.weights, 8)
            value[:] = mean + expected + word
            self.errors[x, y] = np.clip(value - mean, -LIMIT, LIMIT)
            missed = self.errors[x, y] - expected
            learned = np.clip(self.weights + 8 * np.sign(missed) * np.sign(nearby), 0, 256)
            self.weights = np.where(np.abs(nearby) >= 16, learned, self.weights)
        return values
