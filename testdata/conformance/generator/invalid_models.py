"""The invalid models of the suite: each breaks one rule. With each goes a picture's file that names it by its digest."""

import hashlib
from dataclasses import dataclass

import write_container as c
import write_model as m

NAMES = m.NETWORKS


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
    good = m.write(m.small())
    body = good[:-4]
    yield "empty", "an empty file", "Model", b""
    yield "signature", "a picture's signature", "Model", m.with_crc(c.SIGNATURE + body[8:])
    yield "signature-text", "CR LF became LF in the signature", "Model", good.replace(b"\r\n", b"\n", 1)
    for n in (7, 8, 11, 12, 15):
        yield f"truncated-{n}", f"the first {n} bytes", "Model", good[:n]
    yield "truncated", "the file ends a byte early", "Crc", good[:-1]
    yield "crc", "the CRC is wrong by a bit", "Crc", body + bytes([good[-4] ^ 1]) + good[-3:]
    yield "damage", "a bit of a weight is flipped", "Crc", good[:3000] + bytes([good[3000] ^ 4]) + good[3001:]
    for n in (12, 16, 21, 60, 1000, len(body) - 1):
        yield f"ends-{n}", f"the fields end after {n} bytes, with a right CRC", "Model", m.with_crc(body[:n])
    yield "after", "a byte after the last field, with a right CRC", "Model", m.with_crc(body + b"\0")
    yield "list-length", "a name of 2^32 − 1 bytes", "Model", m.with_crc(body[:12] + b"\xff" * 4 + body[16:])
    for version in (0, 2, 2**32 - 1):
        yield f"version-{version}", f"version {version}", "Unsupported", m.write(m.small() | dict(version=version))
    yield "version-crc", "version 2 with a wrong CRC: the version is looked at first", "Unsupported", m.write(m.small() | dict(version=2))[:-1] + b"?"
    yield "name", "a name that is not UTF-8", "Model", m.write(m.small() | dict(name=b"\xff"))
    short = m.small()
    short["z"]["codebook"] = short["z"]["codebook"][:-1]
    yield "codebook-odd", "a codebook of an odd number of values", "Model", m.write(short)


def changes():
    """(section, name, what, function that changes the model) of models whose fields are read, but break a rule."""

    def put(name, what, section, change):
        return section, name, what, change

    def of_block(block, key, value, at=0):
        def change(model):
            model[block][key][at] = value

        return change

    def of_conv(network, layer, **fields):
        def change(model):
            net = model["steps"][network]["network"] if isinstance(network, int) else model[network]
            code, conv = net["layers"][layer]
            net["layers"][layer] = code, conv | {k: v(conv) if callable(v) else v for k, v in fields.items()}

        return change

    def of_layers(network, change_layers):
        def change(model):
            net = model["steps"][network]["network"] if isinstance(network, int) else model[network]
            net["layers"] = change_layers(net["layers"])

        return change

    def of_network(network, **fields):
        def change(model):
            (model["steps"][network]["network"] if isinstance(network, int) else model[network]).update(fields)

        return change

    def of_step(step, **fields):
        return lambda model: model["steps"][step].update(fields)

    def steps(change_steps):
        return lambda model: model.update(steps=change_steps(model["steps"]))

    # 8.1, 8.2: latent blocks.
    for block in ("z", "y"):
        for key in ("step", "gain", "mean_gain", "norm"):
            yield put(f"{block}-{key}-0", f"a {key} of {block} is 0", "8.1", of_block(block, key, 0, -1))
        for value in (-32769, 32769):
            yield put(f"{block}-log-scale{value:+}", f"a log_scale of {block} is {value}", "8.1", of_block(block, "log_scale", value))
        for value in (-129, 129):
            shift = lambda model, block=block, value=value: of_block(block, "codebook", value - 192, 1)(model)
            yield put(f"{block}-codeword{value:+}", f"a codeword of {block} is {value} from its lattice point", "8.1", shift)
        cut = lambda key, n, block=block: lambda model: model[block].update({key: model[block][key][:-n]})
        for key in ("step", "gain", "mean_gain", "log_scale", "norm"):
            yield put(f"{block}-{key}-short", f"the list {key} of {block} is too short", "6.1", cut(key, 1))
        yield put(f"{block}-codebook-short", f"a codeword of {block} is missing", "6.1", cut("codebook", 2))
    yield put("y-channels-0", "a latent block without channels", "8.1", lambda model: model["y"].update(channels=0))
    yield put("y-channels-odd", "an odd number of latent channels", "8.1", lambda model: model["y"].update(channels=5))
    more = lambda model: model["z"].update({k: v[:2] + v[:2] + v for k, v in model["z"].items() if k in ("step", "gain", "mean_gain", "log_scale")})
    yield put("z-knots-5-of-4", "5 knots of step and 4 of the rest", "8.2", lambda model: (more(model), model["z"].update(gain=model["z"]["gain"][:8])))
    four = lambda model: model["z"].update({k: v[:2] + v for k, v in model["z"].items() if k in ("step", "gain", "mean_gain", "log_scale")})
    yield put("z-knots-4", "4 knots", "8.2", four)
    none = lambda model: model["z"].update(step=[], gain=[], mean_gain=[], log_scale=[])
    yield put("z-knots-0", "no knots", "8.2", none)
    many = lambda model: model["z"].update({k: v[:2] * 2049 for k, v in model["z"].items() if k in ("step", "gain", "mean_gain", "log_scale")})
    yield put("z-knots-2049", "2,049 knots", "8.2", many)
    for key in ("z_mean", "z_log_scale"):
        yield put(f"{key.replace('_', '-')}-short", f"{key} is too short", "6.2", lambda model, key=key: model.update({key: model[key][:-1]}))
        yield put(f"{key.replace('_', '-')}-long", f"{key} is too long", "6.2", lambda model, key=key: model.update({key: model[key] + [0]}))

    # 7.2: layers by themselves.
    conv, kernel = "synthesis", 3
    for value in (0, 2, 5):
        yield put(f"conv-kernel-{value}", f"a kernel of {value}", "7.2", of_conv(conv, kernel, kernel=value))
    yield put("conv-shift", "a Conv with a shift of 31", "7.2", of_conv(conv, kernel, shift=31))
    for value in (0, 16):
        yield put(f"conv-clamp-{value}", f"a Conv with clamp_bits {value}", "7.2", of_conv(conv, kernel, clamp=value))
        yield put(f"add-clamp-{value}", f"an AddSaved with clamp_bits {value}", "7.2", of_layers(conv, lambda ls, v=value: [*ls[:4], m.add(v), *ls[5:]]))
    yield put("conv-activation", "activation 2", "6.1", of_conv(conv, kernel, relu=2))
    yield put("conv-weights-short", "a weight too few", "6.1", of_conv(conv, kernel, weights=lambda f: f["weights"][:-1]))
    yield put("conv-weights-long", "a weight too many", "6.1", of_conv(conv, kernel, weights=lambda f: f["weights"] + [0]))
    yield put("conv-bias-short", "a bias too few", "6.1", of_conv(conv, kernel, bias=lambda f: f["bias"][:-1]))
    yield put("conv-bias-knots", "4 knots of bias", "8.2", of_conv(conv, kernel, bias=lambda f: f["bias"] * 4))
    yield put("conv-bias-empty", "no bias", "8.2", of_conv(conv, kernel, bias=[]))
    odd = lambda ls: [*ls[:4], ls[4], (0, dict(ls[5][1], outputs=3, weights=[0] * 6, bias=[0] * 3)), (0, dict(ls[5][1], inputs=3, weights=[0] * 144)), ls[6]]
    yield put("conv-inputs-odd", "a Conv with 3 inputs", "7.2", of_layers(conv, odd))
    yield put("conv-outputs-0", "a Conv without outputs", "7.1", of_conv(conv, 5, outputs=0, weights=[], bias=[]))
    for value in (0, 1, 17):
        yield put(f"shuffle-{value}", f"Shuffle by {value}", "7.2", of_layers(conv, lambda ls, v=value: [*ls[:-1], m.shuffle(v)]))
        yield put(f"unshuffle-{value}", f"Unshuffle by {value}", "7.2", of_layers("analysis", lambda ls, v=value: [m.unshuffle(v), *ls[1:]]))
    yield put("shuffle-channels", "Shuffle by 5 of 48 channels", "7.4", of_layers(conv, lambda ls: [*ls[:-1], m.shuffle(5)]))
    yield put("unshuffle-channels", "Unshuffle to more than 4,096 channels", "7.1", of_layers("analysis", lambda ls: [m.unshuffle(16), m.unshuffle(4), *ls[1:]]))
    yield put("gain-shift", "a Gain with a shift of 31", "7.2", of_layers("synthesis_linear", lambda ls: [m.gain(31, ls[0][2]), *ls[1:]]))
    yield put("gain-short", "a multiplier too few", "7.2", of_layers("synthesis_linear", lambda ls: [m.gain(12, ls[0][2][:-1]), *ls[1:]]))
    yield put("layer-code", "layer code 6", "6.1", of_layers(conv, lambda ls: [(6,), *ls]))

    # 7.2: Save and AddSaved.
    yield put("save-twice", "Save after Save", "7.2", of_layers(conv, lambda ls: [*ls[:3], m.SAVE, *ls[3:]]))
    yield put("save-alone", "a Save without AddSaved", "7.2", of_layers(conv, lambda ls: [*ls, m.SAVE]))
    yield put("add-alone", "an AddSaved without Save", "7.2", of_layers(conv, lambda ls: [m.add(), *ls]))
    yield put("add-channels", "AddSaved of other numbers of channels", "7.2", of_layers(conv, lambda ls: [*ls[:4], ls[5], ls[4], *ls[6:]]))
    yield put("add-shuffled", "a Shuffle between Save and AddSaved", "7.2", of_layers(conv, lambda ls: [ls[0], m.SAVE, ls[1], m.add(), *ls[5:]]))
    undone = lambda ls: [*ls[:3], m.unshuffle(2), m.shuffle(2), *ls[3:]]
    yield put("add-shuffled-back", "a Shuffle and its inverse between Save and AddSaved", "7.2", of_layers(conv, undone))

    # 7.3, 7.4: networks as a whole.
    def over(fields):
        """The accumulator reaches 2^31: the last input bound 2^14 − 1, shift 9."""
        size = fields["kernel"] ** 2 * fields["inputs"]
        weight = sum(abs(w) for w in fields["weights"][:size])
        return [2**31 - 256 - (2**14 - 1) * weight, *fields["bias"][1:]]

    yield put("bound", "an accumulator that may reach 2^31", "7.4", of_conv(conv, kernel, bias=over))
    yield put("bound-minus", "the same with a negative bias", "7.4", of_conv(conv, kernel, bias=lambda f: [-over(f)[0], *f["bias"][1:]]))
    knots = lambda f: f["bias"] + [over(f)[0], *f["bias"][1:]]
    yield put("bound-knot", "the same at one knot of two", "7.4", of_conv(conv, kernel, bias=knots))
    yield put("bound-weights", "weights alone that may reach 2^31", "7.4", of_conv(conv, kernel, weights=[32767] * 36))
    yield put("stride-128", "a stride of 128 on the way", "7.3", of_layers("analysis", lambda ls: [m.unshuffle(16), (0, dict(ls[1][1], inputs=768, weights=[0] * 1536)), m.unshuffle(8), m.shuffle(8), *[(0, dict(ls[3][1], inputs=2, weights=[0] * 8))]]))
    yield put("stride", "an analysis to stride 4", "6.2", of_layers("analysis", lambda ls: [*ls[:2], (0, dict(ls[3][1], inputs=2, weights=[0] * 8))]))
    yield put("outputs", "a synthesis with 12 outputs", "6.2", of_layers(conv, lambda ls: [*ls[:-1], m.shuffle(2)]))
    for name, bits in (("synthesis_linear", 14), ("synthesis", 13), ("hyper_synthesis", 13), ("hyper_analysis", 13), ("analysis_linear", 7), ("analysis", 7), (0, 13)):
        label = f"step-{name}" if name == 0 else name.replace("_", "-")
        yield put(f"{label}-bits", f"input_bits {bits} of {label}", "6.2", of_network(name, bits=bits))
    for bits in (0, 16):
        yield put(f"input-bits-{bits}", f"input_bits {bits}", "7.1", of_network("analysis", bits=bits))
    for name in NAMES:
        yield put(f"{name.replace('_', '-')}-inputs", f"{name} has other inputs", "6.2", of_network(name, inputs=6))
    yield put("inputs-0", "a network without inputs", "7.1", of_network("analysis", inputs=0))
    wide = lambda model: (of_conv("hyper_synthesis", 3, clamp=15)(model), of_layers("hyper_synthesis", lambda ls: [*ls[:2], ls[3]])(model))
    yield put("psi-bits", "a ψ of 15 bits for steps of 14", "6.2", wide)
    odd_psi = lambda ls: [*ls[:2], (0, dict(ls[3][1], outputs=3, weights=[0] * 54, bias=[0] * 3))]
    yield put("psi-odd", "a ψ of 3 channels", "6.2", of_layers("hyper_synthesis", odd_psi))

    # 8.5: coding steps.
    yield put("steps-none", "no coding steps", "8.5", steps(lambda s: []))
    yield put("steps-end", "steps that do not cover all channels", "8.5", steps(lambda s: s[:2]))
    yield put("steps-half", "an even step at the end without its odd one", "8.5", steps(lambda s: s[:1]))
    yield put("steps-order", "odd before even", "8.5", steps(lambda s: [s[1], s[0], s[2]]))
    yield put("steps-between", "a step between even and odd", "8.5", steps(lambda s: [s[0], s[2], s[1]]))
    yield put("steps-twice", "channels covered twice", "8.5", steps(lambda s: [*s, s[2]]))
    yield put("steps-gap", "channels that no step covers", "8.5", steps(lambda s: s[2:]))
    yield put("step-odd-bound", "a range that ends at an odd number", "8.5", of_step(2, b=3))
    yield put("step-empty", "an empty range", "8.5", of_step(2, b=2))
    yield put("step-backwards", "a range that ends before it begins", "8.5", of_step(2, b=0))
    yield put("step-beyond", "a range beyond the latents", "8.5", of_step(2, b=6))
    yield put("step-parity", "parity 3", "6.1", of_step(2, parity=3))
    yield put("step-odd-other", "an odd step of another range than the even one", "8.5", of_step(1, b=4))
    yield put("step-kernel", "a second Conv of kernel 3", "8.5", of_conv(1, 1, kernel=3, weights=lambda f: f["weights"] * 9))
    yield put("step-first", "a first layer that is no Conv", "8.5", of_layers(1, lambda ls: [m.gain(0, [1] * 4), *ls]))
    yield put("step-shuffle", "a Shuffle in a step", "8.5", of_layers(1, lambda ls: [ls[0], m.unshuffle(2), m.shuffle(2), ls[1]]))
    yield put("step-outputs", "a step with 2 outputs for 2 channels", "8.5", of_conv(1, 1, outputs=2, weights=lambda f: f["weights"][:12], bias=[0, 0]))
    yield put("step-network", "the network of another step", "8.5", lambda model: model["steps"][1].update(network=model["steps"][0]["network"]))

    # 9.1: tables.
    def table(change, at=5):
        return lambda model: model["tables"].__setitem__(at, change(model["tables"][at]))

    yield put("tables-1", "one table", "9.1", lambda model: model.update(tables=model["tables"][:1]))
    yield put("tables-0", "no table", "9.1", lambda model: model.update(tables=[]))
    yield put("tables-1025", "1,025 tables", "9.1", lambda model: model.update(tables=model["tables"][:1] * 1025))
    yield put("table-sum-less", "a table whose sum is 65,535", "9.1", table(lambda t: [t[0] - 1, *t[1:]]))
    yield put("table-sum-more", "a table whose sum is 65,537", "9.1", table(lambda t: [t[0] + 1, *t[1:]]))
    yield put("table-zero", "a frequency of 0", "9.1", table(lambda t: [0, t[0] + t[1], *t[2:]]))
    yield put("table-escape-zero", "an escape of frequency 0", "9.1", table(lambda t: [t[0] + t[-1], *t[1:-1], 0]))
    yield put("table-odd", "an odd number of frequencies", "9.1", table(lambda t: [t[0] + t[1], *t[2:]]))
    yield put("table-2", "a table without bound (M = 0)", "9.1", table(lambda t: [65000, 536]))
    yield put("table-empty", "an empty table", "9.1", table(lambda t: []))
    yield put("table-0", "the same of table 0, which is never used", "9.1", table(lambda t: [t[0] + 1, *t[1:]], 0))


def cases():
    for name, what, error, data in files():
        yield InvalidModel(name, what, "6.1", (error,), data)
    for section, name, what, change in changes():
        yield InvalidModel(name, what, section, ("Model",), m.write(m.variant(m.small(), change)))
