"""Ordinary errors in a step, wrong labels in a replay, threads and captures inside captures."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from capturing_bench import Bench, batch, no_wrapped_arrays
from capturing_twice import agree, same, snapshot

import backprop as bp

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
