"""What cannot be replayed: the error shows the line and the way out, and nothing was changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from capturing_bench import Bench, batch, no_wrapped_arrays, refused
from capturing_twice import same, snapshot

import backprop as bp


def branch(b: Bench, loss: Any) -> Any:
    if loss > 1.0:  # here
        return loss
    return loss * 2.0


def while_(b: Bench, loss: Any) -> Any:
    while loss.sum() > 0.0:  # here
        loss = loss - 1.0
    return loss


def float_(b: Bench, loss: Any) -> Any:
    return float(loss)  # here


def int_(b: Bench, loss: Any) -> Any:
    return loss * int(loss)  # here


def item(b: Bench, loss: Any) -> Any:
    return loss.item()  # here


def tolist(b: Bench, loss: Any) -> Any:
    return loss.tolist()  # here


def numpy(b: Bench, loss: Any) -> Any:
    return loss.detach().numpy()  # here


def numpy_function(b: Bench, loss: Any) -> Any:
    return np.asarray(loss.detach())  # here


def print_(b: Bench, loss: Any) -> Any:
    print(loss)  # here
    return loss


def format_(b: Bench, loss: Any) -> Any:
    return f"{loss.detach():.3f}"  # here


def mask(b: Bench, loss: Any) -> Any:
    w = b.model[0].weight.detach()
    return w[w > 0].sum()  # here


def nonzero(b: Bench, loss: Any) -> Any:
    return bp.nonzero(b.memory)[0]  # here


def unique(b: Bench, loss: Any) -> Any:
    return bp.unique_values(b.memory)  # here


def repeat(b: Bench, loss: Any) -> Any:
    return bp.repeat(b.memory, (b.memory > 0).astype(bp.int64))  # here


def range_(b: Bench, loss: Any) -> Any:
    return bp.arange(int(b.memory.sum()) + 3)  # here


def slice_(b: Bench, loss: Any) -> Any:
    n = (b.memory > 0).astype(bp.int64).sum()
    return b.memory[:n].sum()  # here


def largest(b: Bench, loss: Any) -> Any:
    return max(b.memory)  # here


def data_of_numpy(b: Bench, loss: Any) -> Any:
    return bp.asarray(loss.detach().data.tobytes())  # here


def seed(b: Bench, loss: Any) -> Any:
    bp.manual_seed(5)  # here
    return loss


def fixed_state(b: Bench, loss: Any) -> Any:
    bp.default_generator().set_state(START)  # here
    return loss


START: dict[str, int] = {}

AT_THE_LINE: list[Callable[..., Any]] = [
    branch, while_, float_, int_, item, tolist, numpy, numpy_function, print_, format_, mask,
    nonzero, unique, repeat, range_, slice_, largest, data_of_numpy, seed, fixed_state,
]  # fmt: skip


def line_of(function: Callable[..., Any]) -> int:
    """The number of the line marked "here"."""
    lines, first = inspect.getsourcelines(function)
    return first + next(i for i, text in enumerate(lines) if "# here" in text)


@pytest.mark.parametrize("function", AT_THE_LINE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("late", [False, True], ids=["first", "last"])
def test_it_names_the_line_and_changes_nothing(function: Callable[..., Any], late: bool) -> None:
    b = Bench()
    if not START:
        START.update(bp.default_generator().get_state())

    def step(x: Any, y: Any) -> Any:
        if late:
            b.train(x, y)
        loss = (b.model(x) * 1.5).mean()
        out = function(b, loss)
        loss.backward()
        if not late:
            b.train(x, y)
        return out

    captured = bp.capture(step)
    captured(*batch())
    b.train(*batch(1))
    before = snapshot(b.things)
    for _ in range(2):  # it says so each time
        said = refused(captured, *batch(2))
        same(snapshot(b.things), before)
    assert f"{__file__.rpartition('/')[2]}, line {line_of(function)}: " in said
    assert "; " in said.rpartition("# here")[2], "a way out"
    no_wrapped_arrays()
    step(*batch(3))  # as it is written it still works


def test_an_error_that_the_step_catches() -> None:
    """Going on would keep what the step does when it cannot see the value."""

    def step(x: Any) -> Any:
        try:
            scale = float(x.sum())  # here
        except Exception:
            scale = 0.0
        return x * scale

    captured = bp.capture(step)
    assert captured(bp.ones(2)).tolist() == [2.0, 2.0]
    assert f"line {line_of(step)}: scale = " in refused(captured, bp.ones(2))


def test_a_number_that_is_returned() -> None:
    step = bp.capture(lambda x: (x.sum(), 0.5))
    step(bp.ones(2))
    with pytest.raises(bp.CaptureError, match=r"returned the number 0\.5"):
        step(bp.ones(2))
    assert bp.capture(lambda x: (x.sum(), 3, "name", None, True))(bp.ones(2))[1:] == (
        3, "name", None, True,
    )  # fmt: skip


def test_a_history_that_leaves_the_step() -> None:
    layer = bp.nn.Linear(2, 2)
    step = bp.capture(lambda x: layer(x))
    step(bp.ones((1, 2)))
    with pytest.raises(bp.CaptureError, match=r"history .*x\.detach\(\)"):
        step(bp.ones((1, 2)))
    kept = []

    def hidden(x: Any) -> Any:
        h = layer(x)
        kept.append(h)
        return h.detach()

    step = bp.capture(hidden)
    step(bp.ones((1, 2)))
    with pytest.raises(bp.CaptureError, match="history"):
        step(bp.ones((1, 2)))
    kept[-1].sum().backward()  # what the failed recording left behind can be used
    assert type(layer.weight.grad.data) is np.ndarray
    with bp.no_grad():
        assert bp.capture(lambda x: layer(x))(bp.ones((1, 2))).shape == (1, 2)


class State:
    """Something that keeps a Tensor."""

    def __init__(self) -> None:
        self.h = bp.zeros(2)
        self.old: list[bp.Tensor] = []


@pytest.mark.parametrize("keep", [False, True], ids=["dropped", "kept"])
def test_a_tensor_that_is_replaced(keep: bool) -> None:
    state = State()

    def step(x: Any) -> Any:
        if keep:
            state.old.append(state.h)
        state.h = state.h * 0.5 + x
        return state.h.sum()

    captured = bp.capture(step)
    captured(bp.ones(2))
    before = state.h
    assert "copy_" in refused(captured, bp.ones(2))
    assert state.h is before
    assert step(bp.ones(2)).item() > 0


class Recurrent(bp.nn.Module):
    """A module that keeps its last state."""

    def __init__(self) -> None:
        self.layer = bp.nn.Linear(2, 2)
        self.h = bp.zeros((1, 2))
        self.old: list[bp.Tensor] = []

    def forward(self, x: Any) -> Any:
        self.old.append(self.h)
        self.h = self.layer(x + self.h).detach()
        return self.h


def test_a_modules_tensor_that_is_replaced() -> None:
    model = Recurrent()
    step = bp.capture(lambda x: model(x).sum())
    step(bp.ones((1, 2)))
    with pytest.raises(bp.CaptureError, match=r"replaced.*copy_"):
        step(bp.ones((1, 2)))


def test_a_part_that_is_set_is_put_back() -> None:
    ring, w = bp.zeros(3), bp.ones(3, requires_grad=True)
    array = ring.data

    def step(x: Any, fail: bool) -> Any:
        ring[0] = x.sum()
        ring[1] = (w * x).sum() if fail else 0.0
        return ring.sum().detach()

    captured = bp.capture(step)
    for _ in range(3):
        captured(bp.ones(3), False)
    before = ring.data, ring.data.copy()
    for _ in range(2):
        with pytest.raises(bp.CaptureError, match=r"history.*no_grad"):
            captured(bp.ones(3) * 2.0, True)
        assert ring.data is before[0] is not array
        assert (ring.data == before[1]).all()
        assert not ring.requires_grad


def test_an_argument_that_is_changed() -> None:
    def set_part(x: Any) -> Any:
        x[0] = 2.0
        return x.sum()

    def grad(x: Any) -> Any:
        x.requires_grad_()
        (x * x).sum().backward()
        return x.grad

    for function in (set_part, grad):
        step = bp.capture(function)
        step(bp.ones(2))
        with pytest.raises(bp.CaptureError, match=r"argument of shape .* changed"):
            step(bp.ones(2))


def test_an_array_of_numpy_for_an_argument() -> None:
    step = bp.capture(lambda x: bp.asarray(x).sum())
    step(np.ones(2))
    with pytest.raises(bp.CaptureError, match=r"numpy\.ndarray.*backprop\.asarray"):
        step(np.ones(2))
