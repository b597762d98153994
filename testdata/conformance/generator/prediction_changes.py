"""As model_changes.py: linear prediction (SPEC 8.7, 8.8), and its lists in the file (SPEC 6.1)."""

import random

import write_model as m
from change_model import in_step
from prediction_models import synthesis
from suite_models import small


def feedback():
    """SPEC 8.7. The lists of `small` have two items each."""
    at = lambda which, change: lambda model: in_step(which, feedback=change(model["steps"][which]["feedback"]))(model)
    for which, step in enumerate(("even", "odd", "all")):
        yield f"feedback-{step}-1", f"step {step}: feedback of one item for two channels", "8.7", at(which, lambda old: old[:1])
        yield f"feedback-{step}-3", f"step {step}: feedback of three items for two channels", "8.7", at(which, lambda old: [*old, old[0]])
        what = f"step {step}: the second channel's weight is 257"
        yield f"feedback-{step}-257", what, "8.7", at(which, lambda old: [old[0], (old[1][0], 257)])
    yield "feedback-65535", "a weight of 65,535", "8.7", at(0, lambda old: [(old[0][0], 65535), old[1]])
    yield "feedback-latents", "feedback of four items, as many as there are latents, for two channels", "8.7", at(0, lambda old: old * 2)
    what = "a weight of 257 of a channel whose neighbours have none, so that it has no effect"
    yield "feedback-unused", what, "8.7", at(0, lambda old: [((0, 0, 0, 0), 257), old[1]])


def across():
    """SPEC 8.8."""
    for count, what in ((2, "an item for each channel"), (3, "items for the diagonal too"), (4, "items for all pairs")):
        yield f"across-2-{count}", f"weights across two channels: {what}, {count} in all", "8.8", in_step(0, across=[9] * count)
    for count, what in ((3, "one from each channel to the next"), (5, "one too few"), (7, "one too many"), (10, "a diagonal too"), (16, "all pairs")):
        yield f"across-4-{count}", f"weights across four channels: {what}, {count} in all", "8.8", across_four([9] * count)
    for item in (16385, -16385, 32767, -32768):
        yield f"across{item:+}", f"a weight across channels of {item}", "8.8", in_step(2, across=[item])
    for place in (0, 3, 5):
        items = [(-1) ** place * 16385 if i == place else 16384 for i in range(6)]
        yield f"across-4-item-{place}", f"weights across four channels: item {place} is {items[place]}", "8.8", across_four(items)
    yield "across-258", "weights across 258 channels, as many as would be called for", "8.8", across_many


def across_four(items):
    """All channels in one step, with such weights."""

    def change(model):
        layers = m.conv(random.Random("four"), 1, 2, 8)
        model["steps"] = [m.step(0, 4, m.ALL, m.network(2, 14, layers), across=items)]

    return change


def across_many(model):
    rng = random.Random("many")
    layers = m.conv(rng, 1, 2, 2), m.conv(rng, 1, 2, 516)
    step = m.step(0, 258, m.ALL, m.network(2, 14, *layers), across=[0] * (258 * 257 // 2))
    model.update(y=m.block(rng, 258, [16 << 8]), steps=[step], **synthesis(rng, 258))


def lists():
    """Damage below the level of fields: (name, what, data), of model files with a right length and CRC."""
    model = small()
    fields, last = m.fields(model), m.write_step(model["steps"][-1])
    feedback, weights = last[-22:-6], last[-6:]  # two items of 6 bytes, one of 2
    assert fields.count(feedback + weights) == 1
    start = fields.index(feedback + weights)
    for n, what in (
        (0, "before `feedback`"),
        (4, "behind the length of `feedback`"),
        (8, "between a channel's neighbours and its weight"),
        (10, "behind one channel of two"),
        (16, "before `across`"),
        (20, "behind the length of `across`"),
        (21, "in an item of `across`"),
        (22, "behind `across`"),
    ):
        yield f"ends-prediction-{n}", f"the last coding step: the fields end {what}", m.model_file(fields[: start + n])
    endless = b"\xff" * 4
    replaced = lambda by: m.model_file(fields.replace(feedback + weights, by))
    yield "feedback-length", "feedback of 2^32 − 1 items", replaced(endless + feedback[4:] + weights)
    yield "across-length", "2^32 − 1 weights across channels", replaced(feedback + endless + weights[4:])
    yield "prediction-order", "`across` before `feedback` in the last coding step", replaced(weights + feedback)
    yield "prediction-missing", "the last coding step has neither list, as in model files of version 6", replaced(b"")
    yield "prediction-half", "the last coding step has `feedback`, but no `across`", replaced(feedback)
