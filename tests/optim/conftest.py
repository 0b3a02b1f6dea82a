"""PyTorch, the oracle of these tests where it is installed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def torch() -> Any:
    module = pytest.importorskip("torch")
    module.set_num_threads(1)
    return module


@pytest.fixture
def full_precision(torch: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """PyTorch keeps and calculates some scalars in its default dtype (NAdam, ASGD, averages), and
    Muon in bfloat16: with that few digits could be compared."""
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())
    yield
    torch.set_default_dtype(torch.float32)
