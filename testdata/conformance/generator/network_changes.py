"""As model_changes.py: networks as a whole (SPEC 6.2, 7.1, 7.3, 7.4)."""

import write_model as m
from change_model import in_layer, in_layers, in_network, of


def networks():
    """SPEC 7.1, 7.3, 7.4 and 6.2: networks as a whole."""
    net = "synthesis_body"

    def over(old):
        """Biases with which the first accumulator reaches 2^31: inputs within 2^14 − 1, shift 9."""
        size = old["kernel"] ** 2 * old["inputs"]
        weight = sum(map(abs, old["weights"][:size]))
        return [2**31 - 256 - (2**14 - 1) * weight, *old["bias"][1:]]

    yield "bound", "an accumulator that may reach 2^31", "7.4", in_layer(net, 3, bias=over)
    yield (
        "bound-minus",
        "the same with a negative bias",
        "7.4",
        in_layer(net, 3, bias=lambda old: [-over(old)[0], *old["bias"][1:]]),
    )
    yield "bound-knot", "the same at one knot of two", "7.4", in_layer(net, 3, bias=lambda old: [*old["bias"], *over(old)])
    yield "bound-weights", "weights alone that may reach 2^31", "7.4", in_layer(net, 3, weights=[32767] * 36)

    def detour(old):
        conv = lambda inputs, outputs: of(old[0], inputs=inputs, outputs=outputs, weights=[0] * inputs * outputs, bias=[0] * outputs)
        down, up = [m.unshuffle(16), conv(1536, 2)], [conv(2, 32), m.shuffle(4), conv(2, 768), m.shuffle(4)]
        return [*down, m.unshuffle(8), m.shuffle(8), *up]

    yield "stride-128", "a stride of 128 times the input's on the way", "7.3", in_layers("renderer", detour)
    least = dict(
        synthesis_linear=15,
        synthesis_body=14,
        synthesis_lift=15,
        hyper_synthesis=14,
    )
    for name, bits in least.items():
        yield f"{name.replace('_', '-')}-bits", f"input_bits {bits - 1} of {name}", "6.2", in_network(name, bits=bits - 1)
        yield f"{name.replace('_', '-')}-inputs", f"{name} has 6 inputs", "6.2", in_network(name, inputs=6)
    yield "step-bits", "input_bits 13 of a step", "6.2", in_network(0, bits=13)
    yield "inputs-0", "a network without inputs", "7.1", in_network("renderer", inputs=0)
    wide = in_layers("hyper_synthesis", lambda old: [*old[:2], of(old[3], clamp=15)])
    yield "psi-bits", "a ψ of 15 bits for steps of 14", "6.2", wide
    odd = in_layers("hyper_synthesis", lambda old: [*old[:2], of(old[3], outputs=3, weights=[0] * 54, bias=[0] * 3)])
    yield "psi-odd", "a ψ of 3 channels", "6.2", odd


def synthesis():
    """SPEC 6.2: strides and channels of the four networks of synthesis, each of them valid by itself."""

    def conv(old, outputs):
        """The Conv `old` with other outputs."""
        size = old[1]["kernel"] ** 2 * old[1]["inputs"]
        return of(old, outputs=outputs, weights=[1] * size * outputs, bias=[0] * outputs)

    def change(which, layers):
        return in_layers(f"synthesis_{which}" if which != "renderer" else which, layers)

    for which, name, what, layers in (
        ("linear", "pixels", "three channels at stride 1", lambda old: [*old, m.shuffle(4)]),
        ("linear", "stride-2", "48 channels at stride 2", lambda old: [*old[:-1], conv(old[-1], 192), m.shuffle(2)]),
        ("linear", "stride-16", "48 channels at stride 16", lambda old: [old[0], conv(old[1], 48)]),
        ("linear", "outputs", "12 channels at stride 4", lambda old: [*old[:-1], conv(old[-1], 12)]),
        ("linear", "outputs-49", "49 channels at stride 4", lambda old: [*old[:-1], conv(old[-1], 49)]),
        ("body", "stride-8", "features at stride 8", lambda old: [conv(old[0], 8), m.shuffle(2), *old[2:]]),
        ("body", "stride-1", "features at stride 1", lambda old: [*old[:5], conv(old[5], 96), m.shuffle(4), old[6]]),
        ("body", "outputs", "4 channels, the renderer has 6", lambda old: [*old[:5], conv(old[5], 4)]),
        ("body", "outputs-8", "8 channels, the renderer has 6", lambda old: [*old[:5], conv(old[5], 8)]),
        ("lift", "stride-2", "6 channels at stride 2", lambda old: [conv(old[0], 24), m.shuffle(2)]),
        (
            "lift",
            "stride-8",
            "6 channels at stride 8",
            lambda old: [conv(old[0], 2), m.unshuffle(2), conv(of(old[0], inputs=8), 6)],
        ),
        ("lift", "outputs", "4 channels, the renderer has 6", lambda old: [conv(old[0], 4)]),
        ("lift", "outputs-1", "1 channel, the renderer has 6", lambda old: [conv(old[0], 1)]),
        ("lift", "none", "no layers and so 48 channels, the renderer has 6", lambda old: []),
        ("renderer", "pixels", "three channels at stride 1", lambda old: [*old, m.shuffle(4)]),
        ("renderer", "stride-2", "48 channels at stride 2", lambda old: [*old[:-1], conv(old[-1], 192), m.shuffle(2)]),
        ("renderer", "outputs-3", "3 channels", lambda old: [*old[:-1], conv(old[-1], 3)]),
        ("renderer", "outputs-12", "12 channels", lambda old: [*old[:-1], conv(old[-1], 12)]),
        ("renderer", "none", "no layers and so 6 channels", lambda old: []),
    ):
        yield f"{'' if which == 'renderer' else 'synthesis-'}{which}-{name}", f"{which}: {what}", "6.2", change(which, layers)

    def renderer(inputs):
        """A renderer of other inputs, valid by itself."""
        return lambda model: model["renderer"].update(
            inputs=inputs, layers=[conv(of(model["renderer"]["layers"][0], inputs=inputs), 6), *model["renderer"]["layers"][1:]]
        )

    for inputs in (4, 8):
        what = f"a renderer of {inputs} inputs, the other two networks have 6 outputs"
        yield f"renderer-inputs-{inputs}", what, "6.2", renderer(inputs)
    for bits in (0, 16):
        yield f"renderer-bits-{bits}", f"input_bits {bits} of renderer", "7.1", in_network("renderer", bits=bits)
    swapped = lambda model: model.update(synthesis_body=model["synthesis_lift"], synthesis_lift=model["synthesis_body"])
    yield "synthesis-swapped", "synthesis_body and synthesis_lift in each other's place", "6.2", swapped
