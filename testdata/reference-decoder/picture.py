"""From streams to samples: latents, tiles, synthesis (SPEC 8, 10, 11)."""

import numpy as np

import across
import model as models
from common import ceil_div, check, interpolate, rshift, sat
from correction import Correction
from entropy import RangeDecoder
from feedback import Feedback
from neighbours import neighbours
from quantiser import Quantiser
from rendering import noise


# SPEC 8.6: index δ + 4.
FACTORS = np.array([2896, 3158, 3444, 3756, 4096, 4467, 4871, 5312, 5793, 6317, 6889, 7512, 8192])


def adaptation(step, log_sigma):
    """δ of each position, [position, 1] (SPEC 8.6). `log_sigma` [position, channel of the range]."""
    above = (log_sigma - step.activity).sum(axis=1, keepdims=True)
    return np.clip(rshift(above * step.adaptation, 24), -4, 8)


def table_indices(model, block, channels, log_sigma, delta, quality):
    """t₀ of SPEC 9.1. `log_sigma` [position, channel of the range]."""
    r = log_sigma + interpolate(block.log_scale, quality)[channels]
    return np.clip(rshift(r, 7) - delta - model.scale_min, 0, model.scales - 1)


def decode_positions(decoder, model, block, correction, step, covered, mu, log_sigma, delta, quality):
    """Labels of one coding step, and from them ŷ and n̂ (SPEC 9.2: by position, then by channel; 8.3). `covered` [y, x] are the positions;
    `delta` is [position, 1] or 0."""
    channels = slice(step.a, step.b)
    near = neighbours(covered, step.parity)
    indices = table_indices(model, block, channels, log_sigma, delta, quality)
    words = correction.decode_step(decoder, Quantiser(model), step.a, indices.tolist(), near.tolist())
    words = np.array(words, np.int64).reshape(indices.shape)
    sizes = interpolate(block.step, quality)[channels]
    means = rshift(mu * interpolate(block.mean_gain, quality)[channels], 20)
    residuals = rshift(words * FACTORS[delta + 4], 12)
    added = residuals + across.added(step, sizes, residuals) if step.across else residuals
    v = Feedback(step, near).values(means, added) if step.feedback else means + added
    y = sat(rshift(v * sizes, 11), 15)
    return y, sat(rshift(y * block.norm[channels], 16), 14)


def decode_tile(model, decoders, width, height, quality, uniform=False, steps=None):
    """ŷ and n̂ of a tile of width x height pixels from the range decoders of its streams, one per layer (SPEC 10.2). `uniform`: steps are
    not adapted (SPEC 8.6). `steps`: how many coding steps there are in the stream, None for all."""
    decoder = decoders[0]

    # Hyper-latents (SPEC 8.4).
    c = model.z.channels
    h, w = ceil_div(height, 64), ceil_div(width, 64)
    mu, log_sigma = (np.broadcast_to(a, (h * w, c)) for a in (model.z_mean, model.z_log_scale))
    only, covered = models.Step(0, c, models.ALL), np.full((h, w), True)
    _, z = decode_positions(decoder, model, model.z, Correction(model, model.z), only, covered, mu, log_sigma, 0, quality)
    psi = model.hyper_synthesis.run(z.reshape(h, w, c), quality)
    h, w = ceil_div(height, 16), ceil_div(width, 16)
    psi = psi[:h, :w]

    # Latents, coding step by coding step (SPEC 8.5).
    correction = Correction(model, model.y)
    y_hat = np.zeros((h, w, model.y.channels), np.int64)
    n_hat = np.zeros_like(y_hat)
    checkerboard = np.add.outer(np.arange(h), np.arange(w)) % 2
    for t, step in enumerate(model.steps[:steps]):
        if len(decoders) > 1 and t > 0:
            decoder.finish()
            decoder = decoders[t]
        known = step.b if step.parity == models.ODD else step.a
        out = step.network.run(np.concatenate([psi, n_hat[:, :, :known]], axis=2), quality)
        covered = {models.ALL: checkerboard >= 0, models.EVEN: checkerboard == 0, models.ODD: checkerboard == 1}[step.parity]
        mu, log_sigma = np.split(out[covered], 2, axis=1)
        delta = 0 if uniform else adaptation(step, log_sigma)
        y, n = decode_positions(decoder, model, model.y, correction, step, covered, mu, log_sigma, delta, quality)
        channels = slice(step.a, step.b)
        y_hat[covered, channels], n_hat[covered, channels] = y, n
    decoder.finish()
    return y_hat, n_hat


def filtered(pixels, weights):
    """Pixels − 128 in Q4, [y, x, colour], corrected by their neighbours (SPEC 11.4)."""
    height, width = pixels.shape[:2]
    bordered = np.pad(pixels, ((1, 1), (1, 1), (0, 0)), "edge")
    total = 128 * pixels
    places = [(y, x) for y in range(3) for x in range(3) if (y, x) != (1, 1)]
    for n, (y, x) in enumerate(places):
        more = bordered[y : y + height, x : x + width] - pixels
        total = total + more @ weights[0, :, n].T + np.clip(more, -128, 128) @ weights[1, :, n].T
    return sat(rshift(total, 7), 15)


def synthesise(model, rendering, weights, y_hat, n_hat, quality):
    """Samples of whole blocks of 16 × 16 pixels, [y, x, colour] (SPEC 11.1); with a rendering file, those of SPEC 11.3; with a filter's weights, 11.4."""
    height, width = 4 * y_hat.shape[0], 4 * y_hat.shape[1]  # in patches

    def run(network, x):
        return network.run(x, quality)[:height, :width]

    linear = run(model.synthesis_linear, y_hat)
    if rendering is None:
        body, lift, renderer, lifted = model.synthesis_body, model.synthesis_lift, model.renderer, linear
    else:
        body, lift, renderer = rendering.body, rendering.lift, rendering.renderer
        lifted = np.concatenate([linear, noise(width, height, rendering.planes)], axis=2)
    features = run(body, n_hat) + run(lift, lifted)
    net = run(renderer, sat(features, renderer.input_bits))
    patches = sat(linear + net, 15).reshape(height, width, 4, 4, 3)  # y, x, dy, dx, colour
    pixels = patches.transpose(0, 2, 1, 3, 4).reshape(4 * height, 4 * width, 3)
    if weights is not None and rendering is None:
        pixels = filtered(pixels, weights)
    return np.clip(rshift(pixels, 4) + 128, 0, 255)


def grey(samples, header):
    """[y, x, 1] if the header says so (SPEC 11.1)."""
    return (samples.sum(axis=2, keepdims=True) + 1) // 3 if header.grey else samples


def means(samples, s):
    """Means of s × s samples, of those that are there: [y, x, channel] (SPEC 11.2)."""
    height, width = samples.shape[:2]
    padded = np.zeros((ceil_div(height, s) * s, ceil_div(width, s) * s, samples.shape[2] + 1), np.int64)
    padded[:height, :width, :-1], padded[:height, :width, -1] = samples, 1
    blocks = padded.reshape(padded.shape[0] // s, s, padded.shape[1] // s, s, -1).sum(axis=(1, 3))
    total, n = blocks[:, :, :-1], blocks[:, :, -1:]
    return (total + n // 2) // n


def first_channels(model, s):
    """How many channels take part at 1/s of the size: those of the first T coding steps (SPEC 11.2)."""
    complete = [step.b for step in model.steps if step.parity != models.EVEN]
    return next((b for b in complete if b >= 6 * (16 // s) ** 2), complete[-1])


def reduce(model, y_hat, s, quality):
    """Samples at 1/s of the size, s = 4, 8 or 16, of whole blocks: [y, x, colour] (SPEC 11.2)."""
    y_hat = y_hat.copy()
    y_hat[:, :, first_channels(model, s) :] = 0
    height, width = 4 * y_hat.shape[0], 4 * y_hat.shape[1]
    patches = model.synthesis_linear.run(y_hat, quality)[:height, :width]
    sums = patches.reshape(height, width, 16, 3).sum(axis=2)
    r = s // 4
    sums = sums.reshape(height // r, r, width // r, r, 3).sum(axis=(1, 3))
    return np.clip(rshift(sums, {4: 8, 8: 10, 16: 12}[s]) + 128, 0, 255)


class Decoded:
    """A file's picture, in all sizes that SPEC 11 has."""

    def __init__(self, model, file, rendering=None):
        if rendering is not None:
            rendering.check_base(model)
        self.rendering = rendering
        self.model, self.header, self.alpha, self.filter = model, file.header, file.alpha, file.filter
        self.y_hat, self.n_hat = decode_latents(model, file)

    def samples(self, s=1):
        """uint8 [H/s, W/s, 3], or [H/s, W/s, 1] for grey; s = 1, 2, 4, 8 or 16."""
        header = self.header
        if s > 2:
            samples = grey(reduce(self.model, self.y_hat, s, header.quality), header)
            return samples[: ceil_div(header.height, s), : ceil_div(header.width, s)].astype(np.uint8)
        samples = synthesise(self.model, self.rendering, self.filter, self.y_hat, self.n_hat, header.quality)
        samples = grey(samples[: header.height, : header.width], header)
        return (samples if s == 1 else means(samples, s)).astype(np.uint8)

    def alpha_plane(self, s=1):
        """uint8 [H/s, W/s], or None."""
        if self.alpha is None or s == 1:
            return self.alpha
        return means(self.alpha[:, :, None].astype(np.int64), s)[:, :, 0].astype(np.uint8)


def split_payload(model, header, payload):
    """How many coding steps a tile holds, None for all, and the stream of its TILE chunk's payload (SPEC 4.8)."""
    if not header.tile_steps:
        return None, payload
    check(payload, "Format", "an empty TILE, without the number of its steps")
    steps, count = payload[0], len(model.steps)
    check(1 <= steps <= count, "Format", f"a tile of {steps} steps, {count} coding steps")
    return steps, payload[1:]


def decode_latents(model, file):
    """ŷ and n̂ of the whole picture (SPEC 10.1, 11)."""
    header = file.header
    check(header.model == model.digest, "WrongModel", f"coded with {header.model.hex()}, this model is {model.digest.hex()}")
    check(header.layers in (1, len(model.steps)), "Format", f"{header.layers} layers, {len(model.steps)} coding steps")
    tiles = header.columns * header.rows
    shape = (ceil_div(header.height, 16), ceil_div(header.width, 16), model.y.channels)
    y_hat, n_hat = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for i in range(tiles):
        x0, y0 = i % header.columns * header.tile, i // header.columns * header.tile
        width, height = min(header.tile, header.width - x0), min(header.tile, header.height - y0)
        steps, first = split_payload(model, header, file.streams[i])
        decoders = [RangeDecoder(stream) for stream in (first, *file.streams[i + tiles :: tiles])]
        y, n = decode_tile(model, decoders, width, height, header.quality, header.uniform, steps)
        window = slice(y0 // 16, y0 // 16 + y.shape[0]), slice(x0 // 16, x0 // 16 + y.shape[1])
        y_hat[window], n_hat[window] = y, n
    return y_hat, n_hat
