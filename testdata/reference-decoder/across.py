"""Prediction across channels (SPEC 8.8)."""

import numpy as np

from common import rshift


def matrix(step, sizes):
    """k [c, d] of a coding step, 0 where d ≥ c. `sizes` are the quantiser steps of its channels."""
    across = np.zeros((len(sizes), len(sizes)), np.int64)
    across[np.tril_indices(len(sizes), -1)] = step.across
    own = sizes[:, None]
    return np.clip((across * sizes + 8 * own) // (16 * own), -1023, 1023)


def added(step, sizes, residuals):
    """χ of a coding step that has `across`, from r: both [position, channel]."""
    return rshift(np.clip(residuals, -8191, 8191) @ matrix(step, sizes).T, 8)
