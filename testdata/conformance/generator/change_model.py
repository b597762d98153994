"""Functions that make a change of a model: each returns one that is given the model. For write_model.variant."""


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


def of(layer, **fields):
    """A Conv or Depthwise with other fields; functions are given the old ones."""
    code, old = layer
    return code, old | {key: value(old) if callable(value) else value for key, value in fields.items()}


def in_layer(which, at, **fields):
    """The same for layer `at` of a network."""
    return in_layers(which, lambda layers: [*layers[:at], of(layers[at], **fields), *layers[at + 1 :]])


def in_step(which, **fields):
    return lambda model: model["steps"][which].update(fields)


def in_steps(change):
    return lambda model: model.update(steps=change(model["steps"]))


def in_table(change, at=5, codebook=0):
    """Another list of frequencies for a table."""
    return in_any_table(lambda codewords, frequencies: (codewords, change(frequencies)), at, codebook)


def in_codewords(change, at=5, codebook=0):
    """Other codewords for a table."""
    return in_any_table(lambda codewords, frequencies: (change(codewords), frequencies), at, codebook)


def in_any_table(change, at, codebook):
    def do(model):
        index = at + codebook * len(model["tables"]) // 2
        model["tables"][index] = change(*model["tables"][index])

    return do


def in_model(key, change):
    return lambda model: model.update({key: change(model[key])})
