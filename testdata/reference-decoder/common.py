"""Errors (SPEC 12) and the arithmetic shared by all modules (SPEC 2)."""

import numpy as np


class VqzError(Exception):
    """An error of one of the classes of SPEC 12: Signature, Truncated, Crc, Format, Unsupported, WrongModel, Limit, Model."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def check(condition, kind, message):
    if not condition:
        raise VqzError(kind, message)


def rshift(a, s):
    """Division by 2^s, rounded to nearest, halves up (SPEC 2). Numbers or int64 arrays; >> is arithmetic in both."""
    return a if s == 0 else (a + (1 << (s - 1))) >> s


def sat(a, b):
    """Clamp to ±(2^b − 1) (SPEC 2)."""
    return np.clip(a, -(2**b - 1), 2**b - 1)


def ceil_div(a, b):
    return -(-a // b)


def interpolate(table, quality):
    """A table [knot, …] at quality 0 to 1024, for all channels at once (SPEC 8.2)."""
    knots = len(table)
    if knots == 1:
        return table[0]
    s = (1024 // (knots - 1)).bit_length() - 1
    k = quality >> s
    f = quality - (k << s)
    if f == 0:
        return table[k]
    return rshift(table[k] * (2**s - f) + table[k + 1] * f, s)
