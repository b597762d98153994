"""Feedback of errors (SPEC 8.7)."""

import numpy as np

from common import rshift

LIMIT = 2**21 - 1


class Feedback:
    """What a coding step with feedback makes of its means, in one tile. `near` is what neighbours() gives."""

    def __init__(self, step, near):
        self.near = near
        self.neighbours = np.array([neighbours for neighbours, _ in step.feedback], np.int64).T  # [i, channel]
        self.weights = np.array([weight for _, weight in step.feedback], np.int64)

    def nearby(self, errors, places):
        """η of a position whose neighbours are at `places`."""
        shares = self.neighbours * (places >= 0)[:, None]
        total = shares.sum(axis=0)
        missed = (shares * errors[places]).sum(axis=0)
        return np.where(total == 0, 0, (2 * missed + total) // np.maximum(2 * total, 1))

    def values(self, means, added):
        """v̂ [position, channel] from the context model's means and what is added to them besides, in the channels' own steps."""
        values, errors = np.empty_like(means), np.zeros_like(means)
        for i, places in enumerate(self.near):
            nearby = self.nearby(errors, places)
            expected = rshift(nearby * self.weights, 8)
            values[i] = means[i] + expected + added[i]
            errors[i] = np.clip(values[i] - means[i], -LIMIT, LIMIT)
            learned = np.clip(self.weights + 3 * np.sign(errors[i] - expected) * np.sign(nearby), 0, 256)
            self.weights = np.where(np.abs(nearby) >= 32, learned, self.weights)
        return values
