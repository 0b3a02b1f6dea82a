"""Every optimizer follows PyTorch's, step for step, whatever the settings."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import backprop as bp

pytestmark = pytest.mark.usefixtures("full_precision")
SHAPES = [(3,), (2, 5), (1,), (4, 3, 2), (), (17, 3)]

SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.2}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.4}),
    ("SGD", {"lr": 0.05, "momentum": 0.8, "dampening": 0.4, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"lr": 0.05, "momentum": 0.7, "nesterov": True, "weight_decay": 0.1}),
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.003, "alpha": 0.8, "eps": 1e-3}),
    ("RMSprop", {"lr": 0.003, "weight_decay": 0.3}),
    ("RMSprop", {"lr": 0.003, "momentum": 0.9}),
    ("RMSprop", {"lr": 0.003, "centered": True}),
    ("RMSprop", {"lr": 0.003, "centered": True, "momentum": 0.7, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"lr": 0.02, "betas": (0.5, 0.6)}),
    ("Adam", {"lr": 0.02, "betas": (0.0, 0.99)}),
    ("Adam", {"lr": 0.02, "betas": (0.9, 0.0), "eps": 0.1}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.3}),
    ("AdamW", {}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.3}),
    ("AdamW", {"lr": 0.02, "weight_decay": 0.0, "eps": 1e-3}),
    ("SGD", {"lr": 0.01, "maximize": True}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "maximize": True, "weight_decay": 2.0}),
    ("SGD", {"lr": 0.01, "momentum": 0.5, "maximize": True}),
    ("RMSprop", {"lr": 0.003, "maximize": True, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.02, "amsgrad": True}),
    ("Adam", {"lr": 0.02, "amsgrad": True, "maximize": True, "weight_decay": 0.3}),
    ("Adam", {"lr": 0.02, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("AdamW", {"lr": 0.02, "amsgrad": True, "maximize": True}),
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.05, "weight_decay": 0.2}),
    ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3, "maximize": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adadelta", {"lr": 0.02, "rho": 1.0, "eps": 1e-4, "maximize": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.02, "betas": (0.5, 0.6), "weight_decay": 0.2}),
    ("Adamax", {"lr": 0.02, "betas": (0.0, 0.0), "eps": 0.1, "maximize": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.02, "betas": (0.6, 0.7), "momentum_decay": 0.1, "weight_decay": 0.2}),
    ("NAdam", {"lr": 0.02, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("NAdam", {"lr": 0.02, "betas": (0.0, 0.9), "maximize": True}),
    ("RAdam", {"lr": 0.01}),
    ("RAdam", {"lr": 0.02, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.2}),
    ("RAdam", {"lr": 0.02, "weight_decay": 0.3, "decoupled_weight_decay": True}),
    ("RAdam", {"lr": 0.02, "betas": (0.5, 0.5), "maximize": True}),  # never adapts
    ("ASGD", {}),
    ("ASGD", {"lr": 0.05, "lambd": 0.1, "alpha": 0.6, "t0": 20.0, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.01, "t0": 0.0, "maximize": True}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.5), "step_sizes": (0.05, 0.3), "maximize": True}),
    ("Muon", {"lr": 0.02}),
    ("Muon", {"lr": 0.02, "nesterov": False, "momentum": 0.5, "weight_decay": 0.0}),
    ("Muon", {"lr": 0.02, "adjust_lr_fn": "match_rms_adamw", "ns_steps": 2, "eps": 1.0}),
    ("Muon", {"lr": 0.02, "ns_coefficients": (2.0, -1.5, 0.5), "adjust_lr_fn": "original"}),
]
IDS = [f"{name}({','.join(f'{k}={v}' for k, v in kw.items())})" for name, kw in SETTINGS]


ALL = list(dict.fromkeys(name for name, _ in SETTINGS))


def _shapes(name: str) -> list[tuple[int, ...]]:
    return [(3, 4), (5, 2), (1, 1), (1, 6), (4, 4), (17, 3)] if name == "Muon" else SHAPES


def _values(dtype: str, name: str = "") -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [np.asarray(rng.standard_normal(s), dtype) for s in _shapes(name)]


class Pair:
    """The same parameters here and in PyTorch, with the loss sum a p²/2 + b p, a and b random
    and new in each step: its gradient a p + b depends on the parameters, so errors would grow."""

    def __init__(self, torch: Any, device: str, dtype: str = "float64", name: str = "") -> None:
        self.torch, self.device, self.dtype = torch, device, dtype
        self.shapes, values = _shapes(name), _values(dtype, name)
        self.us = [bp.asarray(v, device=device, requires_grad=True) for v in values]
        self.them = [torch.tensor(v, requires_grad=True) for v in values]
        self.rng = np.random.default_rng(4)

    def _factors(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for shape in self.shapes:
            a, b = self.rng.uniform(0.1, 1.0, shape), self.rng.standard_normal(shape)
            yield np.asarray(a, self.dtype), np.asarray(b, self.dtype)

    def backward(self, without: tuple[int, ...] = ()) -> None:
        """Gradients for all parameters but some, which get none."""
        ours: Any = None
        theirs: Any = None
        for i, (a, b) in enumerate(self._factors()):
            if i in without:
                continue
            p, q = self.us[i], self.them[i]
            a_, b_ = (bp.asarray(v, device=self.device) for v in (a, b))
            u = (a_ * p * p * 0.5 + b_ * p).sum()
            v = (self.torch.tensor(a) * q * q * 0.5 + self.torch.tensor(b) * q).sum()
            ours, theirs = (u, v) if ours is None else (ours + u, theirs + v)
        ours.backward()
        theirs.backward()

    def assign(self) -> None:
        """The same gradients, set by hand: quicker than the graphs of `backward`."""
        for p, q, (a, b) in zip(self.us, self.them, self._factors(), strict=True):
            g = np.asarray(a * p.detach().numpy() + b)  # not a scalar, which would be float32
            p.grad = bp.asarray(g, device=self.device)
            q.grad = self.torch.tensor(a * q.detach().numpy() + b)

    def compare(self, tolerance: float) -> None:
        for i, (p, q) in enumerate(zip(self.us, self.them, strict=True)):
            np.testing.assert_allclose(
                p.detach().numpy(), q.detach().numpy(), rtol=tolerance, atol=tolerance,
                err_msg=f"parameter {i}",
            )  # fmt: skip


def _hundred(pair: Pair, ours: Any, theirs: Any) -> None:
    """On array-api-strict, which is slow, forty."""
    for _ in range(40 if pair.device == "strict" else 100):
        pair.assign()
        ours.step()
        theirs.step()


def _train(pair: Pair, ours: Any, theirs: Any, steps: int, without: Any = None) -> None:
    for step in range(steps):
        ours.zero_grad()
        theirs.zero_grad()
        pair.backward(without(step) if without else ())
        ours.step()
        theirs.step()


@pytest.mark.parametrize(("name", "kw"), SETTINGS, ids=IDS)
def test_a_hundred_steps_are_pytorchs(
    name: str, kw: dict[str, Any], backend: Any, torch: Any
) -> None:
    pair = Pair(torch, backend.name, name=name)
    ours = getattr(bp.optim, name)(pair.us, **kw)
    theirs = getattr(torch.optim, name)(pair.them, **kw)
    _hundred(pair, ours, theirs)
    pair.compare(1e-10)
    assert np.abs(pair.us[1].detach().numpy() - _values("float64", name)[1]).mean() > 1e-2


@pytest.mark.parametrize(("name", "kw"), SETTINGS, ids=IDS)
def test_a_hundred_steps_are_pytorchs_in_float32(name: str, kw: dict[str, Any], torch: Any) -> None:
    pair = Pair(torch, "cpu", "float32", name)
    ours = getattr(bp.optim, name)(pair.us, **kw)
    theirs = getattr(torch.optim, name)(pair.them, **kw)
    _hundred(pair, ours, theirs)
    pair.compare(1e-5)
    assert all(p.dtype == bp.float32 for p in pair.us)


@pytest.mark.parametrize("name", [*ALL, "LBFGS"])
def test_the_arguments_and_defaults_are_pytorchs(name: str, torch: Any) -> None:
    mine, his = (getattr(library.optim, name) for library in (bp, torch))
    ours, theirs = (
        [(p.name, p.kind, p.default) for p in inspect.signature(kind).parameters.values()]
        for kind in (mine, his)
    )
    assert ours == theirs
    optimizer = mine([bp.nn.Parameter(np.ones((1, 1)))])
    defaults = his([torch.nn.Parameter(torch.ones(1, 1))]).defaults
    assert {k: defaults[k] for k in optimizer.defaults} == optimizer.defaults
    how = {"foreach", "fused", "capturable", "differentiable"}
    assert set(defaults) - set(optimizer.defaults) <= how


MIXED = [
    ("SGD", {"lr": 0.1}, [{"momentum": 0.9}, {"lr": 0.01, "weight_decay": 0.1}]),
    ("SGD", {"lr": 0.1, "momentum": 0.5}, [{"momentum": 0.0}, {"nesterov": True}]),
    ("RMSprop", {"lr": 0.01}, [{"centered": True}, {"momentum": 0.9}]),
    ("Adam", {"lr": 0.01}, [{"betas": (0.5, 0.9)}, {"lr": 0.1, "weight_decay": 0.1}]),
    ("AdamW", {"lr": 0.01}, [{"weight_decay": 0.0}, {"eps": 1e-2}]),
    ("Adam", {"lr": 0.01}, [{"amsgrad": True}, {"decoupled_weight_decay": True}]),
    ("Adagrad", {"lr": 0.1}, [{"lr_decay": 0.1}, {"maximize": True, "eps": 0.1}]),
    ("Adadelta", {"lr": 1.0}, [{"rho": 0.5}, {"eps": 1e-2}]),
    ("Adamax", {"lr": 0.01}, [{"betas": (0.5, 0.9)}, {"lr": 0.1}]),
    ("NAdam", {"lr": 0.01}, [{"momentum_decay": 0.1}, {"betas": (0.5, 0.9)}]),
    ("RAdam", {"lr": 0.01}, [{"betas": (0.5, 0.9)}, {"decoupled_weight_decay": True}]),
    ("ASGD", {"lr": 0.01}, [{"t0": 3.0}, {"lambd": 0.2, "alpha": 0.5}]),
    ("Rprop", {"lr": 0.01}, [{"lr": 0.1}, {"etas": (0.9, 1.1)}]),
    ("Muon", {"lr": 0.01}, [{"momentum": 0.5}, {"adjust_lr_fn": "match_rms_adamw"}]),
]


@pytest.mark.parametrize(("name", "kw", "groups"), MIXED, ids=[m[0] + str(m[2]) for m in MIXED])
@pytest.mark.parametrize("interleaved", [False, True])
def test_groups_have_their_own_settings(
    name: str, kw: Any, groups: Any, interleaved: bool, backend: Any, torch: Any
) -> None:
    pair = Pair(torch, backend.name, name=name)
    numbers = ([0, 2, 4], [1, 3, 5]) if interleaved else ([0, 1, 2], [3, 4, 5])
    ours, theirs = (
        library([{"params": [ps[i] for i in n], **g} for n, g in zip(numbers, groups, strict=True)],
                **kw)
        for library, ps in (
            (getattr(bp.optim, name), pair.us), (getattr(torch.optim, name), pair.them)
        )
    )  # fmt: skip
    _train(pair, ours, theirs, 20)
    pair.compare(1e-11)


@pytest.mark.parametrize(
    ("name", "kw"),
    [
        ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1}),
        ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True}),
        ("Adam", {"lr": 0.05}),
        ("AdamW", {"lr": 0.05, "weight_decay": 0.5}),
        ("Adam", {"lr": 0.05, "eps": 0.0, "amsgrad": True}),
        ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.3}),
        ("Adadelta", {"weight_decay": 0.1}),
        ("Adamax", {"lr": 0.05}),
        ("NAdam", {"lr": 0.05, "momentum_decay": 0.1}),
        ("RAdam", {"lr": 0.05, "betas": (0.5, 0.9)}),
        ("ASGD", {"lr": 0.05, "lambd": 0.1, "t0": 4.0}),
        ("Rprop", {"lr": 0.05}),
        ("Muon", {"lr": 0.05}),
    ],
)
def test_a_parameter_without_gradient_is_skipped_and_counts_its_own_steps(
    name: str, kw: Any, backend: Any, torch: Any
) -> None:
    """Weight decay and momentum do not touch it either; Adam's corrections follow its own count."""
    pair = Pair(torch, backend.name, name=name)
    ours, theirs = (
        getattr(library, name)(ps, **kw)
        for library, ps in ((bp.optim, pair.us), (torch.optim, pair.them))
    )
    _train(pair, ours, theirs, 30, lambda s: (1, 4) if s < 3 else (0,) if s % 3 else (2, 3))
    pair.compare(1e-11)


def test_changing_settings_between_steps(backend: Any, torch: Any) -> None:
    pair = Pair(torch, backend.name)
    ours = bp.optim.SGD(pair.us, lr=0.1)
    theirs = torch.optim.SGD(pair.them, lr=0.1)
    for lr, momentum in ((0.1, 0.0), (0.05, 0.9), (0.02, 0.5), (0.1, 0.0)):
        for optimizer in (ours, theirs):
            optimizer.param_groups[0].update(lr=lr, momentum=momentum)
        _train(pair, ours, theirs, 3)
    pair.compare(1e-12)


def test_a_group_added_later(backend: Any, torch: Any) -> None:
    pair = Pair(torch, backend.name)
    ours = bp.optim.Adam(pair.us[:3], lr=0.05)
    theirs = torch.optim.Adam(pair.them[:3], lr=0.05)
    _train(pair, ours, theirs, 5)
    for optimizer, ps in ((ours, pair.us), (theirs, pair.them)):
        optimizer.add_param_group({"params": ps[3:], "lr": 0.2})
    _train(pair, ours, theirs, 5)
    pair.compare(1e-11)


@pytest.mark.parametrize(("name", "kw"), SETTINGS, ids=IDS)
def test_states_are_exchanged_with_pytorch(name: str, kw: dict[str, Any], torch: Any) -> None:
    """From there to here, and from here to there."""
    pair = Pair(torch, "cpu", name=name)
    make = getattr(bp.optim, name), getattr(torch.optim, name)
    ours, theirs = make[0](pair.us, **kw), make[1](pair.them, **kw)
    _train(pair, ours, theirs, 4, lambda s: (1,) if s < 2 else ())
    mine = _converted(ours.state_dict(), lambda v: torch.tensor(v.numpy()))
    his = _converted(theirs.state_dict(), lambda v: v.numpy().copy())
    for number, entry in his["state"].items():
        assert list(entry) == [k for k in mine["state"][number] if k != "step" or "step" in entry]
    ours, theirs = make[0](pair.us, lr=9.0), make[1](pair.them, lr=9.0)
    ours.load_state_dict(his)
    theirs.load_state_dict(mine)
    _train(pair, ours, theirs, 4)
    pair.compare(1e-11)


def _converted(state: dict[str, Any], convert: Any) -> dict[str, Any]:
    entries = {
        n: {k: convert(v) if hasattr(v, "numpy") else v for k, v in entry.items() if v is not None}
        for n, entry in state["state"].items()
    }
    return {**state, "state": entries}
