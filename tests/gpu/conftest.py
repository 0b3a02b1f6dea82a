"""The table of kernel calls, and the records of layers, lie beside the tests that need no GPU."""

import sys
from pathlib import Path

import pytest

import backends

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "nn"), str(TESTS / "capturing")]


@pytest.fixture(scope="session")
def cuda_device() -> str:
    """The first GPU's name, where there is one."""
    reason = backends.problem("cuda")
    if reason:
        pytest.skip(reason)
    return "cuda:0"
