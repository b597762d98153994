"""Changes that make the model `small` invalid: (name, what, section, function that changes the model), one broken rule each.
Here: what is no network. See network_changes.py and step_changes.py."""

from change_model import in_block, in_list, in_model, in_table

TABLES = ("step", "gain", "mean_gain", "log_scale")


def latents():
    """SPEC 8.1, 8.2 and the lists of 6.1 and 6.2."""
    for block in ("z", "y"):
        for key in ("step", "gain", "mean_gain", "norm"):
            yield f"{block}-{key}-0", f"a {key} of {block} is 0", "8.1", in_list((block, key), -1, 0)
        for value in (-32769, 32769):
            yield f"{block}-log-scale{value:+}", f"a log_scale of {value}", "8.1", in_list((block, "log_scale"), 0, value)
        for value in (-129, 129):
            what = f"a codeword of {block} is {value} from its lattice point"
            yield f"{block}-codeword{value:+}", what, "8.1", in_list((block, "codebook"), 1, value - 192)
        for key in (*TABLES, "norm"):
            what = f"the list {key} of {block} is too short"
            yield f"{block}-{key}-short", what, "6.1", in_block(block, **{key: lambda values: values[:-1]})
        what = f"a codeword of {block} is missing"
        yield f"{block}-codebook-short", what, "6.1", in_block(block, codebook=lambda values: values[:-2])
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


def tables():
    """SPEC 9.1."""
    yield "tables-0", "no table", "9.1", in_model("tables", lambda old: [])
    yield "tables-1", "one table", "9.1", in_model("tables", lambda old: old[:1])
    yield "tables-1025", "1,025 tables", "9.1", in_model("tables", lambda old: old[:1] * 1025)
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
    yield "table-0", "a sum of 65,537 of table 0, which is never used", "9.1", in_table(lambda old: [old[0] + 1, *old[1:]], 0)
