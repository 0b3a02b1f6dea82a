"""What may change from call to call is as it then is, and not as it was when it was recorded."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from capturing_twice import agree, host

import backprop as bp

F = bp.nn.functional


def arrays(count: int, shape: Any = (3, 4), seed: int = 1) -> list[tuple[bp.Tensor]]:
    rng = np.random.default_rng(seed)
    return [(bp.asarray(rng.standard_normal(shape).astype(np.float32)),) for _ in range(count)]


def alone(function: Any) -> Any:
    return lambda: (function, ())


# ---------------------------------------------------------------------- random numbers

RANDOM = {
    "rand": lambda x: x + bp.rand(3, 4),
    "randn": lambda x: x * bp.randn(3, 4) + bp.randn(4),
    "randint": lambda x: x * bp.randint(0, 9, (3, 4)),
    "randperm": lambda x: x[bp.randperm(3)],
    "dropout": lambda x: F.dropout(x, 0.5, training=True),
    "dropout1d": lambda x: F.dropout1d(x.unsqueeze(0), 0.5, training=True),
    "alpha_dropout": lambda x: F.alpha_dropout(x, 0.5, training=True),
    "feature_alpha_dropout": lambda x: F.feature_alpha_dropout(x, 0.5, training=True),
    "rrelu": lambda x: F.rrelu(x, training=True),
    "two": lambda x: F.dropout(F.dropout(x, 0.2) * 2.0, 0.3) + bp.rand(1),
    "attention": lambda x: F.scaled_dot_product_attention(
        x.reshape(1, 1, 3, 4), x.reshape(1, 1, 3, 4), x.reshape(1, 1, 3, 4), dropout_p=0.4
    ),
    "initialized": lambda x: x @ bp.nn.Linear(4, 2).weight.detach().T,
    "a generator of its own": lambda x: x * bp.asarray(_own().uniform((3, 4))),
    "a spawned generator": lambda x: x * bp.asarray(
        bp.default_generator().spawn(3).uniform((3, 4))
    ),
}  # fmt: skip


def _own() -> Any:
    import backends

    return backends.Generator(7)


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_go_on(name: str) -> None:
    agree(alone(RANDOM[name]), arrays(5))


def test_a_seed_between_the_calls() -> None:
    step = bp.capture(RANDOM["two"])
    ((x,),) = arrays(1)
    found = []
    for _ in range(5):
        bp.manual_seed(11)
        found.append(host(step(x)).tolist())
    assert found == [found[0]] * 5
    assert host(step(x)).tolist() != found[0]


def test_dropout_in_a_checkpoint() -> None:
    def build() -> Any:
        nn = bp.nn
        part = nn.Sequential(nn.Linear(4, 6), nn.Dropout(0.5), nn.Tanh())
        model = nn.ModuleList([part, nn.Linear(6, 1)])
        optimizer = bp.optim.SGD(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = model[1](F.dropout(bp.checkpoint(part, x), 0.2)).mean()
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer)

    agree(build, arrays(6))


# ------------------------------------------------------- Tensors that a step changes


def test_running_statistics_with_a_plain_mean() -> None:
    def build() -> Any:
        layer = bp.nn.BatchNorm1d(4, momentum=None)
        return (lambda x: layer(x).detach()), (layer,)

    agree(build, arrays(7))


def test_changes_in_place() -> None:
    def build() -> Any:
        total, weight = bp.zeros((3, 4)), bp.ones(4, requires_grad=True)
        ring = bp.zeros((5, 4))

        def step(x: Any) -> Any:
            before = total.clone()
            total.copy_(total * 0.9 + x)
            with bp.no_grad():
                weight[1] = x.mean()
                weight[2:] *= 0.5
                (1 * weight).copy_(x[0])
                weight[...] = weight + 0.25
            row = x.clone()
            row[1] = 7.0
            row[:, 2] = total[:, 0]
            ring[0] = x[0]
            ring[1:] = ring[:-1].clone()
            return before, row, total * weight.detach(), ring.sum()

        return step, (total, weight, ring)

    agree(build, arrays(6))


def test_parts_that_are_set_keep_their_gradients() -> None:
    def build() -> Any:
        w = bp.ones((3, 4), requires_grad=True)

        def step(x: Any) -> Any:
            y = w * x
            y[0] = y[1] * 2.0
            y[:, 1] = 0.0
            z = bp.at(y)[1, :].add(x[0]) if hasattr(bp, "at") else y
            w.grad = None
            (z * z).sum().backward()
            return z.detach(), w.grad

        return step, (w,)

    agree(build, arrays(5))


def test_gradient_descent_by_hand() -> None:
    def build() -> Any:
        w = bp.ones((4, 2), requires_grad=True)
        v = bp.ones((4, 2), requires_grad=True)

        def step(x: Any) -> Any:
            loss = ((x @ w @ v.T) ** 2).mean()
            loss.backward()
            with bp.no_grad():
                nonlocal_w = w
                nonlocal_w -= 0.1 * w.grad
                v.data -= 0.1 * v.grad.data
            w.grad = None
            v.grad.zero_()
            return loss

        return step, (w, v)

    agree(build, arrays(7))


def test_what_is_kept_of_the_last_call() -> None:
    class Keeps(bp.nn.Module):
        def __init__(self) -> None:
            self.layer = bp.nn.Linear(4, 2)
            self.last = None

        def forward(self, x: Any) -> Any:
            self.last = self.layer(x).detach()
            self.sum = self.last.sum()
            return self.sum

    model = Keeps()
    step = bp.capture(lambda x: model(x))
    sums = []
    for (x,) in arrays(6):
        sums.append((step(x), model.layer(x).sum().item()))
        assert (host(model.last) == host(model.layer(x))).all()
        assert model.sum.item() == model.last.sum().item()
    for got, wanted in sums[2:]:
        assert got.item() == wanted


def test_results_are_not_overwritten_by_later_calls() -> None:
    layer = bp.nn.Linear(4, 4)
    step = bp.capture(lambda x: [layer(x).detach(), x * 2.0, (x + 1.0)[1:], x.sum()])
    kept = [(step(x), x) for (x,) in arrays(6)]
    for out, x in kept:
        wanted = [layer(x).detach(), x * 2.0, (x + 1.0)[1:], x.sum()]
        for a, b in zip(out, wanted, strict=True):
            assert (host(a) == host(b)).all()


def test_results_that_were_there_before() -> None:
    w = bp.ones(4, requires_grad=True)

    def step(x: Any) -> Any:
        with bp.no_grad():
            w[...] = x[0]
        return w, w.detach(), w.detach()[1:], x, x[1:]

    captured = bp.capture(step)
    for (x,) in arrays(5):
        got, wanted = captured(x), step(x)
        assert got[0] is w
        for a, b in zip(got, wanted, strict=True):
            assert (host(a) == host(b)).all()
        assert np.shares_memory(got[2].data, w.data)
        assert np.shares_memory(got[4].data, x.data)


# ----------------------------------------------------------------- derivatives inside


def test_a_penalty_of_the_gradient() -> None:
    def build() -> Any:
        nn = bp.nn
        model = nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 1))
        optimizer = bp.optim.Adam(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            x = x.detach().requires_grad_()
            optimizer.zero_grad()
            out = model(x).sum()
            (slope,) = bp.autodiff.gradients([out], [x], create_graph=True)
            penalty = ((slope**2).sum(axis=1) - 1.0) ** 2
            (out + penalty.mean()).backward()
            optimizer.step()
            return out, penalty, x.grad

        return step, (model, optimizer)

    agree(build, arrays(6))


def test_derivatives_of_functions() -> None:
    def build() -> Any:
        def f(v: Any) -> Any:
            return (bp.sin(v) * v).sum()

        def step(x: Any) -> Any:
            return bp.grad(f)(x), bp.hessian(f)(x[0]), bp.jvp(f, (x,), (x,))

        return step, ()

    agree(build, arrays(5))


class Scaled(bp.Function):
    """x w, with derivatives of its own."""

    @staticmethod
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, w = ctx.saved_tensors
        return g * w * 2.0, (g * x).sum(axis=0)


def test_a_function_of_the_users() -> None:
    def build() -> Any:
        w = bp.ones(4, requires_grad=True)
        optimizer = bp.optim.SGD([w], lr=0.1)

        def step(x: Any) -> Any:
            x = x.detach().requires_grad_()
            optimizer.zero_grad()
            loss = Scaled.apply(x, w).exp().mean()
            loss.backward()
            optimizer.step()
            return loss, x.grad

        return step, (w, optimizer)

    agree(build, arrays(6))


def test_hooks_and_hooks_that_go() -> None:
    def build() -> Any:
        model = bp.nn.Sequential(bp.nn.Linear(4, 3), bp.nn.ReLU(), bp.nn.Linear(3, 2))
        model[0].register_forward_hook(lambda m, args, out: out * 1.5)
        model[2].register_full_backward_hook(lambda m, gi, go: (gi[0] * 0.5,))
        model.handle = model[1].register_forward_pre_hook(lambda m, args: (args[0] + 1.0,))
        optimizer = bp.optim.SGD(model.parameters(), lr=0.1)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            loss = (model(x) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer)

    def between(number: int, things: Any) -> None:
        if number == 4:
            things[0].handle.remove()
        if number == 7:
            things[0][0].register_forward_hook(lambda m, args, out: out - 1.0)

    agree(build, arrays(10), between, replays=6)


@pytest.mark.parametrize("kind", ["weight_norm", "spectral_norm"])
def test_parametrizations(kind: str) -> None:
    def build() -> Any:
        nn = bp.nn
        change = getattr(nn.utils.parametrizations, kind)
        model = nn.Sequential(change(nn.Linear(4, 4)), nn.Tanh(), nn.Linear(4, 1))
        optimizer = bp.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)

        def step(x: Any) -> Any:
            optimizer.zero_grad()
            with nn.utils.parametrize.cached():
                loss = (model(x) * model(x + 1.0)).mean()
            loss.backward()
            optimizer.step()
            return loss

        return step, (model, optimizer)

    agree(build, arrays(6))
