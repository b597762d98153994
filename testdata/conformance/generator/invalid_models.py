"""The invalid models of the suite: each breaks one rule. With each goes a picture's file that names it by its digest."""

import itertools
from dataclasses import dataclass

import layer_changes
import model_changes
import network_changes
import prediction_changes
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
        return c.join([(b"VHDR", c.header(m.digest(self.data)[:8], 8, 8)), (b"TILE", b"")])


def files():
    """Damage below the level of fields (SPEC 6.1)."""
    good, encoder = m.write(small()), m.write_encoder(small())
    body, fields = good[:-4], good[m.HEAD : -4]
    yield "empty", "an empty file", "Model", b""
    yield "signature", "a picture's signature", "Model", m.with_crc(c.SIGNATURE + body[8:])
    yield "signature-text", "CR LF became LF in the signature", "Model", good.replace(b"\r\n", b"\n", 1)
    for n in (7, 8, 11, 12, 15, 16, 19, 20, 1000):
        yield f"truncated-{n}", f"the first {n} bytes", "Model", good[:n]
    yield "truncated", "the file ends a byte early", "Model", good[:-1]
    wrong = body + bytes([good[-4] ^ 1]) + good[-3:]
    yield "crc", "the CRC is wrong by a bit", "Crc", wrong
    yield "crc-encoder", "the same, and an encoder file behind it whose CRC is right", "Crc", wrong + encoder
    damaged = good[:1900] + bytes([good[1900] ^ 4]) + good[1901:]
    yield "damage", "a bit of a weight is flipped", "Crc", damaged
    yield "damage-encoder", "the same, and an encoder file behind it", "Crc", damaged + encoder
    for n in (16, 20, 25, 60, 1000, len(body) - 1):
        what = f"the fields end after {n} bytes, with a right length and CRC"
        yield f"ends-{n}", what, "Model", m.model_file(fields[: n - m.HEAD])
    yield "after", "a byte after the last field, with a right length and CRC", "Model", m.model_file(fields + b"\0")
    yield "list-length", "a name of 2^32 − 1 bytes", "Model", m.model_file(b"\xff" * 4 + fields[4:])
    yield from lengths(good, encoder)
    for version in (0, 1, 2, 3, 4, 5, 6, 8, 2**32 - 1):
        yield f"version-{version}", f"version {version}", "Unsupported", m.write(small() | dict(version=version))
    newer = m.write(small() | dict(version=8))
    yield "version-crc", "version 8 with a wrong CRC: the version is looked at first", "Unsupported", newer[:-1] + b"?"
    yield "version-short", "the first 19 bytes of version 8: their number is looked at before it", "Model", newer[:19]
    for length, what in ((5, "of 5, as in files of version 5, whose name is there"), (2**32 - 1, "beyond the end")):
        data = m.model_file(fields, 5, length)
        yield f"version-length-{length}", f"version 5 with a length {what}: the version is looked at first", "Unsupported", data
    yield "name", "a name that is not UTF-8", "Model", m.write(small() | dict(name=b"\xff"))
    last = 4 + 2 * len(small()["tables"][-1][1])
    for n, what in ((last, "behind the last codeword"), (last + 1, "in the last codeword"), (last + 6, "before the last table")):
        yield f"ends-table-{n - last}", f"the fields end {what}, with a right length and CRC", "Model", m.model_file(fields[:-n])
    for name, what, data in prediction_changes.lists():
        yield name, f"{what}, with a right length and CRC", "Model", data


def lengths(good, encoder):
    """Of a model file: lengths that are not its own. The CRC at the end is right for what is before it."""
    fields = good[m.HEAD : -4]
    for length in (0, 4, 16, 19):
        yield f"length-{length}", f"a length of {length}, less than any model file has", "Model", m.model_file(fields, length=length)
    for name, length in (("more", len(good) + 1), ("largest", 2**32 - 1)):
        yield f"length-{name}", f"a length of {length}, more bytes than there are", "Model", m.model_file(fields, length=length)
    more = m.model_file(fields, length=len(good) + 1)
    yield "length-crc", "a length beyond the end and a wrong CRC: the length is looked at first", "Model", more[:-1] + b"?"
    for name, length in (("20", 20), ("less", len(good) - 1)):
        yield f"length-{name}", f"a length of {length}, where there is no CRC", "Crc", m.model_file(fields, length=length)
    what = "a length that has an encoder file in it, with a right CRC of both"
    yield "length-encoder", what, "Model", m.model_file(good[m.HEAD :] + encoder)


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
            prediction_changes.feedback,
            prediction_changes.across,
            model_changes.tables,
            model_changes.codewords,
        )
    )
    for name, what, section, change in itertools.chain(*changes):
        yield InvalidModel(name, what, section, ("Model",), m.write(m.variant(small(), change)))
