"""The state that chooses a codebook, and the codewords of labels (SPEC 8.3)."""


class Quantiser:
    """The state while a coding step is decoded."""

    def __init__(self, model):
        self.codewords, self.spacing = model.codewords, model.spacing
        self.state = 0, 0, 0

    @property
    def codebook(self):
        """That of the next label."""
        return self.state[0]

    def codeword(self, t, x):
        """w of the label x, decoded with table t ≥ 1 of this codebook: Q6, quantiser steps."""
        m, s = abs(x), self.codebook
        if m == 0:
            return 0
        w = self.codewords[s][t][m - 1] if m <= 3 else (2 * m - s) * self.spacing
        return w if x > 0 else -w

    def follow(self, x):
        """To the state after the label x."""
        s, s1, s2 = self.state
        self.state = s ^ s1, s2 ^ (x % 2), s
