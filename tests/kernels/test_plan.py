"""A planned replay on the CPU does what the portable one does, bit for bit: on random programs of
array operations, with and without compiled loops."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import backends
from backends import kernels
from backends.cpu.compiled import available
from backends.cpu.plan import compiled, plan
from backends.record import recording, replay

FORMS: dict[str, Callable[..., Any]] = {"planned": plan}
if available():
    FORMS["compiled"] = compiled

SHAPE = (6, 5)


class Program:
    """Random operations on recorded arrays: elementwise ones in chains, views, products,
    reductions, changes in place."""

    def __init__(self, seed: int, dtype: str) -> None:
        self.rng, self.dtype = np.random.default_rng(seed), dtype
        self.held = [self.array(SHAPE), self.array(SHAPE), self.array((5,)), self.array((6, 1))]
        self.weight = self.array((5, 5))

    def array(self, shape: Any) -> np.ndarray:
        """Numbers of both signs, zeros of both signs among them."""
        a = self.rng.normal(size=shape)
        return np.where(self.rng.random(shape) < 0.1, -0.0, a).astype(self.dtype)

    def __call__(self, tape: Any, inputs: list[Any]) -> list[Any]:
        xp = backends.namespace(inputs[0])
        held = [tape.lift(a) for a in self.held]
        weight = tape.lift(self.weight)
        known = [*inputs, held[0]]
        steps: list[Callable[[Any, Any], Any]] = [
            lambda a, b: a + b,
            lambda a, b: a - b,
            lambda a, b: a * b,
            lambda a, b: a * 0.5 + b,
            lambda a, b: a + held[2],
            lambda a, b: a * held[3],
            lambda a, b: kernels.relu(a),
            lambda a, b: kernels.relu_grad(a, b),
            lambda a, b: xp.exp(a * 0.01) - b,
            lambda a, b: abs(a) ** 0.5,
            lambda a, b: a**2 - b * 3,
            lambda a, b: -a / (abs(b) + 1.5),
            lambda a, b: xp.where(a > b, a, b * 2),
            lambda a, b: xp.maximum(a, b),
            lambda a, b: xp.tanh(a),
            lambda a, b: a @ weight,
            lambda a, b: kernels.linear(a, weight, held[2]),
            lambda a, b: a + xp.sum(b, axis=0),
            lambda a, b: a - xp.max(b, axis=1, keepdims=True),
            lambda a, b: a * xp.ones_like(b),
            lambda a, b: xp.reshape(xp.permute_dims(a, (1, 0)), (6, 5)) + b,
            lambda a, b: xp.permute_dims(a * 2.0, (1, 0)).mT,
            lambda a, b: xp.concat([a[:3, :], b[3:, :]]),
            lambda a, b: kernels.softmax_cross_entropy_grad(
                a[:, 0], b, tape.lift(np.arange(6) % 5), ignore_index=None
            ),
            lambda a, b: kernels.softmax(a, axis=1),
        ]
        for _ in range(int(self.rng.integers(3, 25))):
            a, b = (known[int(self.rng.integers(len(known)))] for _ in range(2))
            kind = self.rng.random()
            if kind < 0.08:
                held[1][...] = a
            elif kind < 0.16:
                held[1][1:3, :] = b[1:3, :]
            elif kind < 0.24:
                view = held[1][...]
                view += a * 0.125
            elif kind < 0.3:
                kernels.matmul_into(a.mT, b, weight)
                weight *= 0.1
            elif kind < 0.36:
                kernels.sum_into(a, held[2])
            elif kind < 0.42:
                fresh = a * 1.0
                fresh += b
                known.append(fresh)
            else:
                known.append(steps[int(self.rng.integers(len(steps)))](a, b))
            if len(known) > 6:
                known.pop(0)
        picked = self.rng.choice(len(known), size=min(3, len(known)), replace=False)
        return [known[int(i)] for i in picked]


def bits(a: Any) -> Any:
    """The bits, all NaN alike."""
    a = np.ascontiguousarray(a)
    return np.where(a != a, 0, a.view(f"u{a.itemsize}")) if a.dtype.kind == "f" else a


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_programs(form: str, dtype: str) -> None:
    for seed in range(60 if form == "planned" else 20):
        program = Program(seed, dtype)
        inputs = [program.array(SHAPE) for _ in range(2)]
        with recording() as tape, np.errstate(all="ignore"):
            wrapped = [tape.input(a) for a in inputs]
            wanted = [o.index for o in program(tape, wrapped)]
            tape.rewind()
        numbers = [w.index for w in wrapped]
        held = [*program.held, program.weight]
        runs = {"plain": replay(tape, numbers, wanted), form: FORMS[form](tape, numbers, wanted)}
        start = [a.copy() for a in held]
        given = [[program.array(SHAPE) for _ in range(2)] for _ in range(3)]
        results: dict[str, list[Any]] = {}
        with np.errstate(all="ignore"):
            for name, run in runs.items():
                for a, old in zip(held, start, strict=True):
                    a[...] = old
                outs = [run(arrays) for arrays in given]
                results[name] = [*(a for out in outs for a in out), *(a.copy() for a in held)]
        for one, other in zip(results["plain"], results[form], strict=True):
            np.testing.assert_array_equal(bits(one), bits(other), err_msg=f"seed {seed}")


@pytest.mark.parametrize("form", FORMS)
def test_results_are_not_overwritten_by_the_next_replay(form: str) -> None:
    x = np.arange(6.0)
    with recording() as tape:
        a = tape.input(x)
        out = (a * 2.0 + 1.0) * 3.0
    run = FORMS[form](tape, [a.index], [out.index])
    (first,) = run([x])
    kept = first.copy()
    run([x + 1])
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_array_equal(first, (x * 2 + 1) * 3)


def test_what_is_the_same_at_every_replay_is_computed_once() -> None:
    calls = []

    def counted(a: Any) -> Any:
        calls.append(1)
        return a + 1

    x = np.arange(3.0)
    with recording() as tape:
        a = tape.input(x)
        one = tape.call(counted, (tape.call(np.ones_like, (a,)),))
        out = a * one
    run = plan(tape, [a.index], [out.index])
    calls.clear()
    for _ in range(3):
        np.testing.assert_array_equal(run([x])[0], x * 2)
    assert not calls


def test_what_nobody_needs_is_left_out() -> None:
    calls = []

    def counted(a: Any) -> Any:
        calls.append(1)
        return a * 2

    x = np.arange(3.0)
    with recording() as tape:
        a = tape.input(x)
        tape.call(counted, (a,))
        out = a + 1
    run = plan(tape, [a.index], [out.index])
    calls.clear()
    run([x])
    assert not calls


def test_memory_is_used_again() -> None:
    """A chain of a hundred arrays needs the memory of two or three."""
    from backends.cpu.plan.buffers import allocate
    from backends.cpu.plan.build import Plan

    x = np.ones((100, 100))
    with recording() as tape:
        a = tape.input(x)
        y = a
        for _ in range(100):
            y = y @ a
        out = tape.call(operator.getitem, (y, (0, 0)))
        out = out + 1.0
    made = Plan(tape, [a.index], [out.index])
    size, loose = allocate(made.steps, made.planned)
    assert not loose
    assert size <= 3 * x.nbytes


@pytest.mark.parametrize("form", FORMS)
def test_a_product_with_what_lies_in_another_order(form: str) -> None:
    """Seen as rows it is no view; of a copy made ahead the replays would know nothing."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 3, 2, 4)).astype("float32")
    w = rng.normal(size=(5, 4)).astype("float32")
    with recording() as tape:
        a = tape.input(first)
        turned = backends.namespace(a).permute_dims(a * 2.0, (1, 0, 2))
        out = kernels.linear(turned, tape.lift(w), None) + 1.0
    run: Any = FORMS[form](tape, [a.index], [out.index])
    for x in (first, second, first):
        wanted = (x * np.float32(2)).transpose(1, 0, 2) @ w.T + np.float32(1)
        np.testing.assert_allclose(run([x])[0], wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.skipif(not available(), reason="needs Numba")
def test_chains_become_loops() -> None:
    x, b = np.ones((4, 3), "float32"), np.ones(3, "float32")
    with recording() as tape:
        a = tape.input(x)
        y = kernels.relu((a + tape.lift(b)) * 2.0)
        out = y @ tape.lift(np.ones((3, 2), "float32"))
    run: Any = compiled(tape, [a.index], [out.index])
    assert len([line for line in run.source.split("\n") if "(" in line and "def" not in line]) <= 4
    np.testing.assert_array_equal(run([x])[0], np.full((4, 2), 12.0, "float32"))


def test_large_arrays_beside_those_of_others_get_memory_of_their_own() -> None:
    """A function that is called as it is returns new arrays: what lies idle in a block would come
    on top of them."""
    from backends.cpu.plan.buffers import allocate
    from backends.cpu.plan.build import Plan

    x = np.random.default_rng(0).normal(size=(100, 100))

    def other(a: Any) -> Any:
        return np.sort(a, axis=0)

    with recording() as tape:
        a = tape.input(x)
        y = a
        for _ in range(4):
            y = tape.call(other, ((y * 0.5 + a).mT @ a,))
        out = y + 1.0
    wanted = replay(tape, [a.index], [out.index])([x])[0]
    made = Plan(tape, [a.index], [out.index])
    assert allocate(made.steps, made.planned)[1]
    for form in FORMS.values():
        run: Any = form(tape, [a.index], [out.index])
        assert "del m0" in run.source
        for _ in range(2):
            np.testing.assert_array_equal(run([x])[0], wanted)
