"""The arena: parameters and gradients live in flat buffers, through all that happens to a model."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.optim.arena import Arena

SIZES = (5, 4, 3)


def _net(device: str = "cpu", seed: int = 0) -> bp.nn.Sequential:
    bp.manual_seed(seed)
    a, b, c = SIZES
    net = bp.nn.Sequential(bp.nn.Linear(a, b), bp.nn.Tanh(), bp.nn.Linear(b, c))
    return net.double().to(device)


def _backward(net: Any, seed: int = 0) -> bp.Tensor:
    rng = np.random.default_rng(seed)
    p = next(net.parameters())
    x = bp.asarray(rng.standard_normal((6, SIZES[0])), device=p.device).to(p.dtype)
    t = bp.asarray(rng.standard_normal((6, SIZES[-1])), device=p.device).to(p.dtype)
    loss = bp.nn.MSELoss()(net(x), t)
    loss.backward()
    return loss


def _train(net: Any, *optimizers: Any, steps: int = 1, first: int = 0) -> None:
    for step in range(first, first + steps):
        for optimizer in optimizers:
            optimizer.zero_grad()
        _backward(net, step)
        for optimizer in optimizers:
            optimizer.step()


def _values(net: Any) -> dict[str, np.ndarray]:
    return {n: p.detach().numpy().copy() for n, p in net.named_parameters()}


def _same(net: Any, other: Any, tolerance: float = 0.0) -> None:
    wanted = _values(other)
    for n, v in _values(net).items():
        np.testing.assert_allclose(v, wanted[n], rtol=tolerance, atol=tolerance, err_msg=n)


def _arena(p: Any) -> Arena:
    return p.node.arena


def _reads(p: bp.Tensor, flat: Any) -> np.ndarray:
    """What a flat buffer of p's arena holds at p's place."""
    start = p.node.offset  # type: ignore[union-attr]
    return bp.Tensor(flat[start : start + p.size]).numpy().reshape(p.shape)


def _shares(net: Any) -> None:
    """Assert that values and gradients are the arena's: a change of one is seen in the other."""
    for p in net.parameters():
        arena = _arena(p)
        assert arena.holds(p)
        for mine, flat in ((p.data, arena.values), (p.node.slot.data, arena.grads)):
            before, was = flat + 0.0, mine + 0.0
            mine[...] = mine + 1.0
            changed = bp.Tensor(flat - before).numpy()
            assert changed.sum() == pytest.approx(p.size)
            start = p.node.offset
            np.testing.assert_allclose(changed[start : start + p.size], 1.0)
            mine[...] = was


# ------------------------------------------------------------------------- shared memory


def test_values_and_gradients_are_views_of_the_arena(backend: Any) -> None:
    net = _net(backend.name)
    values = _values(net)
    optimizer = bp.optim.SGD(net.parameters(), lr=0.1)
    _train(net, optimizer)
    assert len({id(_arena(p)) for p in net.parameters()}) == 1
    assert sum(p.size for p in net.parameters()) <= _arena(net[0].weight).size
    _shares(net)
    optimizer.zero_grad()
    _backward(net, 5)
    for p in net.parameters():
        assert p.grad is p.node.slot
    # the arena changed nothing but its own place
    fresh = _net(backend.name)
    for n, v in _values(fresh).items():
        np.testing.assert_array_equal(v, values[n])


def test_the_gaps_between_parameters_stay_zero(backend: Any) -> None:
    net = _net(backend.name)
    optimizer = bp.optim.AdamW(net.parameters(), lr=0.1, weight_decay=0.5)
    for step in range(3):
        optimizer.zero_grad()
        _backward(net, step)
        bp.optim.clip_grad_norm_(net.parameters(), 0.01)
        bp.optim.clip_grad_value_(net.parameters(), 0.001)
        optimizer.step()
    arena = _arena(net[0].weight)
    inside = np.zeros(arena.size, dtype=bool)
    for p in net.parameters():
        inside[p.node.offset : p.node.offset + p.size] = True
    assert (~inside).any()
    for flat in (arena.values, arena.grads):
        assert not bp.Tensor(flat).numpy()[~inside].any()


def test_gradients_add_up_over_backward_passes(backend: Any) -> None:
    net = _net(backend.name)
    optimizer = bp.optim.SGD(net.parameters(), lr=0.0)
    _train(net, optimizer)  # from here on the gradients land in the arena
    first = {n: p.grad.numpy().copy() for n, p in net.named_parameters()}
    _backward(net, 0)
    for n, p in net.named_parameters():
        np.testing.assert_allclose(p.grad.numpy(), 2 * first[n])
        np.testing.assert_array_equal(_reads(p, _arena(p).grads), p.grad.numpy())


@pytest.mark.parametrize("bound", [False, True], ids=["before a step", "after a step"])
@pytest.mark.parametrize("to_none", [False, True])
def test_zero_grad(bound: bool, to_none: bool, backend: Any) -> None:
    net = _net(backend.name)
    optimizer = bp.optim.SGD(net.parameters(), lr=0.1)
    if bound:
        _train(net, optimizer)
    optimizer.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net[2].requires_grad_(False)
    _backward(net)
    nan = bp.asarray(np.full(SIZES[1], np.nan), device=backend.name)
    net[0].bias.grad = nan  # 0 * nan would not be 0
    optimizer.zero_grad(set_to_none=to_none)
    for p in net[0].parameters():
        if to_none:
            assert p.grad is None
        else:
            np.testing.assert_array_equal(p.grad.numpy(), np.zeros(p.shape))
    assert np.isnan(nan.numpy()).all(), "the array set as gradient was overwritten"
    _backward(net)
    wanted = _net(backend.name)
    if bound:
        _train(wanted, bp.optim.SGD(wanted.parameters(), lr=0.1))
        wanted.zero_grad()
    _backward(wanted)
    np.testing.assert_allclose(net[0].bias.grad.numpy(), wanted[0].bias.grad.numpy())


def test_zeroing_recorded_gradients_spares_the_graph() -> None:
    """create_graph may give one array to two parameters; zeroing one must not zero the other."""
    a, b = (bp.asarray([2.0], requires_grad=True) for _ in range(2))
    ((a + b) * (a + b)).sum().backward(create_graph=True)
    assert b.grad is not None
    bp.optim.SGD([a], lr=0.1).zero_grad(set_to_none=False)
    assert a.grad is not None
    assert (a.grad.item(), b.grad.item()) == (0.0, 8.0)
    assert not a.grad.requires_grad


@pytest.mark.parametrize("bound", [False, True], ids=["before a step", "after a step"])
def test_gradients_of_every_origin_count(bound: bool, backend: Any) -> None:
    """Set by hand (of another dtype too), set to None, or recorded by create_graph."""
    net = _net(backend.name)
    optimizer = bp.optim.SGD(net.parameters(), lr=1.0)
    if bound:
        _train(net, optimizer)
        optimizer.zero_grad()
    before = _values(net)
    p = net[0].weight
    x = bp.ones((2, SIZES[0]), dtype=bp.float64, device=backend.name)
    net(x).sum().backward(create_graph=True)
    recorded = net[2].bias.grad.detach().numpy().copy()
    net[0].bias.grad = None
    p.grad = bp.ones(p.shape, device=backend.name)
    optimizer.step()
    after = _values(net)
    np.testing.assert_allclose(after["0.weight"], before["0.weight"] - 1)
    np.testing.assert_array_equal(after["0.bias"], before["0.bias"])
    np.testing.assert_allclose(after["2.bias"], before["2.bias"] - recorded)
    np.testing.assert_allclose(recorded, 2.0)
    with pytest.raises(ValueError, match=r"grad: got shape \(3,\), wanted the tensor's"):
        p.grad = bp.ones(3, device=backend.name)


# ------------------------------------------------------- several optimizers, parts of a model


def test_two_optimizers_on_one_model_share_its_arena(backend: Any) -> None:
    net, other = _net(backend.name), _net(backend.name)
    one, two = (bp.optim.SGD(net.parameters(), lr=lr, momentum=0.9) for lr in (0.1, 0.05))
    _train(net, one, two)
    arena = _arena(net[0].weight)
    _train(net, one, two, steps=3, first=1)
    assert _arena(net[0].weight) is arena
    _shares(net)
    # by hand: both steps are taken with the same gradient, each with its own momentum
    values = {n: p.detach().numpy().copy() for n, p in other.named_parameters()}
    momentum = {lr: dict.fromkeys(values, 0.0) for lr in (0.1, 0.05)}
    for step in range(4):
        other.load_state_dict(values)
        other.zero_grad()
        _backward(other, step)
        for n, p in other.named_parameters():
            for lr, m in momentum.items():
                m[n] = 0.9 * m[n] + p.grad.numpy()
                values[n] = values[n] - lr * m[n]
    other.load_state_dict(values)
    _same(net, other, 1e-12)


@pytest.mark.parametrize("order", ["part first", "whole first"])
def test_an_optimizer_on_a_part_of_a_model(order: str, backend: Any, torch: Any) -> None:
    """Whichever steps first, both see the same parameters and keep their state."""
    net, theirs = _net(backend.name), _torch_net(torch)
    theirs.load_state_dict({n: torch.tensor(v) for n, v in _values(net).items()})
    optimizers, their_optimizers = [], []
    for whole in (False, True) if order == "part first" else (True, False):
        optimizers.append(bp.optim.Adam((net if whole else net[2]).parameters(), lr=0.01))
        their_optimizers.append(
            torch.optim.Adam((theirs if whole else theirs[2]).parameters(), lr=0.01)
        )
    for step in range(6):
        _train(net, *optimizers[: 1 + (step > 1)], first=step)
        _torch_train(torch, theirs, their_optimizers[: 1 + (step > 1)], step)
    for n, v in _values(net).items():
        wanted = dict(theirs.named_parameters())[n].detach().numpy()
        np.testing.assert_allclose(v, wanted, rtol=1e-11, atol=1e-13)


def _torch_net(torch: Any) -> Any:
    a, b, c = SIZES
    return torch.nn.Sequential(
        torch.nn.Linear(a, b), torch.nn.Tanh(), torch.nn.Linear(b, c)
    ).double()


def _torch_train(torch: Any, net: Any, optimizers: Any, step: int) -> None:
    dtype = next(net.parameters()).dtype
    for optimizer in optimizers:
        optimizer.zero_grad()
    rng = np.random.default_rng(step)
    x, t = (torch.tensor(rng.standard_normal((6, n))).to(dtype) for n in (SIZES[0], SIZES[-1]))
    torch.nn.MSELoss()(net(x), t).backward()
    for optimizer in optimizers:
        optimizer.step()


# --------------------------------------------------------- what happens to a model in between


def _freeze(net: Any) -> None:
    net[0].requires_grad_(False)


def _thaw(net: Any) -> None:
    net[0].requires_grad_(True)


def _swap(net: Any) -> None:
    net[0].requires_grad_(False)
    net[2].requires_grad_(True)


EVENTS = {
    "nothing": [lambda net: None],
    "freeze": [_freeze],
    "freeze, thaw": [_freeze, _thaw],
    "freeze, thaw, at once": [lambda net: (_freeze(net), _thaw(net))],
    "freeze one, thaw the other": [lambda net: net[2].requires_grad_(False), _swap, _thaw],
}
OPTIMIZERS = {
    "SGD": {"lr": 0.1},
    "SGD+momentum": {"lr": 0.1, "momentum": 0.9},
    "RMSprop": {"lr": 0.01, "centered": True, "momentum": 0.5},
    "Adam": {"lr": 0.05},
    "AdamW": {"lr": 0.05, "weight_decay": 0.2},
    "Adagrad": {"lr": 0.1, "initial_accumulator_value": 0.1},
    "NAdam": {"lr": 0.05},
}


@pytest.mark.usefixtures("full_precision")
@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_freezing_and_thawing_in_between_is_pytorchs(
    name: str, events: Any, backend: Any, torch: Any
) -> None:
    """State of frozen parameters waits for them. (PyTorch keeps old gradients of what is frozen;
    zero_grad forgets them.)"""
    net, theirs = _net(backend.name), _torch_net(torch)
    theirs.load_state_dict({n: torch.tensor(v) for n, v in _values(net).items()})
    kind, kw = name.partition("+")[0], OPTIMIZERS[name]
    ours = getattr(bp.optim, kind)(net.parameters(), **kw)
    their = getattr(torch.optim, kind)(theirs.parameters(), **kw)
    step = 0
    for event in [lambda net: None, *events]:
        their.zero_grad()
        event(net)
        event(theirs)
        for _ in range(3):
            _train(net, ours, first=step)
            _torch_train(torch, theirs, [their], step)
            step += 1
        assert len(ours.state_dict()["state"]) == 4
    for n, v in _values(net).items():
        wanted = dict(theirs.named_parameters())[n].detach().numpy()
        np.testing.assert_allclose(v, wanted, rtol=1e-11, atol=1e-13, err_msg=n)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_moving_a_model_takes_the_state_along(name: str, torch: Any) -> None:
    """To another device and back training goes on as if nothing had happened; to float32 it is
    PyTorch's to float32's digits."""
    kind, kw = name.partition("+")[0], OPTIMIZERS[name]
    net, still = _net(), _net()
    ours, unmoved = (getattr(bp.optim, kind)(m.parameters(), **kw) for m in (net, still))
    for step, place in enumerate(("cpu", "strict", "strict", "cpu", "cpu")):
        net.to(place)
        _train(net, ours, first=step)
        _train(still, unmoved, first=step)
        assert {p.device for p in net.parameters()} == {place}
        assert _arena(net[0].weight).backend.name == place
        _shares(net)
    for n, v in _values(net).items():
        np.testing.assert_allclose(v, _values(still)[n], rtol=1e-12, atol=1e-14)
    net.float()
    for step in range(5, 8):
        _train(net, ours, first=step)
        _train(still, unmoved, first=step)
    assert {p.dtype for p in net.parameters()} == {bp.float32}
    _same(net, still, 1e-4)
    state = ours.state_dict()["state"]
    found = [v for entry in state.values() for v in entry.values() if isinstance(v, bp.Tensor)]
    assert all(v.dtype == bp.float32 for v in found)
    assert {e["step"] for e in state.values()} == {8}


def test_a_gradient_computed_before_a_move_is_used_after_it() -> None:
    net, still = _net(), _net()
    ours, unmoved = (bp.optim.SGD(m.parameters(), lr=0.1) for m in (net, still))
    _train(net, ours)
    _train(still, unmoved)
    for m in (net, still):
        m.zero_grad()
        _backward(m, 1)
    net.to("strict")
    ours.step()
    unmoved.step()
    _same(net, still, 1e-13)


def test_loading_a_model_keeps_its_arena(backend: Any) -> None:
    net, other = _net(backend.name), _net(backend.name, seed=9)
    optimizer = bp.optim.SGD(net.parameters(), lr=0.1)
    _train(net, optimizer)
    arena = _arena(net[0].weight)
    net.load_state_dict(other.state_dict())
    _same(net, other)
    _shares(net)
    _train(net, optimizer)
    assert _arena(net[0].weight) is arena
    _train(other, bp.optim.SGD(other.parameters(), lr=0.1))
    _same(net, other, 1e-13)


def test_a_parameter_whose_array_is_replaced_is_taken_in_again(backend: Any) -> None:
    net, still = _net(backend.name), _net(backend.name)
    ours, unmoved = (bp.optim.Adam(m.parameters(), lr=0.1) for m in (net, still))
    _train(net, ours)
    _train(still, unmoved)
    net[0].weight.data = net[0].weight.data + 0.0
    assert not _arena(net[0].weight).holds(net[0].weight)
    _train(net, ours, first=1)
    _train(still, unmoved, first=1)
    _shares(net)
    _same(net, still, 1e-13)


@pytest.mark.parametrize(
    "duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["copy", "pickle"]
)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_copied_model_trains_on_its_own(duplicate: Any, name: str) -> None:
    """A copy that kept the arena would train a buffer that its parameters no longer view."""
    kind, kw = name.partition("+")[0], OPTIMIZERS[name]
    net = _net()
    optimizer = getattr(bp.optim, kind)(net.parameters(), **kw)
    _train(net, optimizer, steps=2)
    twin, its_optimizer = duplicate((net, optimizer))
    lonely = duplicate(net)
    _same(twin, net)
    before = _values(net)
    _train(twin, its_optimizer, steps=3, first=2)
    for n, v in _values(net).items():
        np.testing.assert_array_equal(v, before[n])  # the original stands still
    _shares(twin)
    _train(net, optimizer, steps=3, first=2)
    _same(twin, net)
    _train(lonely, bp.optim.SGD(lonely.parameters(), lr=0.1))
    assert not np.array_equal(lonely[0].weight.detach().numpy(), before["0.weight"])
    _shares(lonely)


def test_deleted_parameters_free_their_memory_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        net = _net()
        optimizer = bp.optim.Adam(net.parameters(), lr=0.1)
        _train(net, optimizer, steps=2)
        arena = _arena(net[0].weight)
        alive = [weakref.ref(arena), weakref.ref(arena.values), weakref.ref(arena.grads)]
        alive += [weakref.ref(p) for p in net.parameters()]
        alive += [weakref.ref(net), weakref.ref(optimizer)]
        del net, optimizer, arena
        assert [r() for r in alive] == [None] * len(alive)
    finally:
        gc.enable()


def test_an_arena_left_by_its_parameters_is_freed() -> None:
    net = _net()
    optimizer = bp.optim.Adam(net.parameters(), lr=0.1)
    _train(net, optimizer)
    old = weakref.ref(_arena(net[0].weight))
    net.float()
    _train(net, optimizer, first=1)
    gc.collect()
    assert old() is None


def test_the_arena_holds_variables_only() -> None:
    with pytest.raises(ValueError, match="holds variables"):
        Arena([bp.zeros(2)])


# ------------------------------------------------------------------ the version counter


def test_going_backward_after_a_step_is_refused(backend: Any) -> None:
    net = _net(backend.name)
    optimizer = bp.optim.SGD(net.parameters(), lr=0.1)
    _train(net, optimizer)
    x = bp.ones((2, SIZES[0]), dtype=bp.float64, device=backend.name)
    loss = net(x).sum()
    loss.backward(retain_graph=True)
    optimizer.step()
    optimizer.zero_grad()
    with pytest.raises(RuntimeError, match=r"shape \(3, 4\) was changed in place.*step\(\)"):
        loss.backward()
    for p in net[0].parameters():
        assert p.grad is None, "a wrong gradient arrived"
    net(x).sum().backward()  # a graph recorded after the step is as good as ever


def test_the_refusal_outlasts_a_move_into_another_arena() -> None:
    net = _net()
    part = bp.optim.SGD(net[2].parameters(), lr=0.1)
    _train(net, part)
    x = bp.ones((2, SIZES[0]), dtype=bp.float64)
    loss = net(x).sum()
    part.step()
    bp.optim.Arena(list(net.parameters()))  # gathers all parameters in one arena
    assert _arena(net[0].weight) is _arena(net[2].weight)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_a_step_of_one_part_lets_the_graph_of_another_be(backend: Any) -> None:
    """Actor and critic: both live in one arena, only what changed is refused."""
    actor, critic = _net(backend.name), _net(backend.name, seed=1)
    both = [*actor.parameters(), *critic.parameters()]
    bp.optim.SGD(both, lr=0.0).step()
    one, two = (bp.optim.SGD(m.parameters(), lr=0.1) for m in (actor, critic))
    x = bp.ones((2, SIZES[0]), dtype=bp.float64, device=backend.name)
    first, second = actor(x).sum(), critic(x).sum()
    first.backward()
    one.step()
    assert _arena(actor[0].weight) is _arena(critic[0].weight)
    second.backward()
    two.step()
    assert critic[0].weight.grad is not None


def test_assigning_to_a_part_of_a_gradient_reaches_the_optimizer(backend: Any) -> None:
    w = bp.ones(3, device=backend.name).requires_grad_()
    optimizer = bp.optim.SGD([w], lr=1.0)
    (w * 2.0).sum().backward()
    w.grad[0] = 0.0
    w.grad[1] += 3.0
    optimizer.step()
    assert w.tolist() == [1.0, -4.0, -1.0]
