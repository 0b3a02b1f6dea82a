"""Every layer and loss of the records: a captured training step is the written one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from capturing_twice import ANY, agree, run
from layer_records import every
from layer_records.record import Record

import backprop as bp

RECORDS = every()
pytestmark = [
    pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning"),  # inf - inf
]


def leaves(out: Any) -> Iterator[Any]:
    if isinstance(out, bp.Tensor):
        yield out
    elif isinstance(out, (tuple, list)):
        for part in out:
            yield from leaves(part)


def tensors(value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return bp.asarray(value.astype(np.float32) if value.dtype.kind == "f" else value)


def layer_of(record: Record) -> Any:
    if record.make is not None:
        return record.make(bp.nn)
    args = [tensors(a) for a in record.args]
    kwargs = {k: tensors(v) for k, v in record.kwargs.items()}
    if record.is_function:
        function = getattr(bp.nn.functional, record.name.removeprefix("functional."))
        return lambda *xs, **call: function(*xs, *args, **kwargs, **call)
    return getattr(bp.nn, record.name)(*args, **kwargs)


def training(record: Record, mode: str) -> Any:
    """A step around the layer: results, gradients by its inputs, and an optimizer's step."""

    def make() -> tuple[Any, Sequence[Any]]:
        layer = layer_of(record)
        things: list[Any] = []
        optimizer = None
        if isinstance(layer, bp.nn.Module):
            layer.train(mode == "train")
            things.append(layer)
            parameters = [p for p in layer.parameters() if p.requires_grad]
            if parameters:
                optimizer = bp.optim.Adam(parameters, lr=0.01)
                things.append(optimizer)
        weights: dict[Any, Any] = {}

        def step(given: Any, call: Any) -> Any:
            xs = [x.detach() if isinstance(x, bp.Tensor) else x for x in given]
            for x in xs:
                if isinstance(x, bp.Tensor) and x.dtype.kind == "f":
                    x.requires_grad_()
            if optimizer is not None:
                optimizer.zero_grad()
            outs = list(leaves(layer(*xs, **call)))
            total = 0.0
            for i, out in enumerate(outs):
                if out.requires_grad:
                    n = weights.setdefault(i, 0.3 + 0.1 * i)
                    total = total + (out * out * n + out).sum()
            if isinstance(total, bp.Tensor):
                total.backward()
                if optimizer is not None:
                    optimizer.step()
            grads = [x.grad for x in xs if isinstance(x, bp.Tensor) and x.requires_grad]
            return [o.detach() for o in outs], [g for g in grads if g is not None]

        return step, things

    return make


def inputs(record: Record, number: int, turned: bool = True) -> tuple[Any, Any]:
    """The record's inputs and keywords, with other values in each call: real numbers slightly
    changed (probabilities and the like remain such), others in another order (if turned)."""
    rng = np.random.default_rng(20 + number)

    def other(a: Any) -> Any:
        if not isinstance(a, np.ndarray):
            return a
        if a.dtype.kind == "f" and not np.isin(a, (-1, 0, 1, -np.inf)).all():
            return bp.asarray((a * rng.uniform(0.9, 1.0, a.shape)).astype(np.float32))
        kind = np.float32 if a.dtype.kind == "f" else a.dtype
        return bp.asarray(np.array(a[::-1] if turned and number % 2 and a.ndim else a, kind))

    return [other(a) for a in record.arrays()], {k: other(v) for k, v in record.call.items()}


def calls_of(record: Record, mode: str) -> list[tuple[Any, Any]]:
    """What to call it with, turned unless the layer refuses that."""
    calls = [inputs(record, i) for i in range(4)]
    try:
        run(training(record, mode), calls[:2], captured=False)
    except (ValueError, IndexError, RuntimeError):
        return [inputs(record, i, turned=False) for i in range(4)]
    return calls


CANNOT = {
    "CTCLoss in a row none": "pass it as a tuple of numbers, or targets as rows",
    "CTCLoss in a row mean": "pass it as a tuple of numbers, or targets as rows",
    "CTCLoss in a row sum": "pass it as a tuple of numbers, or targets as rows",
}
"""What cannot be recorded, and the way out that the error tells."""

CAN = [r for r in RECORDS if r.name not in CANNOT]


@pytest.mark.parametrize("name", CANNOT)
def test_what_cannot_be_recorded_says_so(name: str) -> None:
    (record,) = [r for r in RECORDS if r.name == name]
    step, _ = training(record, "train")()
    captured = bp.capture(step)
    captured(*inputs(record, 0))
    with pytest.raises(bp.CaptureError, match=CANNOT[name]) as caught:
        captured(*inputs(record, 1))
    assert "test_capture_layers.py, line " in str(caught.value) or "ctc.py" in str(caught.value)


@pytest.mark.parametrize("record", CAN, ids=str)
def test_captured_it_is_the_same(record: Record) -> None:
    for mode in record.modes:
        step = agree(training(record, mode), calls_of(record, mode), replays=ANY)
        assert step.replays == 2 or (step.recordings == 2 and step.replays == 1)  # another mask


@pytest.mark.parametrize("record", CAN[::5], ids=str)
def test_operation_by_operation_too(record: Record, portable_replay: None) -> None:
    """Replays as they are specified, and not as the CPU does them to be faster."""
    test_captured_it_is_the_same(record)


@pytest.mark.parametrize("record", CAN[3::25], ids=str)
def test_on_another_library_too(record: Record) -> None:
    """On one that allows nothing but what the Array API standard says."""
    bp.set_default_device("strict")
    test_captured_it_is_the_same(record)
