"""Other arguments, other settings around the step, and several captures: each call as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from capturing_twice import agree, host, same, snapshot

import backprop as bp

F = bp.nn.functional


def arrays(count: int, shape: Any = (3, 4), seed: int = 1) -> list[tuple[bp.Tensor]]:
    rng = np.random.default_rng(seed)
    return [(bp.asarray(rng.standard_normal(shape).astype(np.float32)),) for _ in range(count)]


def alone(function: Any) -> Any:
    return lambda: (function, ())


# ------------------------------------------------------------------------- arguments


def test_the_same_tensor_twice_and_then_two() -> None:
    step = bp.capture(lambda x, y: (x * 2.0 + y, y - x))
    (a,), (b,) = arrays(2)
    for _ in range(3):
        assert (host(step(a, a)[0]) == host(a * 2.0 + a)).all()
    assert (host(step(a, b)[0]) == host(a * 2.0 + b)).all()
    assert (host(step(b, a)[1]) == host(a - b)).all()
    assert step.recordings == 1


def test_an_argument_that_the_step_knows_by_another_name() -> None:
    (a,), (b,), (c,) = arrays(3)
    step = bp.capture(lambda x: x - a)
    for x in (a, a, a, b, c):
        assert (host(step(x)) == host(x - a)).all()
    assert step.replays == 3


def test_a_variable_for_an_argument() -> None:
    w = bp.ones((3, 4), requires_grad=True)

    def step(w: Any, x: Any) -> Any:
        (w * x).sum().backward()
        return w.grad * 1.0

    captured = bp.capture(step)
    total = np.zeros((3, 4), np.float32)
    for (x,) in arrays(6):
        total = total + host(x)
        assert (host(captured(w, x)) == total).all()
        assert (host(w.grad) == total).all()
    assert captured.replays == 4


def test_arguments_of_all_kinds() -> None:
    @bp.capture
    def step(x: Any, parts: Any, *, scale: float = 1.0, name: str = "a", **more: Any) -> Any:
        out = x * scale + parts["u"] - parts["v"][0] * parts["v"][1]
        return {"out": out if name == "a" else -out, "more": [v * 2 for v in more.values()]}

    def plain(*args: Any, **kwargs: Any) -> Any:
        return step.function(*args, **kwargs)

    for i, (x,) in enumerate(arrays(24)):
        parts = {"u": x[0], "v": (x.T.reshape(3, 4) if i % 3 else x, 2 if i % 2 else 3.0)}
        kwargs = {"scale": 0.5 * (i % 2), "name": "ab"[i % 3 == 2], "z": x.sum()}
        got, wanted = step(x, parts, **kwargs), plain(x, parts, **kwargs)
        assert (host(got["out"]) == host(wanted["out"])).all()
        assert host(got["more"][0]) == host(wanted["more"][0])
    assert step.recordings == 4


@pytest.mark.parametrize(
    "view",
    [lambda x: x[::2], lambda x: x.T, lambda x: x[:, ::-1], lambda x: x[0], lambda x: x[0, 0]],
)
def test_views_and_other_shapes(view: Any) -> None:
    step = bp.capture(lambda x: (x + 1.0, x.sum(), bp.exp(x) * x, x.reshape(-1)[::-1]))
    for (x,) in arrays(5, (4, 4)):
        for y in (x, view(x)):
            for a, b in zip(step(y), step.function(y), strict=True):
                assert host(a).tobytes() == host(b).tobytes()


def test_a_partial_last_batch() -> None:
    def build() -> Any:
        nn = bp.nn
        model = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5), nn.BatchNorm1d(6), nn.Linear(6, 3))
        optimizer = bp.optim.Adam(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer)

    epoch = arrays(3, (8, 4)) + arrays(1, (5, 4))
    step = agree(build, epoch * 3, replays=9)
    assert step.recordings == 2


def test_dtype_and_recording_mode() -> None:
    w = bp.ones(4, requires_grad=True)
    step = bp.capture(lambda x: (x * w.astype(x.dtype)).detach() * bp.ones(4).sum())
    for (x,) in arrays(8):
        for dtype in ("float32", "float64"):
            y = x.astype(dtype)
            got = step(y)
            assert got.dtype == y.dtype
            with bp.no_grad():
                assert (host(step(y)) == host(got)).all()
    assert step.recordings == 4
    bp.set_default_dtype("float64")
    ((x,),) = arrays(1)
    assert step(x).dtype == step.function(x).dtype == np.dtype("float64")


# ----------------------------------------------------------------- around the step

RATE = 0.5


def of_a_global(x: Any) -> Any:
    return x * RATE


def test_a_number_of_pythons_that_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    rate = 0.5

    class Holder:
        rate = 0.5

        def step(self, x: Any) -> Any:
            return x * self.rate

    holder = Holder()
    holder.rate = 0.5
    closed, held, of_global = (
        bp.capture(lambda x: x * rate), bp.capture(holder.step), bp.capture(of_a_global),
    )  # fmt: skip
    for i, (x,) in enumerate(arrays(9)):
        if i % 3 == 0:
            rate = holder.rate = 0.5 + i
            monkeypatch.setitem(globals(), "RATE", rate)
        for step in (closed, held, of_global):
            assert (host(step(x)) == host(x * rate)).all()
    assert closed.recordings == held.recordings == of_global.recordings == 3


class Config:
    """Settings, as people keep them."""

    def __init__(self) -> None:
        self.rate = 1.0
        self.calls = 0


CONFIG = Config()
TABLE = {"rate": 1.0, "calls": 0}


def of_a_helper(x: Any) -> Any:
    return x * CONFIG.rate * TABLE["rate"]


class WithGlobal(bp.nn.Module):
    def forward(self, x: Any) -> Any:
        return of_a_helper(x)


def test_numbers_further_away() -> None:
    given, model = Config(), WithGlobal()
    steps = [
        bp.capture(lambda x: of_a_helper(x) + 1.0),
        bp.capture(lambda x: model(x)),
        bp.capture(lambda x, config=given: x * config.rate),
        bp.capture(lambda x: [CONFIG.rate * x, TABLE["rate"] * x]),
    ]
    taking = bp.capture(lambda x, config: x * config.rate)
    for i, (x,) in enumerate(arrays(9)):
        CONFIG.calls = TABLE["calls"] = i  # which no step mentions
        if i % 3 == 0:
            CONFIG.rate = given.rate = 0.5 + i
            TABLE["rate"] = 2.0 + i
        for step in steps:
            for a, b in zip(_list(step(x)), _list(step.function(x)), strict=True):
                assert (host(a) == host(b)).all()
        assert (host(taking(x, given)) == host(x * given.rate)).all()
    assert [step.recordings for step in (steps[0], steps[1], steps[3], taking)] == [3, 3, 3, 3]


def _list(x: Any) -> list[Any]:
    return x if isinstance(x, list) else [x]


def test_a_tensor_that_makes_room_for_another_between_the_calls() -> None:
    class Holder:
        h = bp.ones(4)

    holder, kept = Holder(), []
    holder.h = bp.ones(4)
    table = {"h": bp.ones(4)}
    h = bp.ones(4)
    step = bp.capture(lambda x: x * h + holder.h - table["h"] * 2.0)
    for i, (x,) in enumerate(arrays(12)):
        if i % 3 == 0:
            kept.append((h, holder.h, table["h"]))
            new = bp.full((4,), 2.0 + i)
            if i == 3:
                h = new
            elif i == 6:
                holder.h = new
            elif i == 9:
                table["h"] = new
        assert (host(step(x)) == host(x * h + holder.h - table["h"] * 2.0)).all(), i
    assert step.recordings == 4


def test_memory_that_is_written_to_from_outside() -> None:
    data = np.ones(4, np.float32)
    h = bp.asarray(data)
    w = bp.ones(4, requires_grad=True)
    step = bp.capture(lambda x: (x * h * w).detach())
    for i, (x,) in enumerate(arrays(6)):
        data[:] = i
        w.data[...] = i + 1.0
        assert (host(step(x)) == host(x * float(i) * (i + 1.0))).all()
    assert step.replays == 4


def test_a_graph_from_before_a_replay_knows_of_the_change() -> None:
    layer = bp.nn.Linear(4, 4)
    optimizer = bp.optim.SGD(layer.parameters(), lr=0.1)

    @bp.capture
    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = (layer(layer(x)) ** 2).mean()
        loss.backward()
        optimizer.step()
        return loss

    ((x,),) = arrays(1)
    for _ in range(4):
        step(x)
    loss = (layer(layer(x)) ** 2).mean()
    step(x)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_two_captures_in_turn_over_one_model() -> None:
    def build() -> Any:
        nn = bp.nn
        model = nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6), nn.Dropout(0.3), nn.Linear(6, 2))
        optimizer = bp.optim.Adam(model.parameters(), lr=0.1)

        def train(x: Any) -> Any:
            model.train()
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        @bp.no_grad()
        def evaluate(x: Any) -> Any:
            return model(x).mean()

        return model, optimizer, train, evaluate

    found = []
    for captured in (False, True):
        bp.manual_seed(3)
        model, optimizer, train, evaluate = build()
        if captured:
            train, evaluate = bp.capture(train), bp.capture(evaluate)
        seen: list[Any] = []
        for number, (x,) in enumerate(arrays(24)):
            seen.append(train(x).item())
            if number % 2:
                model.eval()
                seen.append(evaluate(x).item())
                assert not model.training
            else:
                assert model.training
        found.append((seen, snapshot((model, optimizer))))
    assert found[0][0] == found[1][0]
    same(found[1][1], found[0][1])
    assert (train.replays, evaluate.replays) == (21, 10)  # found in training, found in use


def test_as_a_method_of_several_objects() -> None:
    class Learner:
        def __init__(self, scale: float) -> None:
            self.w = bp.full((4,), scale, requires_grad=True)
            self.optimizer = bp.optim.SGD([self.w], lr=0.1)

        @bp.capture
        def step(self, x: Any) -> Any:
            self.optimizer.zero_grad()
            loss = ((x * self.w) ** 2).mean()
            loss.backward()
            self.optimizer.step()
            return loss

    a, b = Learner(1.0), Learner(2.0)
    for (x,) in arrays(5):
        for each in (a, b):
            loss = ((x * each.w) ** 2).mean().item()
            assert each.step(x).item() == loss
    assert a.step is a.step is not b.step
    assert (a.step.replays, b.step.replays) == (3, 3)


def test_pythons_own_random_numbers_are_noticed() -> None:
    import random

    for draw in (random.random, np.random.random):
        step = bp.capture(lambda x, draw=draw: x * draw())
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        step(bp.ones(2))
        following = draw()
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        draw()
        with pytest.raises(bp.CaptureError, match=r"random.*backprop\.rand"):
            step(bp.ones(2))
        assert draw() == following  # what the failed recording drew was not drawn
