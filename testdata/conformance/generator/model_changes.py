"""Changes that make the model `small` invalid: (name, what, section, function that changes the model), one broken rule each."""

import write_model as m

TABLES = ("step", "gain", "mean_gain", "log_scale")
ZEROS = dict(weights=[0] * 8, bias=[0] * 4)


def network(model, which):
    """A network by its name, or a coding step's by its number."""
    return model["steps"][which]["network"] if isinstance(which, int) else model[which]


def in_block(block, **lists):
    """Replaces fields of a latent block by what functions make of them."""
    return lambda model: model[block].update({key: change(model[block][key]) for key, change in lists.items()})


def in_list(path, at, value):
    """Replaces one number of a latent block's list."""
    block, key = path
    return lambda model: model[block][key].__setitem__(at, value)


def in_network(which, **fields):
    return lambda model: network(model, which).update(fields)


def in_layers(which, change):
    return lambda model: network(model, which).update(layers=change(network(model, which)["layers"]))


def of_conv(layer, **fields):
    """A Conv with other fields; functions are given the old ones."""
    code, old = layer
    return code, old | {key: value(old) if callable(value) else value for key, value in fields.items()}


def in_conv(which, at, **fields):
    return in_layers(which, lambda layers: [*layers[:at], of_conv(layers[at], **fields), *layers[at + 1 :]])


def in_step(which, **fields):
    return lambda model: model["steps"][which].update(fields)


def in_steps(change):
    return lambda model: model.update(steps=change(model["steps"]))


def in_table(change, at=5):
    return lambda model: model["tables"].__setitem__(at, change(model["tables"][at]))


def in_model(key, change):
    return lambda model: model.update({key: change(model[key])})


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


def layers():
    """SPEC 7.2 and the lists of 6.1. Layer 3 of `synthesis` is a Conv of kernel 3 between Save and AddSaved."""
    net = "synthesis"
    for value in (0, 2, 5):
        yield f"conv-kernel-{value}", f"a kernel of {value}", "7.2", in_conv(net, 3, kernel=value)
    yield "conv-shift", "a Conv with a shift of 31", "7.2", in_conv(net, 3, shift=31)
    for value in (0, 16):
        yield f"conv-clamp-{value}", f"a Conv with clamp_bits {value}", "7.2", in_conv(net, 3, clamp=value)
        replaced = in_layers(net, lambda old, value=value: [*old[:4], m.add(value), *old[5:]])
        yield f"add-clamp-{value}", f"an AddSaved with clamp_bits {value}", "7.2", replaced
    yield "conv-activation", "activation 2", "6.1", in_conv(net, 3, relu=2)
    yield "conv-weights-short", "a weight too few", "6.1", in_conv(net, 3, weights=lambda old: old["weights"][:-1])
    yield "conv-weights-long", "a weight too many", "6.1", in_conv(net, 3, weights=lambda old: old["weights"] + [0])
    yield "conv-bias-short", "a bias too few", "6.1", in_conv(net, 3, bias=lambda old: old["bias"][:-1])
    yield "conv-bias-knots", "4 knots of bias", "8.2", in_conv(net, 3, bias=lambda old: old["bias"] * 4)
    yield "conv-bias-empty", "no bias", "8.2", in_conv(net, 3, bias=[])
    yield "conv-outputs-0", "a Conv without outputs", "7.1", in_conv(net, 5, outputs=0, weights=[], bias=[])

    def odd(old):
        to_3 = of_conv(old[5], outputs=3, weights=[0] * 6, bias=[0] * 3)
        return [*old[:5], to_3, of_conv(old[5], inputs=3, weights=[0] * 144), old[6]]

    yield "conv-inputs-odd", "a Conv with 3 inputs", "7.2", in_layers(net, odd)
    for value in (0, 1, 17):
        last = in_layers(net, lambda old, value=value: [*old[:-1], m.shuffle(value)])
        yield f"shuffle-{value}", f"Shuffle by {value}", "7.2", last
        first = in_layers("analysis", lambda old, value=value: [m.unshuffle(value), *old[1:]])
        yield f"unshuffle-{value}", f"Unshuffle by {value}", "7.2", first
    yield "shuffle-channels", "Shuffle by 5 of 48 channels", "7.4", in_layers(net, lambda old: [*old[:-1], m.shuffle(5)])
    many = in_layers("analysis", lambda old: [m.unshuffle(16), m.unshuffle(4), *old[1:]])
    yield "unshuffle-channels", "Unshuffle to more than 4,096 channels", "7.1", many
    shift = in_layers("synthesis_linear", lambda old: [m.gain(31, old[0][2]), *old[1:]])
    yield "gain-shift", "a Gain with a shift of 31", "7.2", shift
    short = in_layers("synthesis_linear", lambda old: [m.gain(12, old[0][2][:-1]), *old[1:]])
    yield "gain-short", "a multiplier too few", "7.2", short
    yield "layer-code", "layer code 6", "6.1", in_layers(net, lambda old: [(6,), *old])
    for name, what, change in (
        ("save-twice", "Save after Save", lambda old: [*old[:3], m.SAVE, *old[3:]]),
        ("save-alone", "a Save without AddSaved", lambda old: [*old, m.SAVE]),
        ("add-alone", "an AddSaved without Save", lambda old: [m.add(), *old]),
        ("add-channels", "AddSaved of other numbers of channels", lambda old: [*old[:4], old[5], old[4], *old[6:]]),
        ("add-shuffled", "a Shuffle between Save and AddSaved", lambda old: [old[0], m.SAVE, old[1], m.add(), *old[5:]]),
        (
            "add-shuffled-back",
            "a Shuffle and its inverse between them",
            lambda old: [*old[:3], m.unshuffle(2), m.shuffle(2), *old[3:]],
        ),
    ):
        yield name, what, "7.2", in_layers(net, change)
    pairs = in_layers("analysis", lambda old: [*old[:-1], *[m.unshuffle(2), m.shuffle(2)] * 2048, *old[-1:]])
    yield "layers-many", "more than 4,096 layers in all, none of them wrong", "6.2", pairs


def networks():
    """SPEC 7.1, 7.3, 7.4 and 6.2: networks as a whole."""
    net = "synthesis"

    def over(old):
        """Biases with which the first accumulator reaches 2^31: inputs within 2^14 − 1, shift 9."""
        size = old["kernel"] ** 2 * old["inputs"]
        weight = sum(map(abs, old["weights"][:size]))
        return [2**31 - 256 - (2**14 - 1) * weight, *old["bias"][1:]]

    yield "bound", "an accumulator that may reach 2^31", "7.4", in_conv(net, 3, bias=over)
    yield (
        "bound-minus",
        "the same with a negative bias",
        "7.4",
        in_conv(net, 3, bias=lambda old: [-over(old)[0], *old["bias"][1:]]),
    )
    yield "bound-knot", "the same at one knot of two", "7.4", in_conv(net, 3, bias=lambda old: [*old["bias"], *over(old)])
    yield "bound-weights", "weights alone that may reach 2^31", "7.4", in_conv(net, 3, weights=[32767] * 36)

    def detour(old):
        to_2 = of_conv(old[1], inputs=768, weights=[0] * 1536)
        return [m.unshuffle(16), to_2, m.unshuffle(8), m.shuffle(8), of_conv(old[3], inputs=2, **ZEROS)]

    yield "stride-128", "a stride of 128 on the way", "7.3", in_layers("analysis", detour)
    short = in_layers("analysis", lambda old: [*old[:2], of_conv(old[3], inputs=2, **ZEROS)])
    yield "stride", "an analysis to stride 4", "6.2", short
    yield "outputs", "a synthesis with 12 outputs", "6.2", in_layers(net, lambda old: [*old[:-1], m.shuffle(2)])
    least = dict(synthesis_linear=15, synthesis=14, hyper_synthesis=14, hyper_analysis=14, analysis_linear=8, analysis=8)
    for name, bits in least.items():
        yield f"{name.replace('_', '-')}-bits", f"input_bits {bits - 1} of {name}", "6.2", in_network(name, bits=bits - 1)
        yield f"{name.replace('_', '-')}-inputs", f"{name} has 6 inputs", "6.2", in_network(name, inputs=6)
    yield "step-bits", "input_bits 13 of a step", "6.2", in_network(0, bits=13)
    for bits in (0, 16):
        yield f"input-bits-{bits}", f"input_bits {bits}", "7.1", in_network("analysis", bits=bits)
    yield "inputs-0", "a network without inputs", "7.1", in_network("analysis", inputs=0)
    wide = in_layers("hyper_synthesis", lambda old: [*old[:2], of_conv(old[3], clamp=15)])
    yield "psi-bits", "a ψ of 15 bits for steps of 14", "6.2", wide
    odd = in_layers("hyper_synthesis", lambda old: [*old[:2], of_conv(old[3], outputs=3, weights=[0] * 54, bias=[0] * 3)])
    yield "psi-odd", "a ψ of 3 channels", "6.2", odd


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
    wide = in_conv(1, 1, kernel=3, weights=lambda old: old["weights"] * 9)
    yield "step-kernel", "a second Conv of kernel 3", "8.5", wide
    yield "step-first", "a first layer that is no Conv", "8.5", in_layers(2, lambda old: [m.gain(0, [1] * 4), *old])
    shuffled = in_layers(1, lambda old: [old[0], m.unshuffle(2), m.shuffle(2), old[1]])
    yield "step-shuffle", "a Shuffle in a step", "8.5", shuffled
    half = in_conv(1, 1, outputs=2, weights=lambda old: old["weights"][:12], bias=[0, 0])
    yield "step-outputs", "2 outputs for 2 channels", "8.5", half
    other = lambda model: model["steps"][1].update(network=model["steps"][0]["network"])
    yield "step-network", "the network of another step", "8.5", other


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
