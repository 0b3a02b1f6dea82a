"""L-BFGS: it reaches minima, and goes PyTorch's way there, step by step."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.optim.line_search import Point, strong_wolfe

A = np.random.default_rng(0).standard_normal((12, 4))
B = np.random.default_rng(1).standard_normal(12)


def rosenbrock(x: Any, y: Any) -> Any:
    """Least at (1, 1), along a bent valley."""
    return ((1.0 - x) ** 2 + 100.0 * (y - x**2) ** 2).sum()


def _closure(optimizer: Any, loss: Callable[[], Any], losses: list[float]) -> Callable[[], Any]:
    def closure() -> Any:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        losses.append(float(value.detach()))
        return value.detach()

    return closure


SETTINGS: list[dict[str, Any]] = [
    {"line_search_fn": "strong_wolfe"},
    # no more: from the 70th call on, the last bit of the start changes the path by 1e-6
    {"line_search_fn": "strong_wolfe", "lr": 0.1, "history_size": 2, "max_iter": 10},
    {"line_search_fn": "strong_wolfe", "lr": 5.0, "max_iter": 7},
    {"line_search_fn": "strong_wolfe", "max_iter": 4, "max_eval": 3},
    {"line_search_fn": "strong_wolfe", "tolerance_grad": 0.1},
    {"line_search_fn": "strong_wolfe", "tolerance_change": 1e-3},
    {"lr": 0.05},
    {"lr": 0.2, "max_iter": 3, "history_size": 1},
    {"lr": 0.1, "max_eval": 1},
    {"lr": 0.1, "tolerance_change": 0.05},
]


@pytest.mark.parametrize("kw", SETTINGS, ids=str)
@pytest.mark.parametrize("problem", ["valley", "least squares"])
def test_every_evaluation_is_pytorchs(problem: str, kw: Any, backend: Any, torch: Any) -> None:
    """The losses of all calls of the closure agree, so all points do that it went through."""
    start = [np.array([-1.2, 0.5]), np.array([1.0, 2.0])]
    if problem == "least squares":
        start = [np.zeros((2, 1)), np.array(0.5), np.zeros(1)]
    runs = []
    for library in (bp, torch):
        if library is bp:
            ps = [bp.asarray(v, device=backend.name, requires_grad=True) for v in start]
            a, b = (bp.asarray(v, device=backend.name) for v in (A, B))
        else:
            ps = [torch.tensor(v, requires_grad=True) for v in start]
            a, b = torch.tensor(A), torch.tensor(B)

        def loss(ps: Any = ps, a: Any = a, b: Any = b) -> Any:
            if problem == "valley":
                return rosenbrock(*ps)
            w, s, v = ps
            return ((a[:, :2] @ w)[:, 0] * s + a[:, 2] * v - b).__pow__(2).sum()

        optimizer = library.optim.LBFGS(ps, **kw)
        losses: list[float] = []
        closure = _closure(optimizer, loss, losses)
        results = [float(optimizer.step(closure)) for _ in range(4)]
        entry = optimizer.state[ps[0]]
        values = np.concatenate([np.ravel(p.detach().numpy()) for p in ps])
        runs.append((losses, results, values, entry["func_evals"], entry["n_iter"]))
    for ours, theirs in zip(*runs, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-10)
    assert runs[0][0][-1] < 0.9 * runs[0][0][0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_valley_is_walked_to_its_end(dtype: str, backend: Any) -> None:
    x, y = (
        bp.asarray(np.array(v, dtype), device=backend.name, requires_grad=True)
        for v in ([-1.2, 2.0], [1.0, -1.0])
    )
    optimizer = bp.optim.LBFGS(
        [x, y], max_iter=100, tolerance_change=1e-16, line_search_fn="strong_wolfe"
    )
    closure = _closure(optimizer, lambda: rosenbrock(x, y), [])
    first = optimizer.step(closure)
    assert first.item() == pytest.approx(24.2 + 2501.0, rel=1e-5)
    tolerance = 1e-6 if dtype == "float64" else 2e-2
    np.testing.assert_allclose(x.detach().numpy(), 1.0, atol=tolerance)
    np.testing.assert_allclose(y.detach().numpy(), 1.0, atol=tolerance)
    assert optimizer.state[x]["func_evals"] <= 125


def test_least_squares_ends_at_the_normal_equations(backend: Any) -> None:
    w = bp.asarray(np.zeros(4), device=backend.name, requires_grad=True)
    a, b = (bp.asarray(v, device=backend.name) for v in (A, B))
    optimizer = bp.optim.LBFGS([w], lr=0.5, max_iter=60, tolerance_change=0.0, tolerance_grad=1e-9)
    optimizer.step(_closure(optimizer, lambda: ((a @ w - b) ** 2).sum(), []))
    np.testing.assert_allclose(w.detach().numpy(), np.linalg.lstsq(A, B)[0], atol=1e-8)


# f = x² / 2 + 2 y² from (2, 1), lr 1, no line search. g = (2, 4); the first t is 1 / (2 + 4):
# x = 2 - 2/6 = 5/3, y = 1 - 4/6 = 1/3, so g = (5/3, 4/3). The pair: s = (-1/3, -2/3),
# y = (-1/3, -8/3), y·s = 17/9, y·y = 65/9. d = -H g with H the BFGS update of 17/65:
def test_two_iterations_by_hand(backend: Any) -> None:
    w = bp.asarray(np.array([2.0, 1.0]), device=backend.name, requires_grad=True)
    c = bp.asarray(np.array([0.5, 2.0]), device=backend.name)
    optimizer = bp.optim.LBFGS([w], max_iter=1)
    closure = _closure(optimizer, lambda: (c * w * w).sum(), [])
    assert optimizer.step(closure).item() == 4.0
    np.testing.assert_allclose(w.detach().numpy(), [5 / 3, 1 / 3], rtol=1e-14)
    optimizer.step(closure)
    s, y, g = np.array([-1, -2]) / 3, np.array([-1, -8]) / 3, np.array([5, 4]) / 3
    v = np.eye(2) - np.outer(y, s) * 9 / 17
    h = v.T @ (17 / 65 * np.eye(2)) @ v + np.outer(s, s) * 9 / 17
    np.testing.assert_allclose(w.detach().numpy(), np.array([5, 1]) / 3 - h @ g, rtol=1e-13)
    entry = optimizer.state[w]
    assert (entry["n_iter"], entry["func_evals"], entry["H_diag"]) == (2, 2, pytest.approx(17 / 65))


def test_a_parameter_without_a_gradient_stays_and_a_frozen_one_too(backend: Any) -> None:
    a, b, c = (bp.asarray(np.ones(3), device=backend.name, requires_grad=True) for _ in range(3))
    optimizer = bp.optim.LBFGS(
        [a, b, c], max_iter=30, tolerance_change=0.0, line_search_fn="strong_wolfe"
    )
    c.requires_grad_(False)
    optimizer.step(_closure(optimizer, lambda: ((a - 2.0) ** 2 + (a - 3.0) ** 4).sum(), []))
    np.testing.assert_array_equal(b.detach().numpy(), np.ones(3))
    np.testing.assert_array_equal(c.detach().numpy(), np.ones(3))
    np.testing.assert_allclose(a.grad.numpy(), 0.0, atol=1e-6)


def test_where_the_gradient_is_zero_nothing_moves() -> None:
    w = bp.nn.Parameter([0.0, 0.0])
    optimizer = bp.optim.LBFGS([w])
    losses: list[float] = []
    assert optimizer.step(_closure(optimizer, lambda: (w * w).sum(), losses)).item() == 0.0
    assert (w.tolist(), losses) == ([0.0, 0.0], [0.0])
    assert optimizer.state[w] == {"func_evals": 1, "n_iter": 0}


def test_a_loss_that_is_infinite_ahead_is_backed_away_from() -> None:
    """log's end of the world lies within the first step."""
    w = bp.asarray(np.array([0.5]), requires_grad=True)
    optimizer = bp.optim.LBFGS([w], lr=4.0, max_iter=40, line_search_fn="strong_wolfe")
    with np.errstate(all="ignore"):
        optimizer.step(_closure(optimizer, lambda: (w - bp.log(1.0 - w * w) * 1e-3).sum(), []))
    assert -1.0 < w.item() < -0.99


# --------------------------------------------------------------------------- its state


def _net(device: str, seed: int = 0) -> bp.nn.Sequential:
    bp.manual_seed(seed)
    net = bp.nn.Sequential(bp.nn.Linear(3, 4), bp.nn.Tanh(), bp.nn.Linear(4, 1))
    return net.double().to(device)


def _train(net: Any, optimizer: Any, steps: int) -> None:
    p = next(net.parameters())
    x, t = (bp.asarray(v, device=p.device, dtype=p.dtype) for v in (A[:, :3], B[:, None]))
    closure = _closure(optimizer, lambda: ((net(x) - t) ** 2).mean(), [])
    for _ in range(steps):
        optimizer.step(closure)


def _values(net: Any) -> np.ndarray:
    return np.concatenate([p.detach().numpy().ravel() for p in net.parameters()])


LINES = [{"max_iter": 3, "line_search_fn": "strong_wolfe"}, {"max_iter": 4, "lr": 0.3}]


@pytest.mark.parametrize("kw", LINES, ids=str)
def test_a_saved_state_continues_bit_for_bit(kw: Any, backend: Any) -> None:
    net, other = _net(backend.name), _net(backend.name, 1)
    optimizer = bp.optim.LBFGS(net.parameters(), **kw)
    assert optimizer.state_dict()["state"] == {}
    _train(net, optimizer, 2)
    loaded = bp.optim.LBFGS(other.parameters(), lr=7.0)
    _train(other, loaded, 1)
    other.load_state_dict(net.state_dict())
    loaded.load_state_dict(optimizer.state_dict())
    _train(net, optimizer, 3)
    _train(other, loaded, 3)
    np.testing.assert_array_equal(_values(net), _values(other))


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
def test_a_copy_goes_on_alone(duplicate: Any) -> None:
    net = _net("cpu")
    optimizer = bp.optim.LBFGS(net.parameters(), **LINES[0])
    _train(net, optimizer, 2)
    twin, its = duplicate((net, optimizer))
    before = _values(net)
    _train(twin, its, 2)
    np.testing.assert_array_equal(_values(net), before)
    _train(net, optimizer, 2)
    np.testing.assert_array_equal(_values(net), _values(twin))


def test_moving_the_model_takes_the_memory_along() -> None:
    net, still = _net("cpu"), _net("cpu")
    ours, unmoved = (bp.optim.LBFGS(m.parameters(), **LINES[0]) for m in (net, still))
    for place in ("cpu", "strict", "cpu"):
        net.to(place)
        _train(net, ours, 1)
        _train(still, unmoved, 1)
    np.testing.assert_allclose(_values(net), _values(still), rtol=1e-9)
    net.float()
    _train(net, ours, 1)
    assert ours.state[net[0].weight]["d"].dtype == bp.float32


@pytest.mark.parametrize("kw", LINES, ids=str)
def test_states_are_exchanged_with_pytorch(kw: Any, torch: Any) -> None:
    net = _net("cpu")
    theirs = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))
    theirs = theirs.double()
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in net.state_dict().items()})
    one, two = (lib.optim.LBFGS(m.parameters(), **kw) for lib, m in ((bp, net), (torch, theirs)))
    x, t = torch.tensor(A[:, :3]), torch.tensor(B[:, None])
    his = lambda o: _closure(o, lambda: ((theirs(x) - t) ** 2).mean(), [])  # noqa: E731
    _train(net, one, 2)
    for _ in range(2):
        two.step(his(two))

    def converted(v: Any, make: Any) -> Any:
        if isinstance(v, list):
            return [converted(e, make) for e in v]
        return make(v) if hasattr(v, "numpy") else v

    ours, other = one.state_dict(), two.state_dict()
    assert set(other["state"][0]) - {"al"} == set(ours["state"][0])
    for state, make in ((ours, lambda v: torch.tensor(v.numpy())), (other, lambda v: v.numpy())):
        state["state"] = {0: {k: converted(v, make) for k, v in state["state"][0].items()}}
    one, two = bp.optim.LBFGS(net.parameters()), torch.optim.LBFGS(theirs.parameters())
    one.load_state_dict(other)
    two.load_state_dict(ours)
    _train(net, one, 2)
    for _ in range(2):
        two.step(his(two))
    wanted = np.concatenate([p.detach().numpy().ravel() for p in theirs.parameters()])
    np.testing.assert_allclose(_values(net), wanted, rtol=1e-8)


# ------------------------------------------------------------------------ what is refused

_W = bp.nn.Parameter([1.0, 2.0])
BAD: list[tuple[dict[str, Any], str]] = [
    ({"lr": -1.0}, "LBFGS: lr: got -1.0"),
    ({"max_iter": 0}, "LBFGS: max_iter: got 0, wanted a whole number of at least 1"),
    ({"max_iter": 2.5}, "LBFGS: max_iter: got 2.5"),
    ({"max_eval": 0}, "LBFGS: max_eval: got 0"),
    ({"history_size": 0}, "LBFGS: history_size: got 0"),
    ({"tolerance_grad": -1e-3}, "LBFGS: tolerance_grad: got -0.001"),
    ({"tolerance_change": float("nan")}, "LBFGS: tolerance_change: got nan"),
    ({"line_search_fn": "armijo"}, "LBFGS: line_search_fn: got 'armijo', wanted 'strong_wolfe'"),
]


@pytest.mark.parametrize(("kw", "message"), BAD, ids=[str(kw) for kw, _ in BAD])
def test_a_bad_setting_is_refused(kw: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bp.optim.LBFGS([_W], **kw)


def test_bad_parameters_and_closures_are_refused() -> None:
    optimizer = bp.optim.LBFGS([_W])
    with pytest.raises(TypeError, match="LBFGS: step: closure: got a NoneType, wanted a function"):
        optimizer.step()
    with pytest.raises(ValueError, match="got a second group, wanted one for all"):
        optimizer.add_param_group({"params": [bp.nn.Parameter([1.0])]})
    with pytest.raises(ValueError, match="got a second group"):
        bp.optim.LBFGS([{"params": [_W]}, {"params": [bp.nn.Parameter([1.0])]}])
    with pytest.raises(ValueError, match="got float32 on cpu and float64 on cpu, wanted one dtype"):
        bp.optim.LBFGS([_W, bp.nn.Parameter(np.ones(2))])


def test_a_state_that_does_not_fit_is_refused() -> None:
    optimizer = bp.optim.LBFGS([_W])
    group = {"params": [0]}
    for entry, message in [
        ({"step": 1}, "belongs to an optimizer other than LBFGS"),
        ({"func_evals": 3, "n_iter": 2}, "the state has no H_diag, d, old_dirs"),
    ]:
        with pytest.raises(ValueError, match=message):
            optimizer.load_state_dict({"state": {0: entry}, "param_groups": [group]})
    w = bp.nn.Parameter([1.0, 2.0, 3.0])
    other = bp.optim.LBFGS([w])
    other.step(_closure(other, lambda: (w * w).sum(), []))
    with pytest.raises(ValueError, match=r"d has shape \(3,\), wanted \(2,\)"):
        optimizer.load_state_dict(other.state_dict())


# --------------------------------------------------------------------- the line search


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 20.0])
@pytest.mark.parametrize(
    "function",
    [
        lambda t: ((t - 3) ** 2, 2 * (t - 3)),
        lambda t: (-t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2),  # Moré and Thuente's first
        lambda t: (np.cos(t) - t / 5, -np.sin(t) - 0.2),
    ],
)
def test_the_wolfe_conditions_hold_where_the_search_ends(function: Any, first: float) -> None:
    def at(t: float) -> Point:
        loss, slope = function(t)
        return Point(t, float(loss), float(slope), None)

    start = at(0.0)
    assert start.slope < 0
    found, calls = strong_wolfe(at, start, first, 1.0, 25)
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(found.slope) <= 0.9 * abs(start.slope)
    assert 1 <= calls <= 12
