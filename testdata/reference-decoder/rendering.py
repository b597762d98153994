"""Rendering files and their noise (SPEC 6.4, 11.3)."""

from fractions import Fraction

import numpy as np

from common import check
from model import check_network, open_file, read_name, take_crc
from network import Network

SIGNATURE = bytes.fromhex("8956515A520D0A1A")


class Rendering:
    def __init__(self, data):
        """Parses and checks a rendering file."""
        r = open_file(data, SIGNATURE, 1, 16, "rendering file")
        take_crc(r, "rendering file")
        self.name = read_name(r)
        self.base = r.array("u1", 32).astype(np.uint8).tobytes()
        self.body, self.lift, self.renderer = Network(r), Network(r), Network(r)
        check(r.at == len(r.data), "Model", f"{len(r.data) - r.at} bytes between the networks and the CRC")
        layers = sum(len(network.layers) for network in (self.body, self.lift, self.renderer))
        check(layers <= 4096, "Model", f"{layers} layers in all")
        features = self.renderer.inputs
        self.planes = self.lift.inputs - 48
        check(0 <= self.planes <= 16, "Model", f"lift: {self.lift.inputs} inputs, expected 48 to 64")
        check_network(self.body, "body", self.body.inputs, features, Fraction(1, 4), range(14, 16))
        check_network(self.lift, "lift", self.lift.inputs, features, Fraction(1), range(15, 16))
        check_network(self.renderer, "renderer", features, 48, Fraction(1), range(1, 16))

    def check_base(self, model):
        """That it is one of `model`."""
        check(self.base == model.whole_digest, "WrongModel", f"a rendering of {self.base.hex()}, this model is {model.whole_digest.hex()}")
        check(self.body.inputs == model.y.channels, "Model", f"body: {self.body.inputs} inputs, {model.y.channels} latents")


def noise(width, height, planes):
    """[y, x, plane], Q4."""
    k, y, x = np.arange(planes), np.arange(height)[:, None, None], np.arange(width)[None, :, None]
    h = x * 0x9E3779B1 + y * 0x85EBCA77 + k // 4 * 0xC2B2AE3D & 0xFFFFFFFF
    h = (h ^ h >> 16) * 0x7FEB352D & 0xFFFFFFFF
    # The product of two numbers below 2^32 may pass 2^63; what it leaves in its low bits is right all the same.
    h = (h ^ h >> 15).astype(np.uint64) * np.uint64(0x846CA68B) & np.uint64(0xFFFFFFFF)
    h = h.astype(np.int64)
    h ^= h >> 16
    return 16 * ((h >> 8 * (k % 4) & 255) - 128)
