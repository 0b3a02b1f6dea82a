"""Settings and parameters that make no sense are refused, with the optimizer's and their name."""

from __future__ import annotations

import copy
import inspect
import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

nan, inf = math.nan, math.inf
ALL = [
    "SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "Lion",
    "ASGD", "Rprop", "Muon",
]  # fmt: skip

SETTINGS: list[tuple[str, dict[str, Any], str]] = [
    *[(name, {"lr": lr}, f"{name}: lr: got {lr}") for name in ALL for lr in (-0.1, nan, inf, True)],
    *[
        (name, {"weight_decay": v}, f"{name}: weight_decay: got {v}")
        for name in ALL if name != "Rprop" for v in (-0.1, nan, inf)
    ],
    *[(name, {"eps": v}, f"{name}: eps: got {v}")
      for name in (*ALL[1:9], "Muon") for v in (-1e-8, nan)],
    *[
        (name, {"momentum": v}, f"{name}: momentum: got {v}")
        for name in ("SGD", "RMSprop", "Muon") for v in (-0.9, nan)
    ],
    ("RMSprop", {"alpha": -0.1}, "RMSprop: alpha: got -0.1"),
    *[
        (name, {"betas": v}, f"{name}: betas: got ")
        for name in ("Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Lion")
        for v in ((1.0, 0.9), (0.9, 1.0), (-0.1, 0.9), (0.9, nan), (0.9,), (0.9, 0.9, 0.9))
    ],
    ("SGD", {"nesterov": True}, "SGD: nesterov needs momentum > 0 and dampening = 0"),
    (
        "SGD", {"nesterov": True, "momentum": 0.9, "dampening": 0.1},
        "SGD: nesterov needs momentum > 0 and dampening = 0",
    ),
    ("Adagrad", {"lr_decay": -0.1}, "Adagrad: lr_decay: got -0.1"),
    ("Adagrad", {"initial_accumulator_value": -1.0}, "initial_accumulator_value: got -1.0"),
    ("Adadelta", {"rho": 1.1}, "Adadelta: rho: got 1.1, wanted a number of at least 0 and at most"),
    ("Adadelta", {"rho": -0.1}, "Adadelta: rho: got -0.1"),
    ("NAdam", {"momentum_decay": -0.1}, "NAdam: momentum_decay: got -0.1"),
    *[("ASGD", {k: -0.1}, f"ASGD: {k}: got -0.1") for k in ("lambd", "alpha", "t0")],
    *[
        ("Rprop", {"etas": v}, "Rprop: etas: got .*, wanted a number between 0 and 1 and one above")
        for v in ((0.0, 1.2), (1.0, 1.2), (0.5, 1.0), (0.5, inf), (0.5,), 0.5)
    ],
    *[
        ("Rprop", {"step_sizes": v}, "Rprop: step_sizes: got .*, wanted two numbers of at least 0")
        for v in ((-1.0, 1.0), (2.0, 1.0), (0.0, nan), (1.0,))
    ],
    *[
        ("Muon", {"ns_coefficients": v}, "Muon: ns_coefficients: got .*, wanted three numbers")
        for v in ((1.0, 2.0), (1.0, 2.0, nan), 3.0)
    ],
    *[("Muon", {"ns_steps": v}, f"Muon: ns_steps: got {v}") for v in (-1, 100, 2.0, True)],
    ("Muon", {"adjust_lr_fn": "adam"}, "Muon: adjust_lr_fn: got 'adam', wanted 'original'"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kw", "message"), SETTINGS)
def test_a_bad_setting_is_refused(name: str, kw: Any, message: str) -> None:
    make = getattr(bp.optim, name)
    w = bp.nn.Parameter([[1.0]])
    with pytest.raises(ValueError, match=message):
        make([w], **kw)
    with pytest.raises(ValueError, match=message):
        make([{"params": [w], **kw}])
    optimizer = make([w])
    with pytest.raises(ValueError, match=message):
        optimizer.add_param_group({"params": [bp.nn.Parameter([[1.0]])], **kw})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("name", [n for n in ALL if n not in ("Lion", "Muon")])
def test_pytorchs_ways_of_running_a_step_keep_their_place_and_are_refused(name: str) -> None:
    make = getattr(bp.optim, name)
    how = {"foreach", "fused", "capturable", "differentiable"} & set(
        inspect.signature(make).parameters
    )
    assert len(how) >= 3
    make([_W], **{k: None if k in ("foreach", "fused") else False for k in how})
    for k in sorted(how):
        make([_W], **{k: False})
        with pytest.raises(ValueError, match=f"{name}: {k}: got True, wanted None or False"):
            make([_W], **{k: True})


def test_muon_takes_matrices_only() -> None:
    layer = bp.nn.Linear(3, 2)
    with pytest.raises(ValueError, match=r"Muon: params: got a parameter of shape \(2,\), wanted"):
        bp.optim.Muon(layer.parameters())
    optimizer = bp.optim.Muon([layer.weight])
    with pytest.raises(ValueError, match=r"shape \(\), wanted matrices; give the others to"):
        optimizer.add_param_group({"params": [bp.nn.Parameter(1.0)]})


def _result() -> bp.Tensor:
    return bp.nn.Parameter([1.0]) * 2


_W = bp.nn.Parameter([1.0, 2.0])
PARAMETERS: list[tuple[Any, type[Exception], str]] = [
    ([], ValueError, r"got no parameters; pass model\.parameters\(\)"),
    (iter(()), ValueError, "got no parameters"),
    (bp.nn.ReLU().parameters(), ValueError, "got no parameters"),
    ([_W, _W], ValueError, r"a parameter of shape \(2,\) is given twice"),
    ([{"params": [_W]}, {"params": [_W]}], ValueError, "given twice"),
    ([_result()], ValueError, "result of an operation, wanted a leaf"),
    ([1.0], TypeError, "got a float, wanted parameters"),
    ([np.zeros(2)], TypeError, "got a ndarray, wanted parameters"),
    (["weight"], TypeError, "got a str, wanted parameters"),
    ([tuple(bp.nn.Linear(2, 1).parameters())], TypeError, "got a tuple, wanted parameters"),
    ([bp.nn.Linear(2, 1)], TypeError, "got a Linear, wanted parameters"),
    ([{"lr": 0.1}], TypeError, "wanted a dict with 'params'"),
    ([{"params": [_W]}, _W], TypeError, "wanted a dict with 'params'"),
    (
        [{"params": [_W], "lrr": 0.1}], ValueError,
        "unknown setting 'lrr', wanted one of dampening, lr, maximize, momentum",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("params", "error", "message"), PARAMETERS, ids=[m for *_, m in PARAMETERS]
)
def test_bad_parameters_are_refused(params: Any, error: Any, message: str) -> None:
    with pytest.raises(error, match=message):
        bp.optim.SGD(params, lr=0.1)


def test_one_parameter_may_stand_alone_or_in_a_generator() -> None:
    for params in (_W, [_W], (p for p in [_W]), [{"params": _W}], [{"params": iter([_W])}]):
        assert bp.optim.SGD(params, lr=0.1).param_groups[0]["params"] == [_W]


def test_frozen_parameters_are_accepted_and_left_alone() -> None:
    net = bp.nn.Linear(2, 1).requires_grad_(False)
    before = net.weight.detach().numpy().copy()
    optimizer = bp.optim.SGD(net.parameters(), lr=0.1, weight_decay=0.5)
    optimizer.step()
    optimizer.zero_grad()
    np.testing.assert_array_equal(net.weight.detach().numpy(), before)
    assert optimizer.state_dict()["state"] == {}


def test_the_groups_hold_every_setting() -> None:
    a, b = bp.nn.Parameter([1.0]), bp.nn.Parameter([2.0])
    optimizer = bp.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b]}], lr=0.1, momentum=0.9)
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, 0.1]
    assert [g["momentum"] for g in optimizer.param_groups] == [0.9, 0.9]
    assert optimizer.defaults["lr"] == 0.1
    assert repr(optimizer).startswith("SGD(lr=0.1, momentum=0.9, ")


def test_an_optimizer_of_ones_own() -> None:
    """A subclass lists its buffers and defines one update; the base does the rest."""

    class SignSum(bp.optim.Optimizer):
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        def buffers(self, group: dict[str, Any]) -> tuple[str, ...]:
            return ("total",)

        def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
            state[0][...] += g * step
            p[...] -= group["lr"] * np.sign(state[0])

    w = bp.nn.Parameter([0.0, 0.0])
    optimizer = SignSum([w], 1.0)
    for g in ([1.0, 3.0], [-2.0, -1.0]):
        w.grad = bp.asarray(g)
        optimizer.step()
    # total (1, 3), then (1 - 4, 3 - 2)
    assert w.tolist() == [0.0, -2.0]
    assert optimizer.state_dict()["state"][0]["total"].tolist() == [-3.0, 1.0]
    base = bp.optim.Optimizer([w], {"lr": 1.0})
    with pytest.raises(NotImplementedError):
        base.step()


@pytest.mark.parametrize("name", [*ALL, "LBFGS"])
def test_parameters_may_come_with_their_names(name: str, torch: Any) -> None:
    """The state's form is PyTorch's, and the steps are those without names."""
    kw = {"bias": False} if name == "Muon" else {}
    bp.manual_seed(3)
    plain = bp.nn.Linear(2, 3, **kw)
    named = copy.deepcopy(plain)
    optimizers = []
    for net, params in ((plain, plain.parameters()), (named, named.named_parameters())):
        optimizers.append(getattr(bp.optim, name)(params, lr=0.1))

        def closure(net: Any = net) -> Any:
            loss = (net(bp.ones((4, 2))) ** 2).sum()
            net.zero_grad()
            loss.backward()
            return loss

        optimizers[-1].step(closure)
    for p, q in zip(plain.parameters(), named.parameters(), strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), q.detach().numpy())
    group = optimizers[1].state_dict()["param_groups"][0]
    theirs = getattr(torch.optim, name, torch.optim.SGD)(
        torch.nn.Linear(2, 3, **kw).named_parameters(), lr=0.1
    ).state_dict()["param_groups"][0]
    assert group["param_names"] == theirs["param_names"] == list(dict(named.named_parameters()))
    assert group["params"] == theirs["params"]
    assert "param_names" not in optimizers[0].state_dict()["param_groups"][0]
    before = optimizers[1].state_dict()["param_groups"]
    optimizers[1].load_state_dict(optimizers[0].state_dict())  # keeps its names
    assert optimizers[1].state_dict()["param_groups"] == before
    optimizers[0].load_state_dict(optimizers[1].state_dict())
    assert optimizers[0].param_groups[0]["param_names"] == group["param_names"]
    assert copy.deepcopy(optimizers[1]).param_groups[0]["param_names"] == group["param_names"]


def test_names_for_all_parameters_or_none() -> None:
    p, q = bp.nn.Parameter([1.0]), bp.nn.Parameter([2.0])
    with pytest.raises(ValueError, match="params: got 1 of 2 with names, wanted all or none"):
        bp.optim.SGD([("p", p), q])
    for first, second in (([("p", p)], [q]), ([p], [("q", q)])):
        optimizer = bp.optim.SGD([{"params": first}])
        with pytest.raises(ValueError, match="groups with names and groups without"):
            optimizer.add_param_group({"params": second})
        assert len(optimizer.param_groups) == 1
    both = bp.optim.SGD([{"params": [("p", p)], "lr": 0.5}, {"params": [("q", q)]}])
    assert [g["param_names"] for g in both.param_groups] == [["p"], ["q"]]
