import pathlib

import numpy
import pytest

import vqz

SUITE = pathlib.Path(__file__).resolve().parents[3] / "testdata" / "conformance"


@pytest.fixture(scope="session")
def suite():
    """The folder of the conformance suite."""
    return SUITE


@pytest.fixture(scope="session")
def models():
    """The suite's models."""
    return [vqz.Model(path.read_bytes()) for path in sorted((SUITE / "models").glob("*.vqzm"))]


@pytest.fixture(scope="session")
def encoding_model():
    """One of them with its encoder."""
    return vqz.Model((SUITE / "models/tiny.vqzm").read_bytes())


@pytest.fixture(scope="session")
def photo():
    """A smooth picture with some edges: 96 × 128, RGB."""
    y, x = numpy.mgrid[0:96, 0:128]
    waves = [128 + 90 * numpy.sin(x / period) * numpy.cos(y / 17) for period in (11, 19, 31)]
    array = numpy.stack(waves, axis=2)
    array[20:50, 30:70] = (200, 60, 40)
    return array.astype(numpy.uint8)
