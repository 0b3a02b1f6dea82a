"""The same training on NumPy and on array-api-strict gives the same numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from train_cases import network, points, quiet, timeless, weights

import backprop as bp


def train(device: str, loss: Any, y: np.ndarray, out: int, batch_size: int | None) -> Any:
    model = network(dropout=0.3)
    model[3] = bp.nn.Linear(5, out).double()
    x, _ = points(30)
    trainer = quiet(
        model, loss, bp.optim.Adam(model.parameters(), lr=0.02), device=device,
        penalty=bp.nn.ElasticPenalty(0.01), clip_norm=1.0,
    )  # fmt: skip
    history = trainer.fit((x, y), validation=(x[:9], y[:9]), epochs=6, batch_size=batch_size)
    model.to("cpu")
    return timeless(history), weights(model), bp.default_generator().get_state()


@pytest.mark.parametrize("batch_size", [1, 7, None])
@pytest.mark.parametrize("kind", ["regression", "classes"])
def test_numpy_and_strict_agree_to_1e_12(kind: str, batch_size: int | None) -> None:
    x, y = points(30)
    if kind == "regression":
        case = (bp.nn.MSELoss(), y, 1)
    else:
        case = (bp.nn.CrossEntropyLoss(label_smoothing=0.1), np.digitize(x[:, 0], [-0.5, 0.5]), 3)
    records, found, random = train("cpu", *case, batch_size)
    others, theirs, same_random = train("strict", *case, batch_size)
    assert len(records) == len(others) == 6
    for a, b in zip(records, others, strict=True):
        assert a.keys() == b.keys()
        for name in a:
            assert a[name] == pytest.approx(b[name], rel=0, abs=1e-12), (a["epoch"], name)
    for name in found:
        assert np.allclose(found[name], theirs[name], rtol=0, atol=1e-12), name
    assert random == same_random  # as many masks were drawn
    assert records[0]["loss"] > records[-1]["loss"]
