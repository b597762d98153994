"""The neighbours of a position, of what was decoded before it in the same coding step (SPEC 8.7)."""

import numpy as np

import model as models

# (dx, dy) of neighbour i.
CHECKERED = [(-2, 0), (-1, -1), (0, -2), (1, -1)]
OFFSETS = {models.ALL: [(-1, 0), (-1, -1), (0, -1), (1, -1)], models.EVEN: CHECKERED, models.ODD: CHECKERED}


def neighbours(covered, parity):
    """[position, i]: the number of neighbour i among the positions covered, row by row; −1 if it is outside the tile. `covered` [y, x]."""
    height, width = covered.shape
    numbers = np.full((height + 2, width + 3), -1)  # bordered by two rows above, two columns on the left, one on the right
    numbers[2:, 2:-1][covered] = np.arange(covered.sum())
    y, x = np.nonzero(covered)
    return np.stack([numbers[y + 2 + dy, x + 2 + dx] for dx, dy in OFFSETS[parity]], axis=1)
