"""Schedules: PyTorch's rates and momenta step for step, values by hand, saving, and mistakes."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.optim import lr_scheduler as S

Build = Callable[[Any, Any], Any]
"""From a library's `lr_scheduler` and an optimizer, the schedule."""


def _plain(name: str, *args: Any, **kwargs: Any) -> tuple[str, Build]:
    given = [*map(str, args), *(f"{k}={v}" for k, v in kwargs.items())]
    label = f"{name}({', '.join(given)})"
    return label, lambda schedules, optimizer: getattr(schedules, name)(optimizer, *args, **kwargs)


def _sequence(schedules: Any, optimizer: Any) -> Any:
    parts = [
        schedules.LinearLR(optimizer, 0.1, total_iters=10),
        schedules.CosineAnnealingLR(optimizer, 50, eta_min=1e-3),
        schedules.ExponentialLR(optimizer, 0.9),
    ]
    return schedules.SequentialLR(optimizer, parts, milestones=[10, 60])


def _chain(schedules: Any, optimizer: Any) -> Any:
    parts = [
        schedules.ConstantLR(optimizer, 0.25, total_iters=7),
        schedules.ExponentialLR(optimizer, 0.97),
        schedules.StepLR(optimizer, 13, 0.5),
    ]
    return schedules.ChainedScheduler(parts)


def _restarts_after_warm_up(schedules: Any, optimizer: Any) -> Any:
    parts = [
        schedules.LinearLR(optimizer, 0.5, total_iters=4),
        schedules.CosineAnnealingWarmRestarts(optimizer, 5, 2),
    ]
    return schedules.SequentialLR(optimizer, parts, milestones=[4])


SCHEDULES: list[tuple[str, Build]] = [
    _plain("LambdaLR", lambda t: 0.95**t),
    _plain("LambdaLR", [lambda t: 1 / (t + 1), lambda t: 1.0 + t % 3]),
    _plain("MultiplicativeLR", lambda t: 0.9 + 0.01 * (t % 5)),
    _plain("StepLR", 10),
    _plain("StepLR", step_size=7, gamma=0.7),
    _plain("MultiStepLR", [10, 20, 20, 55], gamma=0.3),
    _plain("MultiStepLR", [0, 3]),
    _plain("ConstantLR"),
    _plain("ConstantLR", factor=0.1, total_iters=1),
    _plain("ConstantLR", 0.5, 30),
    _plain("LinearLR"),
    _plain("LinearLR", 0.01, 0.5, 40),
    _plain("ExponentialLR", 0.95),
    _plain("PolynomialLR"),
    _plain("PolynomialLR", total_iters=80, power=2.0),
    _plain("CosineAnnealingLR", 30),
    _plain("CosineAnnealingLR", T_max=7, eta_min=0.01),
    _plain("CosineAnnealingLR", T_max=1),
    _plain("CosineAnnealingLR", T_max=200),
    _plain("CosineAnnealingWarmRestarts", 10),
    _plain("CosineAnnealingWarmRestarts", T_0=3, T_mult=2, eta_min=1e-4),
    _plain("CyclicLR", 0.01, 0.1, step_size_up=8),
    _plain("CyclicLR", [0.01, 0.02], [0.1, 0.3], step_size_up=5, step_size_down=11,
           mode="triangular2"),
    _plain("CyclicLR", 0.01, 0.1, step_size_up=6, mode="exp_range", gamma=0.98,
           base_momentum=0.7, max_momentum=0.95),
    _plain("CyclicLR", 0.01, 0.1, step_size_up=6, cycle_momentum=False,
           scale_fn=lambda x: 1 / (5 ** (x * 1e-4)), scale_mode="iterations"),
    _plain("OneCycleLR", 0.5, total_steps=100),
    _plain("OneCycleLR", max_lr=[0.5, 0.1], epochs=10, steps_per_epoch=12, anneal_strategy="linear",
           pct_start=0.25),
    _plain("OneCycleLR", 0.5, total_steps=110, three_phase=True, div_factor=10.0,
           final_div_factor=50.0, base_momentum=0.6, max_momentum=0.8),
    _plain("OneCycleLR", 0.5, total_steps=100, cycle_momentum=False),
    ("SequentialLR", _sequence),
    ("ChainedScheduler", _chain),
    ("SequentialLR of restarts", _restarts_after_warm_up),
]  # fmt: skip
IDS = [label.split("<")[0] for label, _ in SCHEDULES]
OPTIMIZERS = [("SGD", {"momentum": 0.9}), ("Adam", {})]


def _ours(name: str = "SGD", **settings: Any) -> bp.optim.Optimizer:
    params = [bp.asarray(np.ones(2), requires_grad=True) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.3}]
    return getattr(bp.optim, name)(groups, lr=0.1, **settings)


def _theirs(torch: Any, name: str, **settings: Any) -> Any:
    params = [torch.ones(2, requires_grad=True) for _ in range(2)]
    groups = [{"params": [params[0]]}, {"params": [params[1]], "lr": 0.3}]
    return getattr(torch.optim, name)(groups, lr=0.1, **settings)


def _numbers(optimizer: Any) -> list[float]:
    """What a schedule may set, of all groups."""
    found = []
    for group in optimizer.param_groups:
        found += [group["lr"], group.get("momentum", 0.0), *group.get("betas", ())]
    return found


def _walk(optimizer: Any, schedule: Any, steps: int) -> list[list[float]]:
    for group in optimizer.param_groups:
        for p in group["params"]:
            p.grad = p.detach() * 0
    seen = [_numbers(optimizer)]
    for _ in range(steps):
        optimizer.step()
        schedule.step()
        seen.append(_numbers(optimizer))
        assert schedule.get_last_lr() == [g["lr"] for g in optimizer.param_groups]
    return seen


@pytest.mark.parametrize(("label", "build"), SCHEDULES, ids=IDS)
@pytest.mark.parametrize(("name", "settings"), OPTIMIZERS, ids=["SGD", "Adam"])
def test_rates_are_pytorchs(label: str, build: Build, name: str, settings: Any, torch: Any) -> None:
    ours, theirs = _ours(name, **settings), _theirs(torch, name, **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = _walk(theirs, build(torch.optim.lr_scheduler, theirs), 100)
    got = _walk(ours, build(S, ours), 100)
    np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize(("label", "build"), SCHEDULES, ids=IDS)
def test_a_saved_schedule_goes_on(label: str, build: Build) -> None:
    """Optimizer and schedule saved as JSON after 37 steps, and loaded by new ones."""
    through = _ours(momentum=0.9)
    wanted = _walk(through, build(S, through), 90)
    first = _ours(momentum=0.9)
    schedule = build(S, first)
    _walk(first, schedule, 37)
    rates = [dict(g) for g in first.state_dict()["param_groups"]]
    text = json.dumps([rates, schedule.state_dict()])
    second = _ours(momentum=0.9)
    again = build(S, second)
    saved_groups, saved = json.loads(text)
    again.load_state_dict(saved)
    for group, kept in zip(second.param_groups, saved_groups, strict=True):
        group.update({k: v for k, v in kept.items() if k != "params"})
    got = _walk(second, again, 53)
    np.testing.assert_array_equal(got, wanted[37:])


def test_plateau_is_pytorchs(torch: Any) -> None:
    rng = np.random.default_rng(0)
    measures = np.concatenate([np.linspace(3, 1, 20), 1 + 0.1 * rng.random(80)])
    for kw in (
        {},
        {"factor": 0.5, "patience": 2},
        {"mode": "max", "patience": 3, "threshold_mode": "abs", "threshold": 0.01},
        {"patience": 1, "cooldown": 4, "min_lr": [0.01, 0.05]},
        {"patience": 0, "factor": 0.9, "eps": 0.01},
        {"threshold": 0.2, "patience": 4},
    ):
        ours, theirs = _ours(), _theirs(torch, "SGD")
        a = S.ReduceLROnPlateau(ours, **kw)  # type: ignore[arg-type]
        b = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, **kw)
        for value in measures:
            a.step(value)
            b.step(value)
            np.testing.assert_allclose(_numbers(ours), _numbers(theirs), rtol=1e-12)
            assert a.get_last_lr() == [g["lr"] for g in ours.param_groups]


def test_plateau_by_hand() -> None:
    """Patience 1: the second step without improvement halves the rate. Tensors are measures too."""
    optimizer = _ours()
    schedule = S.ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    seen = []
    for loss in (1.0, 0.5, 0.5, 0.5, 0.5, 0.4, 0.4, 0.4):
        schedule.step(bp.asarray(loss))
        seen.append(schedule.get_last_lr()[0])
    assert seen == [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.025]
    again = S.ReduceLROnPlateau(_ours(), factor=0.5, patience=1)
    again.load_state_dict(json.loads(json.dumps(schedule.state_dict())))
    assert again.best == schedule.best == pytest.approx(0.4)
    assert again.last_epoch == 8


def test_swalr_is_pytorchs(torch: Any) -> None:
    for kw in ({}, {"anneal_epochs": 5, "anneal_strategy": "linear"}, {"anneal_epochs": 0}):
        for lr in (0.05, [0.02, 0.5]):
            ours, theirs = _ours(), _theirs(torch, "SGD")
            got = _walk(ours, S.SWALR(ours, lr, **kw), 20)  # type: ignore[arg-type]
            wanted = _walk(theirs, torch.optim.swa_utils.SWALR(theirs, lr, **kw), 20)
            np.testing.assert_allclose(got, wanted, rtol=1e-10)


BY_HAND: list[tuple[Build, list[float]]] = [
    (lambda s, o: s.StepLR(o, 2, 0.1), [0.1, 0.1, 0.01, 0.01, 0.001]),
    (lambda s, o: s.MultiStepLR(o, [1, 3], 0.5), [0.1, 0.05, 0.05, 0.025, 0.025]),
    (lambda s, o: s.ExponentialLR(o, 0.5), [0.1, 0.05, 0.025, 0.0125]),
    (lambda s, o: s.ConstantLR(o, 0.5, 2), [0.05, 0.05, 0.1, 0.1]),
    (lambda s, o: s.ConstantLR(o, 0.5, 0), [0.1, 0.1]),
    (lambda s, o: s.ConstantLR(o, 0.0, 2), [0.0, 0.0, 0.1, 0.1]),  # a rest before the start
    (lambda s, o: s.LinearLR(o, 0.5, 1.0, 2), [0.05, 0.075, 0.1, 0.1]),
    (lambda s, o: s.PolynomialLR(o, 4, 1.0), [0.1, 0.075, 0.05, 0.025, 0.0, 0.0]),
    (
        lambda s, o: s.CosineAnnealingLR(o, 4),
        [0.1 * (1 + math.cos(math.pi * t / 4)) / 2 for t in range(10)],
    ),
    (lambda s, o: s.CosineAnnealingWarmRestarts(o, 2), [0.1, 0.05, 0.1, 0.05, 0.1]),
    (lambda s, o: s.LambdaLR(o, lambda t: t + 1), [0.1, 0.2, 0.3]),
    (lambda s, o: s.MultiplicativeLR(o, lambda t: t), [0.1, 0.1, 0.2, 0.6]),
    (lambda s, o: s.CyclicLR(o, 0.1, 0.3, 2, cycle_momentum=False), [0.1, 0.2, 0.3, 0.2, 0.1]),
    (
        lambda s, o: s.OneCycleLR(
            o, 0.4, total_steps=5, pct_start=0.6, div_factor=4.0, final_div_factor=10.0,
            anneal_strategy="linear", cycle_momentum=False,
        ),
        [0.1, 0.25, 0.4, 0.205, 0.01],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("build", "wanted"), BY_HAND, ids=range(len(BY_HAND)))
def test_rates_by_hand(build: Build, wanted: list[float]) -> None:
    optimizer = _ours()
    seen = [row[0] for row in _walk(optimizer, build(S, optimizer), len(wanted) - 1)]
    np.testing.assert_allclose(seen, wanted, atol=1e-15)


def test_a_rate_changed_by_hand_stays_changed() -> None:
    """By a factor, until the schedule ends; what both bring about multiplies."""
    optimizer = _ours()
    schedule = S.ExponentialLR(optimizer, 0.5)
    _walk(optimizer, schedule, 1)
    optimizer.param_groups[0]["lr"] = 8.0
    _walk(optimizer, schedule, 2)
    assert optimizer.param_groups[0]["lr"] == 2.0


def test_fractions_of_an_epoch() -> None:
    optimizer = _ours()
    schedule = S.CosineAnnealingWarmRestarts(optimizer, 2, T_mult=2)
    for t, wanted in ((0.5, (1 + math.cos(math.pi / 4)) / 2), (2.0, 1.0), (4.0, 0.5), (6.5, None)):
        schedule.step(t)
        if wanted is not None:
            np.testing.assert_allclose(schedule.get_last_lr()[0], 0.1 * wanted)
    assert schedule.T_i == 8
    assert schedule.T_cur == 0.5
    with pytest.raises(ValueError, match="epoch: got -1"):
        schedule.step(-1)


def test_going_on_with_last_epoch() -> None:
    """The rate the optimizer has is that of the next step."""
    optimizer = _ours()
    rows = _walk(optimizer, S.ExponentialLR(optimizer, 0.5), 3)
    again = S.ExponentialLR(optimizer, 0.5, last_epoch=2)
    assert again.last_epoch == 3
    assert again.get_last_lr()[0] == rows[-1][0] == 0.0125
    _walk(optimizer, again, 1)
    assert again.get_last_lr()[0] == 0.00625


def test_stepping_before_the_optimizer_warns() -> None:
    schedule = S.StepLR(_ours(), 1)
    with pytest.warns(UserWarning, match="StepLR: step was called before the optimizer's first"):
        schedule.step()


def test_a_nested_sequence() -> None:
    optimizer = _ours()
    inner = S.SequentialLR(
        optimizer, [S.ConstantLR(optimizer, 0.5, 1), S.ExponentialLR(optimizer, 0.1)], [2]
    )
    outer = S.SequentialLR(optimizer, [S.LinearLR(optimizer, 0.5, 1.0, 1), inner], [2])
    seen = [row[0] for row in _walk(optimizer, outer, 6)]
    np.testing.assert_allclose(seen, [0.05, 0.1, 0.05, 0.1, 0.1, 0.01, 0.001])


class Halving(S.LRScheduler):
    """A user's own."""

    def get_lr(self) -> list[float]:
        return [lr / 2**self.last_epoch for lr in self.base_lrs]


def test_a_schedule_of_ones_own() -> None:
    optimizer = _ours()
    seen = [row[0] for row in _walk(optimizer, Halving(optimizer), 2)]
    assert seen == [0.1, 0.05, 0.025]
    with pytest.raises(NotImplementedError, match="LRScheduler needs a method get_lr"):
        S.LRScheduler(_ours())


O = _ours()  # noqa: E741
BAD: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: S.StepLR("adam", 3), TypeError, "StepLR: optimizer: got a str, wanted an optimizer"),  # type: ignore[arg-type]
    (lambda: S.StepLR(O, 0), ValueError, "StepLR: step_size: got 0, wanted a whole number of"),
    (lambda: S.StepLR(O, 2.5), ValueError, r"step_size: got 2\.5"),  # type: ignore[arg-type]
    (lambda: S.ExponentialLR(O, -1), ValueError, "ExponentialLR: gamma: got -1"),
    (lambda: S.MultiStepLR(O, [1, -2]), ValueError, "milestones: got -2"),
    (lambda: S.ConstantLR(O, 2.0), ValueError, r"factor: got 2\.0, wanted a number from 0 up to 1"),
    (lambda: S.LinearLR(O, 0.0), ValueError, r"start_factor: got 0\.0, wanted a number above 0"),
    (lambda: S.LinearLR(O, 0.5, 1.5), ValueError, r"end_factor: got 1\.5"),
    (lambda: S.PolynomialLR(O, 0), ValueError, "total_iters: got 0"),
    (lambda: S.CosineAnnealingLR(O, 0), ValueError, "T_max: got 0"),
    (lambda: S.CosineAnnealingWarmRestarts(O, 3, 0), ValueError, "T_mult: got 0"),
    (lambda: S.LambdaLR(O, [abs]), ValueError, "lr_lambda: got 1 values, wanted one for"),
    (lambda: S.LambdaLR(O, 0.5), TypeError, "lr_lambda: got a float, wanted a function"),  # type: ignore[arg-type]
    (lambda: S.CyclicLR(O, 0.1, 0.2, mode="square"), ValueError, "mode: got 'square'"),
    (lambda: S.CyclicLR(O, 0.1, 0.2, step_size_up=0), ValueError, "step_size_up: got 0"),
    (lambda: S.CyclicLR(O, [0.1], 0.2), ValueError, "base_lr: got 1 values, wanted one for"),
    (lambda: S.OneCycleLR(O, 0.1), ValueError, "total_steps: is missing"),
    (lambda: S.OneCycleLR(O, 0.1, 10, pct_start=2.0), ValueError, r"pct_start: got 2\.0"),
    (lambda: S.OneCycleLR(O, 0.1, 10, anneal_strategy="log"), ValueError, "got .log."),
    (lambda: S.ReduceLROnPlateau(O, "least"), ValueError, "mode: got 'least', wanted 'min'"),
    (lambda: S.ReduceLROnPlateau(O, factor=1.0), ValueError, r"factor: got 1\.0"),
    (lambda: S.ReduceLROnPlateau(O, min_lr=[0.1]), ValueError, "min_lr: got 1 values"),
    (lambda: S.SequentialLR(O, [], []), ValueError, "schedulers: got none"),
    (lambda: S.SequentialLR(O, [S.StepLR(O, 1)], [3]), ValueError, r"got \[3\] for 1 schedules"),
    (lambda: S.SequentialLR(O, [S.StepLR(_ours(), 1)], []), ValueError, "belongs to another"),
    (lambda: S.ChainedScheduler([S.ReduceLROnPlateau(O)]), TypeError, "got a ReduceLROnPlateau"),
    (lambda: S.ExponentialLR(_ours(), 0.5, last_epoch=3), ValueError, "has no 'initial_lr'"),
    (lambda: S.SWALR(O, 0.1, anneal_strategy="log"), ValueError, "anneal_strategy: got 'log'"),
    (lambda: S.StepLR(O, 3).load_state_dict({"gamma": 1}), ValueError, "no .*step_size"),
    (lambda: S.StepLR(O, 3).load_state_dict([]), ValueError, "got a list, wanted a dict"),  # type: ignore[arg-type]
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[m for *_, m in BAD])
def test_mistakes(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_one_cycle_ends() -> None:
    optimizer = _ours(momentum=0.5)
    schedule = S.OneCycleLR(optimizer, 0.1, total_steps=3)
    _walk(optimizer, schedule, 3)
    with pytest.raises(ValueError, match="step 4 of total_steps = 3: the cycle is over"):
        schedule.step()


def test_an_optimizer_without_momentum_cannot_cycle_it() -> None:
    class Plain(bp.optim.Optimizer):
        def buffers(self, group: Any) -> tuple[str, ...]:
            return ()

        def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
            p -= g

    optimizer = Plain([bp.asarray(np.ones(1), requires_grad=True)], {"lr": 0.1})
    with pytest.raises(ValueError, match="Plain has no momentum and no betas"):
        S.CyclicLR(optimizer, 0.1, 0.2)
