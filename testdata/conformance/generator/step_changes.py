"""As model_changes.py: coding steps (SPEC 8.5)."""

import write_model as m
from change_model import in_layer, in_layers, in_step, in_steps, of


def steps():
    """SPEC 8.5."""
    for name, what, change in (
        ("none", "no coding steps", lambda old: []),
        ("end", "steps that do not cover all channels", lambda old: old[:2]),
        ("half", "an even step at the end without its odd one", lambda old: old[:1]),
        ("order", "odd before even", lambda old: [old[1], old[0], old[2]]),
        ("between", "a step between even and odd", lambda old: [old[0], old[2], old[1]]),
        ("twice", "channels covered twice", lambda old: [*old, old[2]]),
        ("gap", "channels that no step covers", lambda old: old[2:]),
    ):
        yield f"steps-{name}", what, "8.5", in_steps(change)
    yield "step-odd-bound", "a range that ends at an odd number", "8.5", in_step(2, b=3)
    yield "step-empty", "an empty range", "8.5", in_step(2, b=2)
    yield "step-backwards", "a range that ends before it begins", "8.5", in_step(2, b=0)
    yield "step-beyond", "a range beyond the latents", "8.5", in_step(2, b=6)
    yield "step-parity", "parity 3", "6.1", in_step(2, parity=3)
    yield "step-odd-other", "an odd step of another range than the even one", "8.5", in_step(1, b=4)
    wide = in_layer(1, 1, kernel=3, weights=lambda old: old["weights"] * 9)
    yield "step-kernel", "a second Conv of kernel 3", "8.5", wide
    conv3 = lambda layer: of(layer, kernel=3, weights=lambda old: old["weights"] * 9)
    for name, what, at, change in (
        ("first", "a first layer that is no Conv or Depthwise", 2, lambda old: [m.gain(0, [1] * 4), *old]),
        ("first-save", "a Save in front", 2, lambda old: [m.SAVE, m.gain(0, [1] * 4), m.add(), *old]),
        ("no-layers", "no layers", 2, lambda old: []),
        ("depthwise-twice", "two Depthwise one after the other", 0, lambda old: [*old[:2], *old[1:]]),
        ("depthwise-apart", "two Depthwise with other layers between them", 0, lambda old: [*old[:5], old[1], old[5]]),
        ("conv-depthwise", "a Depthwise behind a Conv of kernel 3", 0, lambda old: [conv3(old[0]), *old[1:]]),
        ("depthwise-conv", "a Conv of kernel 3 behind a Depthwise", 2, lambda old: [old[0], conv3(old[1]), old[2]]),
        ("saved-depthwise", "a Depthwise between Save and AddSaved", 0, lambda old: [old[0], old[2], old[1], *old[3:]]),
        (
            "saved-depthwise-last",
            "a Depthwise before AddSaved, behind a Conv",
            0,
            lambda old: [old[0], old[2], old[3], old[1], *old[4:]],
        ),
        (
            "saved-conv",
            "a Conv of kernel 3 between Save and AddSaved",
            0,
            lambda old: [old[0], old[2], conv3(old[3]), *old[4:]],
        ),
        (
            "saved-again",
            "a Depthwise between the second Save and its AddSaved",
            0,
            lambda old: [old[0], *old[2:5], old[2], old[1], *old[4:]],
        ),
    ):
        yield f"step-{name}", what, "8.5", in_layers(at, change)
    shuffled = in_layers(1, lambda old: [old[0], m.unshuffle(2), m.shuffle(2), old[1]])
    yield "step-shuffle", "a Shuffle in a step", "8.5", shuffled
    half = in_layer(1, 1, outputs=2, weights=lambda old: old["weights"][:12], bias=[0, 0])
    yield "step-outputs", "2 outputs for 2 channels", "8.5", half
    other = lambda model: model["steps"][1].update(network=model["steps"][0]["network"])
    yield "step-network", "the network of another step", "8.5", other
