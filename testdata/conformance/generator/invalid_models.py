"""The invalid models of the suite: each breaks one rule. With each goes a picture's file that names it by its digest."""

import hashlib
import itertools
from dataclasses import dataclass

import layer_changes
import model_changes
import network_changes
import step_changes
import write_container as c
import write_model as m
from suite_models import small


@dataclass
class InvalidModel:
    """As invalid.Invalid, for the model file `data`."""

    name: str
    what: str
    section: str
    errors: tuple
    data: bytes

    def picture(self):
        """A file that names the model."""
        digest = hashlib.sha256(self.data).digest()[:8]
        return c.join([(b"VHDR", c.header(digest, 8, 8)), (b"TILE", b"")])


def files():
    """Damage below the level of fields (SPEC 6.1)."""
    good = m.write(small())
    body = good[:-4]
    yield "empty", "an empty file", "Model", b""
    yield "signature", "a picture's signature", "Model", m.with_crc(c.SIGNATURE + body[8:])
    yield "signature-text", "CR LF became LF in the signature", "Model", good.replace(b"\r\n", b"\n", 1)
    for n in (7, 8, 11, 12, 15):
        yield f"truncated-{n}", f"the first {n} bytes", "Model", good[:n]
    yield "truncated", "the file ends a byte early", "Crc", good[:-1]
    yield "crc", "the CRC is wrong by a bit", "Crc", body + bytes([good[-4] ^ 1]) + good[-3:]
    yield "damage", "a bit of a weight is flipped", "Crc", good[:2000] + bytes([good[2000] ^ 4]) + good[2001:]
    for n in (12, 16, 21, 60, 1000, len(body) - 1):
        yield f"ends-{n}", f"the fields end after {n} bytes, with a right CRC", "Model", m.with_crc(body[:n])
    yield "after", "a byte after the last field, with a right CRC", "Model", m.with_crc(body + b"\0")
    yield "list-length", "a name of 2^32 − 1 bytes", "Model", m.with_crc(body[:12] + b"\xff" * 4 + body[16:])
    for version in (0, 1, 2, 3, 4, 6, 2**32 - 1):
        yield f"version-{version}", f"version {version}", "Unsupported", m.write(small() | dict(version=version))
    yield (
        "version-crc",
        "version 6 with a wrong CRC: the version is looked at first",
        "Unsupported",
        m.write(small() | dict(version=6))[:-1] + b"?",
    )
    yield "name", "a name that is not UTF-8", "Model", m.write(small() | dict(name=b"\xff"))
    last = 4 + 2 * len(small()["tables"][-1][1])
    for n, what in ((last, "behind the last codeword"), (last + 1, "in the last codeword"), (last + 6, "before the last table")):
        yield f"ends-table-{n - last}", f"the fields end {what}, with a right CRC", "Model", m.with_crc(body[:-n])


def cases():
    for name, what, error, data in files():
        yield InvalidModel(name, what, "6.1", (error,), data)
    changes = (
        part()
        for part in (
            model_changes.latents,
            layer_changes.layers,
            layer_changes.depthwise,
            network_changes.networks,
            network_changes.synthesis,
            step_changes.steps,
            model_changes.tables,
            model_changes.codewords,
        )
    )
    for name, what, section, change in itertools.chain(*changes):
        yield InvalidModel(name, what, section, ("Model",), m.write(m.variant(small(), change)))
