#!/usr/bin/env python3
"""Dead units of a model in training begin anew.

    scripts/revive-units.py CHECKPOINT OUT

A unit behind a ReLU that is never above 0 has no gradient, and stays dead. It is known by its momentum, which has faded to nothing. In the analysis' blocks at 1/16, in the
hyper-analysis and in the context networks such units get fresh weights, as a new model has them, and outgoing weights of 0: the model is what it was, and the units can learn.
(Dormant neurons: Sokar et al. 2023.) Resume with OUT as checkpoint.safetensors. Needs NumPy.
"""
import importlib.util
import pathlib
import sys

import numpy

FADED = 1e-9
# Of the default architecture: positions that a hyper-latent's last layer sees.
UNSHUFFLED = 4


def tool():
    """Reading and writing checkpoints, as the other script does."""
    path = pathlib.Path(__file__).with_name("grow-latents.py")
    spec = importlib.util.spec_from_file_location("grow_latents", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Checkpoint:
    def __init__(self, tensors):
        self.tensors = {name: tensor.copy() for name, tensor in tensors.items()}
        self.random = numpy.random.default_rng(5)

    def names(self):
        return {key.split("/", 1)[1].rsplit(".", 1)[0] for key in self.tensors if key.startswith("value/")}

    def dead(self, layer):
        momentum = self.tensors[f"first/{layer}.weight"]
        return numpy.abs(momentum.reshape(len(momentum), -1)).max(1) < FADED

    def put(self, name, where, values):
        for state in ("value", "average"):
            self.tensors[f"{state}/{name}"][where] = values
        for state in ("first", "second"):
            self.tensors[f"{state}/{name}"][where] = 0

    def fresh(self, layer, units):
        """Weights of a 1×1 convolution with ReLU, He et al. 2015."""
        inputs = self.tensors[f"value/{layer}.weight"].shape[1]
        self.put(f"{layer}.weight", units, self.random.normal(0, numpy.sqrt(2 / inputs), (units.sum(), inputs, 1, 1)))
        self.put(f"{layer}.bias", units, 0)

    def fresh_depthwise(self, layer, units):
        """The identity with some noise."""
        weights = self.random.normal(0, 0.15, (units.sum(), 1, 3, 3))
        weights[:, 0, 1, 1] += 1
        self.put(f"{layer}.weight", units, weights)
        self.put(f"{layer}.bias", units, 0)

    def silence(self, layer, inputs):
        self.put(f"{layer}.weight", (slice(None), inputs), 0)


def revive(model):
    """How many units of each place begin anew."""
    counts = {}
    for layer in sorted(model.names()):
        if "." not in layer:
            continue
        network, index = layer.rsplit(".", 1)
        if network == "analysis" and f"analysis.{int(index) + 2}" in model.names() and (wide := f"analysis.{int(index) + 1}") in model.names():
            # Depthwise, wide, narrow: the last one's bias is what a dead block adds, and stays.
            units = model.dead(wide)
            if units.all():
                model.fresh_depthwise(layer, numpy.ones(len(model.tensors[f"value/{layer}.bias"]), bool))
            model.fresh(wide, units)
            model.silence(f"analysis.{int(index) + 2}", units)
            counts[wide] = units.sum()
        if network == "hyper_analysis" and index == "4":
            units = model.dead(layer)
            model.fresh("hyper_analysis.3", units)
            model.fresh_depthwise(layer, units)
            model.silence("hyper_analysis.6", numpy.tile(units, UNSHUFFLED))
            counts[layer] = units.sum()
        if network.startswith("context") and index in "12":
            units = model.dead(layer)
            if index == "1":
                model.fresh(f"{network}.0", units)
                model.fresh_depthwise(layer, units)
            else:
                model.fresh(layer, units)
            model.silence(f"{network}.{int(index) + 1}", units)
            counts[layer] = units.sum()
    return counts


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    files = tool()
    model = Checkpoint(files.read(sys.argv[1]))
    for layer, count in revive(model).items():
        print(f"{layer}: {count} of {len(model.tensors[f'value/{layer}.bias'])}")
    files.write(pathlib.Path(sys.argv[2]), model.tensors)


if __name__ == "__main__":
    main()
