"""What cannot be replayed: the error shows the line and the way out, and nothing was changed."""

from __future__ import annotations

import gc
import inspect
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from capturing_twice import agree, same, snapshot

import backprop as bp
from backends.record import Recorded


class Bench:
    """A model in training, with whatever a step may change."""

    def __init__(self) -> None:
        bp.manual_seed(3)
        nn = bp.nn
        self.model = nn.Sequential(
            nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.ReLU(), nn.Linear(6, 3)
        )
        self.optimizer = bp.optim.Adam(self.model.parameters(), lr=0.1)
        self.schedule = bp.optim.lr_scheduler.StepLR(self.optimizer, 1, gamma=0.5)
        self.memory = bp.zeros(3)
        self.things = self.model, self.optimizer, self.schedule, self.memory

    def train(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        out = self.model(x)
        loss = bp.nn.functional.cross_entropy(out, y)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        with bp.no_grad():
            self.memory.copy_(self.memory * 0.5 + out.mean(axis=0))
        return loss


def batch(seed: int = 0, size: int = 5) -> tuple[bp.Tensor, bp.Tensor]:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((size, 4)).astype(np.float32)
    return bp.asarray(x), bp.asarray(rng.integers(0, 3, size))


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


def refused(step: Any, *args: Any) -> str:
    """What a CaptureError says. (Not kept, nor its traceback, which holds on to all that ran.)"""
    try:
        step(*args)
    except bp.CaptureError as error:
        return str(error)
    raise AssertionError("no CaptureError")


def no_wrapped_arrays() -> None:
    gc.collect()
    for x in gc.get_objects():
        if issubclass(type(x), bp.Tensor):  # which asks no weak proxy for its class
            assert type(x.data) is not Recorded
        assert type(x) is not Recorded


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
    with pytest.raises(bp.CaptureError, match=r"replaced.*copy_"):
        captured(bp.ones(2))
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


# ------------------------------------------------------------------- other errors


class Broken(Exception):
    pass


def test_an_exception_inside_a_step_is_as_without_capture() -> None:
    fail = [False]

    def run(captured: bool) -> Any:
        b = Bench()

        def step(x: Any, y: Any) -> Any:
            loss = b.train(x, y)
            b.left = b.model(x)
            if fail[0]:
                raise Broken("now")
            b.left.sum().backward()
            return loss

        step = bp.capture(step) if captured else step
        found = []
        for i in range(6):
            fail[0] = i in (1, 2)
            try:
                found.append(step(*batch(i)).item())
            except Broken as error:
                found.append(str(error))
            found.append(snapshot(b.things))
        b.left.detach()
        no_wrapped_arrays()
        return found, b

    (wanted, _), (got, _) = run(False), run(True)
    for g, w in zip(got, wanted, strict=True):
        if isinstance(w, dict):
            same(g, w)
        else:
            assert g == w


def test_tensors_that_a_failed_recording_left_can_be_used() -> None:
    b = Bench()

    def step(x: Any, y: Any, fail: bool) -> Any:
        b.hidden = b.model[0](x)
        b.parts = bp.unstack(b.hidden)
        b.loss = (b.hidden.exp() * b.parts[1]).sum()
        if fail:
            raise Broken
        return b.loss.detach()

    captured = bp.capture(step)
    captured(*batch(), False)
    with pytest.raises(Broken):
        captured(*batch(), True)
    b.loss.backward()
    got = b.model[0].weight.grad.numpy().copy()
    b.model[0].weight.grad = None
    step(*batch(), False)
    b.loss.backward()
    assert (got == b.model[0].weight.grad.numpy()).all()
    assert b.hidden.data.sum() == b.hidden.sum().item()


def test_ctrl_c_in_a_schedule() -> None:
    b, stop = Bench(), [100]

    def rate(t: int) -> float:
        if t == stop[0]:
            raise KeyboardInterrupt
        return 0.9**t

    b.schedule = bp.optim.lr_scheduler.LambdaLR(b.optimizer, rate)
    stop[0] = 2
    captured = bp.capture(b.train)
    captured(*batch())
    with pytest.raises(KeyboardInterrupt):  # while it is recorded
        captured(*batch())
    no_wrapped_arrays()
    stop[0] = 5
    captured(*batch())
    captured(*batch())
    with pytest.raises(KeyboardInterrupt):  # in a replay
        captured(*batch())
    stop[0] = 100
    no_wrapped_arrays()
    assert captured(*batch()).item() > 0
    assert b.train(*batch()).item() > 0


def labels(kind: str) -> tuple[Any, Any, Any]:
    """(a step with whole numbers for arguments, good ones, and the error for bad ones)."""
    x, table = bp.ones((4, 3)) * 0.5, bp.ones((3, 2))
    F = bp.nn.functional
    steps: dict[str, Any] = {
        "cross_entropy": lambda y: F.cross_entropy(x, y),
        "of a part": lambda y: F.cross_entropy(x[:2], y[:2] * 1),
        "nll_loss": lambda y: F.nll_loss(x, y, ignore_index=1),
        "multi_margin": lambda y: F.multi_margin_loss(x, y),
        "embedding": lambda y: F.embedding(y, table),
        "one_hot": lambda y: bp.one_hot(y, 3),
        "functional.one_hot": lambda y: F.one_hot(y, 3),
    }
    return steps[kind], bp.asarray([0, 2, 1, 2]), ValueError if kind != "embedding" else IndexError


@pytest.mark.parametrize("wrong", [-1, 3, -100000, 2**40])
@pytest.mark.parametrize(
    "kind",
    ["cross_entropy", "of a part", "nll_loss", "multi_margin", "embedding", "one_hot",
     "functional.one_hot"],
)  # fmt: skip
def test_a_wrong_label_is_an_error_in_a_replay(kind: str, wrong: int, backend: Any) -> None:
    function, good, error = labels(kind)
    if backend.name != "cpu" and wrong != -1:
        pytest.skip("once is enough there")
    if backend.name == "strict":
        function, good, error = (lambda y, f=function: f(y)), good, error
    bad = bp.asarray(np.where(np.arange(4) == 1, wrong, good.numpy()))
    step = bp.capture(function)
    results = [step(good).tolist() for _ in range(4)]
    assert results == [function(good).tolist()] * 4
    assert step.replays == 2
    with pytest.raises(error) as written:
        function(bad)
    with pytest.raises(error) as replayed:
        step(bad)
    assert str(replayed.value) == str(written.value)
    assert step(good).tolist() == results[0]


def test_ignored_labels_that_come_and_go() -> None:
    x = bp.asarray(np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32))
    for smoothing in (0.0, 0.1):

        def function(y: Any, smoothing: float = smoothing) -> Any:
            return bp.nn.functional.cross_entropy(x, y, label_smoothing=smoothing)

        step = bp.capture(function)
        for y in ([0, 1, 2, 1, 0], [0, -100, 2, 1, 0], [-100] * 4 + [2]):
            for _ in range(3):
                assert step(bp.asarray(y)).item() == function(bp.asarray(y)).item()
        assert step.recordings == 2


def test_wrong_probabilities_are_an_error_in_a_replay() -> None:
    F = bp.nn.functional
    t = bp.asarray([1.0, -1.0])
    cases: list[tuple[Any, Any]] = [
        (lambda x: F.binary_cross_entropy(x, (t + 1) / 2), [0.5, 1.5]),
        (lambda x: F.hinge_embedding_loss(t, (x > 0.2) * 2 - 1 + (x > 1.0)), [0.5, 1.5]),
        (lambda x: F.gaussian_nll_loss(t, t, x), [0.5, -0.5]),
        (lambda x: F.kl_div(t, x), [0.5, -0.5]),
        (lambda x: F.poisson_nll_loss(x, t + 1, log_input=False), [0.5, -0.5]),
    ]
    for function, wrong in cases:
        step = bp.capture(function)
        good = [step(bp.asarray([0.5, 0.9])).item() for _ in range(4)]
        assert good == [function(bp.asarray([0.5, 0.9])).item()] * 4
        with pytest.raises(ValueError, match="has values") as written:
            function(bp.asarray(wrong))
        with pytest.raises(ValueError, match="has values") as replayed:
            step(bp.asarray(wrong))
        assert str(written.value) == str(replayed.value)


# --------------------------------------------------------------- around a recording


def test_a_capture_inside_a_capture() -> None:
    inner: list[Any] = []

    def build() -> Any:
        b = Bench()
        inner.append(bp.capture(b.train))
        step = inner[-1]
        return lambda x, y: (step(x, y).detach() * 2.0 + step(x, y)).detach(), b.things

    outer = agree(build, [batch(i) for i in range(5)])
    assert (outer.replays, inner[1].recordings) == (3, 1)  # made while the outer one was written


def test_a_function_that_calls_itself() -> None:
    @bp.capture
    def power(x: Any, n: int) -> Any:
        return x if n == 0 else x * power(x, n - 1)

    for _ in range(4):
        assert power(bp.asarray(2.0), 3).item() == 16.0
    assert power(bp.asarray(3.0), 3).item() == 81.0


def test_threads() -> None:
    """Each thread its own captured step; some record while others compute and train."""
    errors: list[BaseException] = []
    ready = threading.Barrier(4)

    def work(number: int) -> None:
        try:
            x, y = batch(number)
            written, captured = Private(number), Private(number)
            step = bp.capture(captured.train)
            ready.wait()
            for i in range(12):
                a, b = step(x, y), written.train(x, y)
                assert a.item() == b.item(), i
            assert step.replays == 10
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors, errors
    no_wrapped_arrays()


class Private:
    """A model of a thread's own."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.w = bp.asarray(rng.standard_normal((4, 3)).astype(np.float32), requires_grad=True)
        self.optimizer = bp.optim.Adam([self.w], lr=0.1)

    def train(self, x: Any, y: Any) -> Any:
        self.optimizer.zero_grad()
        loss = bp.nn.functional.cross_entropy(x @ self.w, y)
        loss.backward()
        self.optimizer.step()
        return loss
