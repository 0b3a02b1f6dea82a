"""The table of kernel calls lies beside the tests that need no GPU."""

import sys
from pathlib import Path

import pytest

import backends

sys.path.insert(0, str(Path(__file__).parents[1]))


@pytest.fixture(scope="session")
def cuda_device() -> str:
    """The first GPU's name, where there is one."""
    reason = backends.problem("cuda")
    if reason:
        pytest.skip(reason)
    return "cuda:0"
