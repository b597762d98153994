"""What a decoder may get wrong in linear prediction and in how corrections begin (SPEC 8.7, 8.8, 9.4), and the check that the files of
the models in prediction_models.py would tell: each mistake, made in the reference decoder, gives another picture or none.

A mistake puts other source in the place of a piece of the reference decoder's. Whoever changes that piece changes it here, too."""

import contextlib
import pathlib

import across
import correction
import feedback
import neighbours
import picture
from byte_mistakes import outcome

# Pieces of source that several mistakes replace.
TOWARDS_0 = "np.trunc({} / {}).astype(np.int64)"
OF_ALL = "[(-1, 0), (-1, -1), (0, -1), (1, -1)]"
PLACES = "    y, x = np.nonzero(covered)"
ETA = "(2 * missed + total) // np.maximum(2 * total, 1)"
PHI = "rshift(nearby * self.weights, 8)"
MISSED = "np.sign(errors[i] - expected)"
LEARNED = "np.where(np.abs(nearby) >= 32, learned, self.weights)"
FIRST = "np.array([weight for _, weight in step.feedback], np.int64)"
K = "(across * sizes + 8 * own) // (16 * own)"
CHI = "rshift(np.clip(residuals, -8191, 8191) @ matrix(step, sizes).T, 8)"
PI = "(205 * sum(ends) + 128 * n) // (256 * n)"
NEAR = "[ends[i] for i in places if i >= 0]"
RESIDUALS = "(step, sizes, residuals)"
VALUES = "Feedback(step, near).values(means, added)"
CHAIN = """    everything = residuals.copy()
    for c, row in enumerate(matrix(step, sizes)):
        everything[:, c] += rshift(np.clip(everything, -8191, 8191) @ row, 8)
    return everything - residuals"""

# Modules, and what is wrong in them: in words, the right source, the wrong one; or several pairs of these.
MISTAKES = {
    neighbours: (
        ("parity all: two neighbours in each other's place", "(-1, -1), (0, -1), (1, -1)]", "(0, -1), (-1, -1), (1, -1)]"),
        ("parity all: the first neighbour is the last", OF_ALL, "[(-1, -1), (0, -1), (1, -1), (-1, 0)]"),
        ("parity all: none above on the right, that above twice", OF_ALL, "[(-1, 0), (-1, -1), (0, -1), (0, -1)]"),
        ("parity all: none above on the left, that above twice", OF_ALL, "[(-1, 0), (0, -1), (0, -1), (1, -1)]"),
        ("parity even: the neighbours of all", "models.EVEN: CHECKERED", f"models.EVEN: {OF_ALL}"),
        ("parity odd: the neighbours of all", "models.ODD: CHECKERED", f"models.ODD: {OF_ALL}"),
        ("parities: two neighbours in each other's place", "(0, -2), (1, -1)]", "(1, -1), (0, -2)]"),
        ("left of a row is the row before", PLACES, f"    numbers[3:, :2] = numbers[2:-1, -3:-1]\n{PLACES}"),
        ("right of a row is the row behind", PLACES, f"    if width > 1:\n        numbers[1:-1, -1] = numbers[2:, 2]\n{PLACES}"),
    ),
    feedback: (
        ("neighbours outside count, as 0", "* (places >= 0)[:, None]", ""),
        ("neighbours that count do so alike", "self.neighbours * (places", "(self.neighbours > 0) * (places"),
        ("η is not rounded", ETA, "missed // np.maximum(total, 1)"),
        ("η is rounded towards 0", ETA, TOWARDS_0.format("missed", "np.maximum(total, 1)")),
        ("η: halves are rounded away from 0", ETA, "np.sign(missed) * ((2 * abs(missed) + total) // np.maximum(2 * total, 1))"),
        ("φ is not rounded", PHI, "nearby * self.weights >> 8"),
        ("φ is rounded towards 0", PHI, TOWARDS_0.format("nearby * self.weights", "256")),
        ("errors are not bounded", "values[i] - means[i], -LIMIT, LIMIT", "values[i] - means[i], -(2**40), 2**40"),
        ("errors are without what was expected", "np.clip(values[i] - means[i]", "np.clip(added[i]"),
        ("weights learn from 0 on", MISSED, "np.sign(errors[i])"),
        ("weights learn from all of the neighbours' error on", MISSED, "np.sign(errors[i] - nearby)"),
        ("weights learn where nothing was missed", MISSED, "np.where(errors[i] < expected, -1, 1)"),
        ("weights learn from errors of 16 on", ">= 32", ">= 16"),
        ("weights learn from errors of 33 on", ">= 32", "> 32"),
        ("weights learn by 8", "3 * np.sign", "8 * np.sign"),
        ("weights fall below 0", "np.sign(nearby), 0, 256)", "np.sign(nearby), -256, 256)"),
        ("weights rise above 256", "np.sign(nearby), 0, 256)", "np.sign(nearby), 0, 512)"),
        ("weights rise to 255", "np.sign(nearby), 0, 256)", "np.sign(nearby), 0, 255)"),
        ("weights do not learn", LEARNED, "self.weights"),
        ("weights of 0 stay 0", LEARNED, f"np.where(self.weights == 0, 0, {LEARNED})"),
        ("weights begin as 128", FIRST, "np.full(len(step.feedback), 128)"),
        (
            "weights go on from step even to step odd",
            (FIRST, f"KEPT[-1] if step.parity == 2 and KEPT else {FIRST}"),
            ("        return values", "        KEPT.append(self.weights)\n        return values"),
            ("LIMIT = ", "KEPT = []\nLIMIT = "),
        ),
        (
            "weights go on from tile to tile",
            (FIRST, f"KEPT.get((step.a, step.parity), {FIRST})"),
            ("        return values", "        KEPT[self.place] = self.weights\n        return values"),
            ("        self.near = near", "        self.near, self.place = near, (step.a, step.parity)"),
            ("LIMIT = ", "KEPT = {}\nLIMIT = "),
        ),
    ),
    across: (
        ("weights by the channel that adds", "across[np.tril_indices(len(sizes), -1)]", "across.T[np.triu_indices(len(sizes), 1)]"),
        ("k is not rounded", "across * sizes + 8 * own", "across * sizes"),
        ("k is rounded towards 0", K, TOWARDS_0.format("(across * sizes + 8 * own)", "(16 * own)")),
        ("k: halves are rounded away from 0", K, "np.sign(across) * ((abs(across) * sizes + 8 * own) // (16 * own))"),
        ("k is not bounded", "-1023, 1023", "-(2**40), 2**40"),
        ("k is bounded by 1024", "-1023, 1023", "-1024, 1024"),
        ("k by the inverse of the steps", K, "(across * own + 8 * sizes) // (16 * sizes)"),
        ("k without steps", K, "(across + 8) // 16"),
        ("r is not bounded", "np.clip(residuals, -8191, 8191)", "residuals"),
        ("r is bounded by −8192", "-8191, 8191", "-8192, 8191"),
        ("r is bounded by 8192", "-8191, 8191", "-8191, 8192"),
        ("each product is rounded", CHI, "rshift(np.clip(residuals, -8191, 8191)[:, None] * matrix(step, sizes), 8).sum(axis=2)"),
        ("χ is not rounded", CHI, "np.clip(residuals, -8191, 8191) @ matrix(step, sizes).T >> 8"),
        ("χ is rounded towards 0", CHI, TOWARDS_0.format("(np.clip(residuals, -8191, 8191) @ matrix(step, sizes).T)", "256")),
        ("what was added is passed on", f"    return {CHI}", CHAIN),
    ),
    correction: (
        ("π begins as 0", PI, "0"),
        ("π begins with all of the mean", PI, "(2 * sum(ends) + n) // (2 * n)"),
        ("π is not rounded", PI, "205 * sum(ends) // (256 * n)"),
        ("π is rounded towards 0", PI, "int((205 * sum(ends) + 128 * n) / (256 * n))"),
        ("the sum of π is bounded as π is", PI, "(205 * clamp(sum(ends), LIMIT) + 128 * n) // (256 * n)"),
        ("neighbours outside count, as π = 0", NEAR, "[ends[i] if i >= 0 else 0 for i in places]"),
        ("the position before counts alone", NEAR, "ends[-1:]"),
        ("what π was at the beginning of neighbours", "position, pi = self", "position, _ = self"),
        ("what π was in the coding step before", "words, ends = [], []", "words, ends = [], vars(self).setdefault('ends', [])"),
    ),
    picture: (
        ("π of hyper-latents begins as 0", "near.tolist()", "(near if step.network else np.full_like(near, -1)).tolist()"),
        ("errors are without what other channels add", VALUES, "Feedback(step, near).values(means, residuals) + added - residuals"),
        ("nothing is expected of labels that are certainly 0", "rshift(v * sizes", "rshift(np.where(indices == 0, means, v) * sizes"),
        ("channels whose label is 0 get nothing", RESIDUALS, f"{RESIDUALS} * (residuals != 0)"),
        ("channels add codewords in unadapted steps", RESIDUALS, "(step, sizes, words)"),
        ("channels add their means too", RESIDUALS, "(step, sizes, residuals + means)"),
        (
            "channels add what was expected of them too",
            RESIDUALS,
            "(step, sizes, Feedback(step, near).values(means, residuals) - means if step.feedback else residuals)",
        ),
        ("k by the steps of another quality", "added(step, sizes,", "added(step, block.step[0, channels],"),
    ),
}


def source(module):
    return pathlib.Path(module.__file__).read_text(encoding="utf-8")


def run(module, text):
    """Gives a module other source, and the names in it to the one that imports them."""
    exec(compile(text, module.__file__, "exec"), vars(module))
    if module is not picture:
        run(picture, source(picture))


@contextlib.contextmanager
def made(module, *pairs):
    """The reference decoder with a mistake in it."""
    right = wrong = source(module)
    for before, after in pairs:
        assert wrong.count(before) == 1, f"{module.__name__}.py has {wrong.count(before)} times {before!r}"
        wrong = wrong.replace(before, after)
    try:
        run(module, wrong)
        yield
    finally:
        run(module, right)


def differs(module, pairs, model, data, expected):
    """Whether the mistake shows in a file."""
    with made(module, *pairs):
        return outcome(model, data) != expected


def check(models):
    """Each mistake shows in one file at least. `models`: pairs of a model and its files, which are bytes by name."""
    files = [(model, data, outcome(model, data)) for model, files in models for data in files.values()]
    for module, mistakes in MISTAKES.items():
        for what, *how in mistakes:
            pairs = [how] if isinstance(how[0], str) else how
            assert any(differs(module, pairs, *file) for file in files), f"{what}: the same pictures"
