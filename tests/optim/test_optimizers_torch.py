"""Every optimizer follows PyTorch's, step for step, whatever the settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import backprop as bp

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
]
IDS = [f"{name}({','.join(f'{k}={v}' for k, v in kw.items())})" for name, kw in SETTINGS]


def _values(dtype: str) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [np.asarray(rng.standard_normal(s), dtype) for s in SHAPES]


class Pair:
    """The same parameters here and in PyTorch, with the loss sum a p²/2 + b p, a and b random
    and new in each step: its gradient a p + b depends on the parameters, so errors would grow."""

    def __init__(self, torch: Any, device: str, dtype: str = "float64") -> None:
        self.torch, self.device, self.dtype = torch, device, dtype
        self.us = [bp.asarray(v, device=device, requires_grad=True) for v in _values(dtype)]
        self.them = [torch.tensor(v, requires_grad=True) for v in _values(dtype)]
        self.rng = np.random.default_rng(4)

    def _factors(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for shape in SHAPES:
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
    for _ in range(100):
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
    pair = Pair(torch, backend.name)
    ours = getattr(bp.optim, name)(pair.us, **kw)
    theirs = getattr(torch.optim, name)(pair.them, **kw)
    _hundred(pair, ours, theirs)
    pair.compare(1e-10)
    assert np.abs(pair.us[1].detach().numpy() - _values("float64")[1]).mean() > 1e-2


@pytest.mark.parametrize(("name", "kw"), SETTINGS, ids=IDS)
def test_a_hundred_steps_are_pytorchs_in_float32(name: str, kw: dict[str, Any], torch: Any) -> None:
    pair = Pair(torch, "cpu", "float32")
    ours = getattr(bp.optim, name)(pair.us, **kw)
    theirs = getattr(torch.optim, name)(pair.them, **kw)
    _hundred(pair, ours, theirs)
    pair.compare(1e-5)
    assert all(p.dtype == bp.float32 for p in pair.us)


@pytest.mark.parametrize("name", ["SGD", "RMSprop", "Adam", "AdamW"])
def test_the_defaults_are_pytorchs(name: str, torch: Any) -> None:
    ours = getattr(bp.optim, name)([bp.nn.Parameter([1.0])])
    theirs = getattr(torch.optim, name)([torch.nn.Parameter(torch.ones(1))])
    assert {k: theirs.defaults[k] for k in ours.defaults} == ours.defaults


MIXED = [
    ("SGD", {"lr": 0.1}, [{"momentum": 0.9}, {"lr": 0.01, "weight_decay": 0.1}]),
    ("SGD", {"lr": 0.1, "momentum": 0.5}, [{"momentum": 0.0}, {"nesterov": True}]),
    ("RMSprop", {"lr": 0.01}, [{"centered": True}, {"momentum": 0.9}]),
    ("Adam", {"lr": 0.01}, [{"betas": (0.5, 0.9)}, {"lr": 0.1, "weight_decay": 0.1}]),
    ("AdamW", {"lr": 0.01}, [{"weight_decay": 0.0}, {"eps": 1e-2}]),
]


@pytest.mark.parametrize(("name", "kw", "groups"), MIXED, ids=[m[0] + str(m[2]) for m in MIXED])
@pytest.mark.parametrize("interleaved", [False, True])
def test_groups_have_their_own_settings(
    name: str, kw: Any, groups: Any, interleaved: bool, backend: Any, torch: Any
) -> None:
    pair = Pair(torch, backend.name)
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
    ],
)
def test_a_parameter_without_gradient_is_skipped_and_counts_its_own_steps(
    name: str, kw: Any, backend: Any, torch: Any
) -> None:
    """Weight decay and momentum do not touch it either; Adam's corrections follow its own count."""
    pair = Pair(torch, backend.name)
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


def test_the_state_of_a_pytorch_optimizer_continues_here(torch: Any) -> None:
    for name, kw in SETTINGS:
        pair = Pair(torch, "cpu")
        theirs = getattr(torch.optim, name)(pair.them, **kw)
        _train(pair, getattr(bp.optim, name)(pair.us, **kw), theirs, 4)
        ours = getattr(bp.optim, name)(pair.us, lr=9.0)
        state = theirs.state_dict()
        state["state"] = {
            i: {k: v.numpy() if hasattr(v, "numpy") else v for k, v in entry.items()}
            for i, entry in state["state"].items()
        }
        ours.load_state_dict(state)
        _train(pair, ours, theirs, 4)
        pair.compare(1e-11)
