"""Every layer and loss of the records on a GPU: a captured training step is the eager one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from capturing_twice import run
from layer_records import every
from test_capture_layers import CANNOT, inputs, training
from test_gpu_capture import all_graphs

import backprop as bp

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),
]


@pytest.mark.parametrize("record", [r for r in every() if r.name not in CANNOT], ids=str)
def test_captured_it_is_the_same(cuda_device: str, record: Any, monkeypatch: Any) -> None:
    # Adam would divide by a gradient's size, also where only rounding keeps it from 0.
    monkeypatch.setattr(bp.optim, "Adam", lambda p, lr: bp.optim.SGD(p, lr=lr, momentum=0.9))
    with bp.device(cuda_device):
        calls = [inputs(record, i) for i in range(4)]
        for mode in record.modes:
            wanted, _ = run(training(record, mode), calls, captured=False)
            got, step = run(training(record, mode), calls, captured=True)
            assert step.replays == 2, step.trouble
            assert all_graphs(step)
            for g, w in zip(got, wanted, strict=True):
                _agree(g, w)


def _agree(got: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert got.keys() == wanted.keys()
    for name, value in wanted.items():
        if isinstance(value, np.ndarray):
            np.testing.assert_allclose(got[name], value, rtol=3e-4, atol=3e-5, err_msg=name)
        else:
            assert got[name] == value, name
