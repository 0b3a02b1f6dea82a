"""An optimizer's state: saved and loaded it continues bit for bit; what does not fit is refused."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

import backprop as bp

OPTIMIZERS: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.5, "centered": True}),
    ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.05}),
    ("Adam", {"lr": 0.05, "amsgrad": True, "maximize": True}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    ("Adadelta", {"lr": 1.0}),
    ("Adamax", {"lr": 0.05}),
    ("NAdam", {"lr": 0.05}),
    ("RAdam", {"lr": 0.05, "betas": (0.8, 0.9)}),
    ("ASGD", {"lr": 0.05, "lambd": 0.1, "t0": 2.0}),
    ("Rprop", {"lr": 0.05}),
]
IDS = [f"{n}{kw}" for n, kw in OPTIMIZERS]


def _net(device: str) -> bp.nn.Sequential:
    bp.manual_seed(0)
    return bp.nn.Sequential(bp.nn.Linear(5, 4), bp.nn.SiLU(), bp.nn.Linear(4, 3)).to(device)


def _train(net: Any, optimizer: Any, steps: range) -> None:
    p = next(net.parameters())
    for step in steps:
        x = np.random.default_rng(step).standard_normal((6, 5)).astype("float32")
        optimizer.zero_grad()
        out = net(bp.asarray(x, device=p.device)) ** 2
        (out[:, 0].sum() if step == 1 else out.sum()).backward()
        optimizer.step()


def _values(net: Any) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for p in net.parameters()]


def _frozen(state: dict[str, Any]) -> dict[str, Any]:
    """The state as plain arrays and what JSON makes of the rest: what a file could hold."""
    entries = {
        n: {k: v.numpy().copy() if isinstance(v, bp.Tensor) else v for k, v in e.items()}
        for n, e in state["state"].items()
    }
    return {"state": entries, "param_groups": json.loads(json.dumps(state["param_groups"]))}


@pytest.mark.parametrize(("name", "kw"), OPTIMIZERS, ids=IDS)
@pytest.mark.parametrize("form", ["live", "frozen"])
@pytest.mark.parametrize("bound", [False, True], ids=["into a new one", "into a used one"])
def test_a_loaded_state_continues_bit_for_bit(
    name: str, kw: Any, form: str, bound: bool, backend: Any
) -> None:
    net, other = _net(backend.name), _net(backend.name)
    optimizer = getattr(bp.optim, name)(net.parameters(), **kw)
    _train(net, optimizer, range(4))
    state = optimizer.state_dict() if form == "live" else _frozen(optimizer.state_dict())
    # the settings come with the state; those given here do not count
    loaded = getattr(bp.optim, name)(other.parameters(), lr=7.0)
    if bound:
        _train(other, loaded, range(10, 13))
    other.load_state_dict(net.state_dict())
    loaded.load_state_dict(state)
    assert loaded.param_groups[0]["lr"] == kw["lr"]
    _train(net, optimizer, range(4, 8))
    _train(other, loaded, range(4, 8))
    for a, b in zip(_values(net), _values(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("name", "kw"), OPTIMIZERS, ids=IDS)
def test_its_own_state_changes_nothing(name: str, kw: Any) -> None:
    net, other = _net("cpu"), _net("cpu")
    one, two = (getattr(bp.optim, name)(m.parameters(), **kw) for m in (net, other))
    _train(net, one, range(3))
    _train(other, two, range(3))
    one.load_state_dict(one.state_dict())
    _train(net, one, range(3, 6))
    _train(other, two, range(3, 6))
    for a, b in zip(_values(net), _values(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("name", "kw"), OPTIMIZERS, ids=IDS)
def test_the_state_of_before_the_first_step_starts_anew(name: str, kw: Any) -> None:
    net, other = _net("cpu"), _net("cpu")
    one, two = (getattr(bp.optim, name)(m.parameters(), **kw) for m in (net, other))
    start = one.state_dict()
    assert start["state"] == {}
    begin = {n: v.numpy().copy() for n, v in net.state_dict().items()}
    _train(net, one, range(5))
    net.load_state_dict(begin)
    one.load_state_dict(start)
    _train(net, one, range(3))
    _train(other, two, range(3))
    for a, b in zip(_values(net), _values(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("name", "kw"), OPTIMIZERS, ids=IDS)
def test_the_form_is_pytorchs(name: str, kw: Any, torch: Any) -> None:
    w, t = bp.nn.Parameter([1.0, 2.0]), torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    idle, other = bp.nn.Parameter([3.0]), torch.nn.Parameter(torch.ones(1))
    ours = getattr(bp.optim, name)([{"params": [idle]}, {"params": [w], "lr": 0.01}], **kw)
    theirs = getattr(torch.optim, name)([{"params": [other]}, {"params": [t], "lr": 0.01}], **kw)
    for p, optimizer in ((w, ours), (t, theirs)):
        for _ in range(3):
            optimizer.zero_grad()
            (p * p).sum().backward()
            optimizer.step()
    a, b = ours.state_dict(), theirs.state_dict()
    assert set(a) == set(b)
    assert [g["params"] for g in a["param_groups"]] == [g["params"] for g in b["param_groups"]]
    for mine, his in zip(a["param_groups"], b["param_groups"], strict=True):
        assert mine == {k: his[k] for k in mine}
    assert list(a["state"]) == [1]
    wanted = {k: v for k, v in b["state"].get(1, {}).items() if v is not None}
    assert set(ours.state[w]) == set(a["state"][1])
    assert set(a["state"][1]) - {"step"} == set(wanted) - {"step"}
    assert a["state"][1]["step"] == 3
    for key, value in wanted.items():
        got = a["state"][1][key]
        got = got.numpy() if isinstance(got, bp.Tensor) else got
        assert np.shape(got) == tuple(value.shape)
        np.testing.assert_allclose(got, value.numpy(), rtol=1e-6)


def test_the_state_of_a_frozen_parameter_is_saved_loaded_and_used_when_it_thaws() -> None:
    net, other, control = (_net("cpu") for _ in range(3))
    optimizer, reference = (bp.optim.Adam(m.parameters(), lr=0.05) for m in (net, control))
    for m, o in ((net, optimizer), (control, reference)):
        _train(m, o, range(2))
        m[0].requires_grad_(False)
        _train(m, o, range(2, 4))
    state = optimizer.state_dict()
    assert [e["step"] for e in state["state"].values()] == [2, 2, 4, 4]
    other[0].requires_grad_(False)
    other.load_state_dict(net.state_dict())
    loaded = bp.optim.Adam(other.parameters(), lr=0.05)
    loaded.load_state_dict(state)
    again = loaded.state_dict()
    for number, entry in state["state"].items():
        for key, value in entry.items():
            np.testing.assert_array_equal(
                np.asarray(again["state"][number][key]), np.asarray(value)
            )
    for m, o in ((other, loaded), (control, reference)):
        m[0].requires_grad_(True)
        _train(m, o, range(4, 6))
    for a, b in zip(_values(other), _values(control), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_state_may_come_from_another_device_and_dtype() -> None:
    net, other = _net("strict").double(), _net("cpu")
    optimizer = bp.optim.Adam(net.parameters(), lr=0.05)
    p = net[0].weight
    p.grad = bp.ones(p.shape, dtype=bp.float64, device="strict")
    optimizer.step()
    loaded = bp.optim.Adam(other.parameters())
    loaded.load_state_dict(optimizer.state_dict())
    average = loaded.state_dict()["state"][0]["exp_avg"]
    assert (average.dtype, average.device) == (bp.float32, "cpu")
    np.testing.assert_allclose(average.numpy(), 0.1, rtol=1e-6)


def _state(**changes: Any) -> dict[str, Any]:
    """A right state for Adam on parameters of shapes (2,) and (3,), with changes."""
    entry = {"step": 1, "exp_avg": np.zeros(2), "exp_avg_sq": np.zeros(2)}
    entry.update(changes.pop("entry", {}))
    group = {"lr": 0.1, "params": [0, 1], **changes.pop("group", {})}
    return {"state": {changes.pop("number", 0): entry}, "param_groups": [group], **changes}


BAD_STATES: list[tuple[Any, str]] = [
    (None, "wanted a dict with 'state' and 'param_groups'"),
    ({}, "wanted a dict with 'state' and 'param_groups'"),
    ({"state": {}}, "wanted a dict with 'state' and 'param_groups'"),
    (_state(group={"params": [0]}), r"groups of \[1\] parameters, wanted \[2\].*another model"),
    (_state(param_groups=[]), r"groups of \[\] parameters, wanted \[2\]"),
    (_state(number=2), "no parameter 2"),
    (_state(number=-1), "no parameter -1"),
    (_state(number=1), r"exp_avg of parameter 1 has shape \(2,\), wanted \(3,\)"),
    (
        _state(entry={"exp_avg_sq": np.zeros((2, 1))}),
        r"exp_avg_sq of parameter 0 has shape \(2, 1\), wanted \(2,\)",
    ),
    (_state(entry={"exp_avg": 3.0}), r"exp_avg of parameter 0 has shape \(\), wanted \(2,\)"),
    (
        _state(entry={"momentum_buffer": np.zeros(2)}),
        "momentum_buffer, wanted exp_avg, exp_avg_sq: .* an optimizer other than Adam",
    ),
    (_state(group={"lr": -1.0}), "lr: got -1"),
    (_state(group={"betas": [0.9, 1.5]}), r"betas: got \[0\.9, 1\.5\]"),
]


@pytest.mark.parametrize(("state", "message"), BAD_STATES, ids=[m for _, m in BAD_STATES])
def test_a_state_that_does_not_fit_is_refused_and_changes_nothing(state: Any, message: str) -> None:
    params = [bp.nn.Parameter(np.ones(n)) for n in (2, 3)]
    optimizer = bp.optim.Adam(params, lr=0.5)
    optimizer.load_state_dict(_state())  # the right one is accepted
    for p in params:
        p.grad = bp.ones(p.shape)
    optimizer.step()
    before = _frozen(optimizer.state_dict())
    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(state)
    after = _frozen(optimizer.state_dict())
    assert after["param_groups"] == before["param_groups"]
    assert after["state"].keys() == before["state"].keys()
    for number, entry in before["state"].items():
        for key, value in entry.items():
            np.testing.assert_array_equal(after["state"][number][key], value)


# ------------------------------------------------------------------------- reading the state


def test_the_state_is_read_by_parameter() -> None:
    a, b, idle = (bp.nn.Parameter([float(i), 1.0]) for i in range(3))
    optimizer = bp.optim.NAdam([{"params": [a, idle]}, {"params": [b]}], betas=(0.5, 0.75))
    assert len(optimizer.state) == 0
    for p in (a, b):
        p.grad = bp.asarray([2.0, 4.0])
    optimizer.step()
    assert set(optimizer.state) == {a, b}
    assert list(optimizer.state[b]) == ["step", "mu_product", "exp_avg", "exp_avg_sq"]
    assert optimizer.state[b]["exp_avg"].tolist() == [1.0, 2.0]
    assert optimizer.state[a]["step"] == 1
    assert idle not in optimizer.state
    optimizer.state[a]["exp_avg"].zero_()  # the Tensors are the optimizer's own
    assert optimizer.state[a]["exp_avg"].tolist() == [0.0, 0.0]
    with pytest.raises(TypeError):
        optimizer.state[a] = {}  # type: ignore[index]


def test_what_a_schedule_noted_in_the_groups_is_kept() -> None:
    one, two = (bp.optim.SGD([bp.nn.Parameter([1.0])], lr=0.1) for _ in range(2))
    one.param_groups[0].update(initial_lr=0.5, max_lr=1.0, foreach=None)
    two.load_state_dict(one.state_dict())
    assert (two.param_groups[0]["initial_lr"], two.param_groups[0]["max_lr"]) == (0.5, 1.0)
    assert "foreach" not in two.param_groups[0]


# ------------------------------------------------------------------------------------ hooks


def test_hooks_run_around_a_step() -> None:
    w = bp.nn.Parameter([1.0])
    optimizer = bp.optim.SGD([w], lr=0.5)
    seen: list[Any] = []
    before = optimizer.register_step_pre_hook(
        lambda o, args, kwargs: seen.append(("before", o, args, kwargs, w.item()))
    )
    after = optimizer.register_step_post_hook(
        lambda o, args, kwargs: seen.append(("after", o, args, kwargs, w.item()))
    )
    w.grad = bp.asarray([1.0])
    optimizer.step()
    assert seen == [
        ("before", optimizer, (optimizer,), {}, 1.0),
        ("after", optimizer, (optimizer,), {}, 0.5),
    ]
    before.remove()
    with after:
        optimizer.step()
    optimizer.step()
    assert [what for what, *_ in seen[2:]] == ["after"]


def test_a_hook_may_change_the_closure() -> None:
    w = bp.nn.Parameter([1.0])
    optimizer = bp.optim.SGD([w], lr=0.5)
    with optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o, lambda: 7.0), {})):
        assert optimizer.step() == 7.0
    with optimizer.register_step_pre_hook(lambda o, args, kwargs: ((o,), {"closure": lambda: 8})):
        assert optimizer.step(lambda: 7.0) == 8
    bad = optimizer.register_step_pre_hook(lambda o, args, kwargs: 3)
    with pytest.raises(RuntimeError, match=r"SGD: a step pre-hook returned 3, wanted None or"):
        optimizer.step()
    bad.remove()
    with pytest.raises(TypeError, match="hook: got a str, wanted a function"):
        optimizer.register_step_post_hook("print")  # type: ignore[arg-type]


def test_copies_leave_the_hooks_behind() -> None:
    w = bp.nn.Parameter([1.0])
    optimizer = bp.optim.Adam([w], lr=0.5)
    seen: list[int] = []
    optimizer.register_step_post_hook(lambda *args: seen.append(1))
    twin = copy.deepcopy(optimizer)
    twin.step()
    assert seen == []
    optimizer.step()
    assert seen == [1]
