"""Changes that make the model `small` invalid: (name, what, section, function that changes the model), one broken rule each.
Here: what is no network. See network_changes.py and step_changes.py."""

import itertools

from change_model import in_block, in_codewords, in_list, in_model, in_table
from write_model import codebooks

TABLES = ("step", "gain", "mean_gain", "log_scale")


def latents():
    """SPEC 8.1, 8.2 and the lists of 6.1 and 6.2."""
    for block in ("z", "y"):
        for key in ("step", "gain", "mean_gain", "norm"):
            yield f"{block}-{key}-0", f"a {key} of {block} is 0", "8.1", in_list((block, key), -1, 0)
        for value in (-32769, 32769):
            yield f"{block}-log-scale{value:+}", f"a log_scale of {value}", "8.1", in_list((block, "log_scale"), 0, value)
        for key in (*TABLES, "norm"):
            what = f"the list {key} of {block} is too short"
            yield f"{block}-{key}-short", what, "6.1", in_block(block, **{key: lambda values: values[:-1]})
    yield "y-channels-0", "a latent block without channels", "8.1", in_block("y", channels=lambda c: 0)
    yield "y-channels-odd", "an odd number of latent channels", "8.1", in_block("y", channels=lambda c: 5)

    def knots(count):
        """All tables of z with another number of knots."""
        return in_block("z", **{key: lambda values: (values * count)[: 2 * count] for key in TABLES})

    for count in (0, 4, 6, 2049):
        yield f"z-knots-{count}", f"{count} knots", "8.2", knots(count)
    yield "z-knots-5-of-3", "5 knots of step, 3 of the rest", "8.2", in_block("z", step=lambda values: values + values[:4])
    for key in ("z_mean", "z_log_scale"):
        name = key.replace("_", "-")
        yield f"{name}-short", f"{key} is too short", "6.2", in_model(key, lambda values: values[:-1])
        yield f"{name}-long", f"{key} is too long", "6.2", in_model(key, lambda values: [*values, 0])


def codewords():
    """SPEC 9.1, and the layout of 6.1."""
    for s, m, off in itertools.product((0, 1), (1, 2, 3), (-129, 129)):
        what = f"the codeword of label {m} of a table of codebook {s} is {off} from {2 * m - s} times the spacing"
        yield f"codeword-{s}-{m}{off:+}", what, "9.1", in_codewords(off_by(s, m, off), codebook=s)
    for s in (0, 1):
        what = f"the same of scale 0 of codebook {s}, which is never used"
        yield f"codeword-{s}-scale-0", what, "9.1", in_codewords(off_by(s, 3, 129), 0, s)
        what = f"the same of the last scale of codebook {s}"
        yield f"codeword-{s}-scale-last", what, "9.1", in_codewords(off_by(s, 1, -129), 23, s)
    zeros = lambda model: model.update(spacing=0, tables=[([0, 0, 0], frequencies) for _, frequencies in model["tables"]])
    yield "spacing-0", "a spacing of 0", "9.1", zeros
    for spacing in (1, 255):
        yield f"spacing-{spacing}", f"a spacing of {spacing}, far from the codewords", "9.1", in_model("spacing", lambda _, spacing=spacing: spacing)
    yield "codebooks-swapped", "the tables of codebook 1 first", "9.1", in_order(lambda first, second: second + first)
    alternate = in_order(lambda first, second: [table for both in zip(first, second) for table in both])
    yield "codebooks-alternate", "the two tables of each scale side by side", "9.1", alternate
    yield "codewords-2", "a table of two codewords", "6.1", in_codewords(lambda old: old[:2])
    yield "codewords-4", "a table of four codewords", "6.1", in_codewords(lambda old: [*old, 0])
    yield "codewords-list", "the codewords of a table as a list, with its length", "6.1", in_codewords(lambda old: [3, 0, *old])


def off_by(s, m, off):
    """Another codeword for label m of codebook s of the model `small`, whose spacing is 32."""
    return lambda old: [*old[: m - 1], (2 * m - s) * 32 + off, *old[m:]]


def in_order(change):
    """The tables, with codewords far apart, in an order made of both codebooks'."""

    def do(model):
        frequencies = [frequencies for _, frequencies in model["tables"]]
        model.update(codebooks(255, frequencies[:24], frequencies[24:], lambda: 0))
        model["tables"] = change(model["tables"][:24], model["tables"][24:])

    return do


def tables():
    """SPEC 9.1."""
    yield "tables-0", "no table", "9.1", in_model("tables", lambda old: [])
    yield "tables-1", "one table", "9.1", in_model("tables", lambda old: old[:1])
    yield "tables-2", "two tables: one scale", "9.1", in_model("tables", lambda old: [old[0], old[24]])
    yield "tables-2050", "2,050 tables: 1,025 scales", "9.1", in_model("tables", lambda old: old[:1] * 1025 + old[24:25] * 1025)
    for count in (5, 47):
        yield f"tables-{count}", f"{count} tables, an odd number", "9.1", in_model("tables", lambda old, count=count: old[:count])
    yield "tables-49", "49 tables, an odd number", "9.1", in_model("tables", lambda old: [*old, old[-1]])
    for name, what, change in (
        ("sum-less", "a sum of 65,535", lambda old: [old[0] - 1, *old[1:]]),
        ("sum-more", "a sum of 65,537", lambda old: [old[0] + 1, *old[1:]]),
        ("zero", "a frequency of 0", lambda old: [0, old[0] + old[1], *old[2:]]),
        ("escape-zero", "an escape of frequency 0", lambda old: [old[0] + old[-1], *old[1:-1], 0]),
        ("odd", "an odd number of frequencies", lambda old: [old[0] + old[1], *old[2:]]),
        ("2", "a table without bound (M = 0)", lambda old: [65000, 536]),
        ("empty", "an empty table", lambda old: []),
    ):
        yield f"table-{name}", what, "9.1", in_table(change)
        yield f"table-{name}-1", f"codebook 1: {what}", "9.1", in_table(change, codebook=1)
    for s in (0, 1):
        what = f"a sum of 65,537 of the table of scale 0 of codebook {s}, which is never used"
        yield f"table-0-{s}", what, "9.1", in_table(lambda old: [old[0] + 1, *old[1:]], 0, s)
