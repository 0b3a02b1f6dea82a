"""Programs: several threads that do a stretch of a plan together, with the bits of one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backends import kernels as every
from backends.cpu import threads
from backends.cpu.compiled import available
from backends.record import recording, replay

pytestmark = pytest.mark.skipif(not available(), reason="needs Numba")

if available():
    from backends.cpu.plan import compiled
    from backends.cpu.plan.operands import Held
    from backends.cpu.programs import (
        convolutions,
        forms,
        kernels,
        memory,
        products,
        program,
        team,
        updates,
    )

    if not kernels.available():
        pytest.skip("NumPy's BLAS has no CBLAS that can be called", allow_module_level=True)


def bits(a: Any) -> Any:
    a = np.ascontiguousarray(a)
    return a.view(f"u{a.itemsize}")


# ---------------------------------------------------------------------- whole plans


@pytest.fixture(params=[2, 3])
def several(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As on a machine of so many cores, with every step worth sharing."""
    monkeypatch.setattr(team, "hands", lambda: request.param)
    monkeypatch.setattr(products, "WORK", 64)
    monkeypatch.setattr(products, "WIDTH", 16)
    monkeypatch.setattr(forms, "LARGE", 64)
    monkeypatch.setattr(updates, "LEAST", 32)
    monkeypatch.setattr(convolutions, "WORK", 64)
    return int(request.param)


class Random:
    """Random products, sums and elementwise operations over matrices of a few widths."""

    def __init__(self, seed: int, dtype: str) -> None:
        self.rng, self.dtype = np.random.default_rng(seed), dtype
        self.rows = int(self.rng.choice([1, 8, 40, 64]))
        widths = [int(w) for w in self.rng.choice([1, 10, 48, 64, 130], size=3)]
        self.weights = [self.array(m, n) for n in widths for m in widths]
        self.biases = [self.array(n) for n in widths]

    def array(self, *shape: int) -> np.ndarray:
        a = self.rng.normal(size=shape) / np.sqrt(shape[-1])
        return np.where(self.rng.random(shape) < 0.05, -0.0, a).astype(self.dtype)

    def held(self) -> list[np.ndarray]:
        return [*self.weights, *self.biases]

    def inputs(self) -> list[np.ndarray]:
        return [self.array(self.rows, w.shape[0]) for w in self.weights[:3:2]]

    def __call__(self, tape: Any, inputs: list[Any]) -> list[Any]:
        weights = [tape.lift(w) for w in self.weights]
        biases = [tape.lift(b) for b in self.biases]
        known = list(inputs)
        for _ in range(int(self.rng.integers(6, 24))):
            a = known[int(self.rng.integers(len(known)))]
            kind = self.rng.random()
            fitting = [w for w in weights if w.shape[1] == a.shape[1]]
            w = fitting[int(self.rng.integers(len(fitting)))]
            alike = [x for x in known if x.shape == a.shape]
            b = alike[int(self.rng.integers(len(alike)))]
            bias = next(x for x in biases if x.shape[0] == a.shape[1])
            if kind < 0.3:
                other = next(x for x in biases if x.shape[0] == w.shape[0])
                known.append(every.linear(a, w, other))
            elif kind < 0.4:
                known.append(a @ w.mT)
            elif kind < 0.5:
                known.append(every.relu(a + bias))
            elif kind < 0.6:
                known.append(every.relu_grad(a, b))
            elif kind < 0.7:
                known.append(a * 0.5 - b)
            elif kind < 0.8:
                left = [x for x in known if x.shape[1] == w.shape[0]]
                if left:
                    every.matmul_into(left[-1].mT, a, w)
                    w *= 0.05
            elif kind < 0.9:
                every.sum_into(a, bias)
                bias *= 0.1
            else:
                backend = backends.namespace(a)
                known.append(backend.tanh(a))
            if len(known) > 5:
                known.pop(int(self.rng.integers(len(known) - 1)))
        return known[-2:]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_programs_of_several_threads(
    several: int, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    init = program.Program.__init__
    monkeypatch.setattr(
        program.Program, "__init__", lambda self, *args: (made.append(self), init(self, *args))[1]
    )
    for seed in range(25):
        random = Random(seed, dtype)
        given = [random.inputs() for _ in range(4)]
        with recording() as tape, np.errstate(all="ignore"):
            wrapped = [tape.input(a) for a in given[0]]
            wanted = [o.index for o in random(tape, wrapped)]
            tape.rewind()
        numbers = [w.index for w in wrapped]
        run: Any = compiled(tape, numbers, wanted)
        plain = replay(tape, numbers, wanted)
        start = [a.copy() for a in random.held()]
        found = []
        with np.errstate(all="ignore"):
            for way in (plain, run):
                for a, old in zip(random.held(), start, strict=True):
                    a[...] = old
                outs = [x for arrays in given for x in way(arrays)]
                found.append([*map(np.array, outs), *[a.copy() for a in random.held()]])
        for one, other in zip(*found, strict=True):
            np.testing.assert_array_equal(bits(one), bits(other), err_msg=f"seed {seed}")
    assert sum(program.threads > 1 for program in made) >= 10


def trained(model: Any, optimizer: Any, batches: Any, captured: bool, rate: float) -> list[Any]:
    """Losses, the model's state and the optimizer's after a step with each batch."""

    def step(x: Any, y: Any) -> Any:
        optimizer.zero_grad()
        loss = bp.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    do = bp.capture(step, compile=True) if captured else step
    losses = []
    for i, (x, y) in enumerate(batches):
        if i == len(batches) - 3:
            optimizer.param_groups[0]["lr"] = rate / 2
        losses.append(do(bp.asarray(x), bp.asarray(y)).item())
    if captured:
        assert do.replays == len(batches) - 2
    kept = [v for s in optimizer.state.values() for v in s.values() if hasattr(v, "numpy")]
    return [np.array(losses), *[v.numpy() for v in [*model.state_dict().values(), *kept]]]


def batches(count: int, *shape: int) -> list[Any]:
    rng = np.random.default_rng(0)
    return [
        (rng.standard_normal(shape, np.float32), rng.integers(0, 5, shape[0])) for _ in range(count)
    ]


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_perceptron_learns_the_same(several: int, optimizer: str) -> None:
    """Eager and captured, bit for bit: losses, parameters and the optimizer's buffers."""
    found = []
    for captured in (False, True):
        bp.manual_seed(0)
        model = bp.nn.Sequential(
            bp.nn.Linear(50, 64), bp.nn.ReLU(), bp.nn.Linear(64, 48), bp.nn.ReLU(),
            bp.nn.Linear(48, 10),
        )  # fmt: skip
        how: dict[str, Any] = {"lr": 0.1, "momentum": 0.9} if optimizer == "sgd" else {"lr": 0.01}
        made = {"sgd": bp.optim.SGD, "adam": bp.optim.Adam}[optimizer](model.parameters(), **how)
        found.append(trained(model, made, batches(12, 40, 50), captured, how["lr"]))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(bits(one), bits(other))


# ------------------------------------------------------------------------ convolutions

WAYS = [  # images, channels, size, outs, kernel, stride, padding, dilation
    (5, 1, (9, 8), 3, (3, 3), (1, 1), (1, 1), (1, 1)),
    (4, 3, (12, 12), 5, (5, 5), (1, 1), (2, 2), (1, 1)),
    (7, 4, (8, 11), 6, (3, 2), (2, 1), (1, 0), (1, 1)),
    (3, 2, (9, 9), 4, (3, 3), (1, 1), (0, 0), (2, 2)),
    (2, 3, (10, 10), 1, (3, 3), (2, 2), (1, 1), (1, 1)),
    (6, 4, (6, 6), 8, (1, 1), (1, 1), (0, 0), (1, 1)),
    (6, 4, (6, 6), 8, (1, 1), (2, 2), (0, 0), (1, 1)),
    (3, 8, (40, 40), 16, (3, 3), (1, 1), (1, 1), (1, 1)),
    (1, 2, (7, 7), 3, (3, 3), (3, 3), (2, 2), (1, 1)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", WAYS, ids=str)
def test_convolutions_have_the_bits_of_the_kernels(
    several: int, way: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A convolution and both of its derivatives, with inputs that are arguments, held and made."""
    n, channels, size, outs, kernel, stride, padding, dilation = way
    rng = np.random.default_rng(n * outs)
    pads = tuple((p, p) for p in padding)
    how = {"stride": stride, "padding": pads, "dilation": dilation, "groups": 1}

    def random(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(dtype)

    weight, bias = random(outs, channels, *kernel), random(outs)
    given = [random(n, channels, *size) for _ in range(3)]
    with recording() as tape:
        x, w, b = tape.input(given[0]), tape.lift(weight), tape.lift(bias)
        y = every.conv(x, w, b, **how)
        z = every.relu(y * 0.5)
        dx = every.conv_transpose(z, w, **how, size=size)
        dw = every.conv_weight(x, z, **how, kernel=kernel)
        again = every.conv(dx + x, w, None, **how)
        wanted = [o.index for o in (y * 1.0, dx * 1.0, dw * 1.0, again * 1.0)]
    agreed: list[bool] = []
    agrees = convolutions.agrees
    monkeypatch.setattr(
        convolutions, "agrees", lambda *a: (agreed.append(agrees(*a)), agreed[-1])[1]
    )
    run: Any = compiled(tape, [x.index], wanted)
    plain = replay(tape, [x.index], wanted)
    for a in given:
        for one, other in zip(plain([a]), run([a]), strict=True):
            np.testing.assert_array_equal(bits(np.array(one)), bits(np.array(other)))
    assert sum(agreed) >= 2 or outs == 1  # NumPy has another product for one row


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("way", [w for w in WAYS if w[3] > 1], ids=str)
def test_gradients_of_weights_by_parts_of_the_images(
    several: int, way: Any, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As eager code sums them where there are threads: parts apart, then one after another."""
    n, channels, size, outs, kernel, stride, padding, dilation = way
    parts = min(n, several)

    def split(length: int, work: float, **more: Any) -> list[slice]:
        return [slice(length * i // parts, length * (i + 1) // parts) for i in range(parts)]

    monkeypatch.setattr(threads, "split", split)
    pads = tuple((p, p) for p in padding)
    how = {"stride": stride, "padding": pads, "dilation": dilation, "groups": 1}
    rng = np.random.default_rng(n * outs)
    weight = rng.standard_normal((outs, channels, *kernel)).astype(dtype)
    given = [rng.standard_normal((n, channels, *size)).astype(dtype) for _ in range(3)]
    with recording() as tape:
        x = tape.input(given[0])
        z = every.conv(x, tape.lift(weight), None, **how) * 0.5
        wanted = [(every.conv_weight(x, z, **how, kernel=kernel) * 1.0).index]
    made: list[int] = []
    totals = convolutions.Convolutions._totals

    def noted(self: Any, sums: Any, *more: Any) -> Any:
        made.append(len(sums))
        return totals(self, sums, *more)

    of_weight = convolutions.Convolutions.of_weight

    def by_parts(self: Any, *args: Any, apart: bool, **more: Any) -> Any:
        return of_weight(self, *args, apart=apart, **more) if apart else None

    monkeypatch.setattr(convolutions.Convolutions, "_totals", noted)
    monkeypatch.setattr(convolutions.Convolutions, "of_weight", by_parts)
    run: Any = compiled(tape, [x.index], wanted)
    plain = replay(tape, [x.index], wanted)
    for a in given:
        for one, other in zip(plain([a]), run([a]), strict=True):
            np.testing.assert_array_equal(bits(np.array(one)), bits(np.array(other)))
    if parts > 1 and n % parts == 0:  # else they may have blocks of several sizes
        assert {*made} == {parts}


def test_a_convolution_that_does_not_agree_stays_what_it_is(
    several: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(convolutions, "agrees", lambda *a: False)
    rng = np.random.default_rng(0)
    a, weight = rng.standard_normal((4, 2, 9, 9)), rng.standard_normal((3, 2, 3, 3))
    how: Any = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
    with recording() as tape:
        x = tape.input(a)
        y = every.conv(x, tape.lift(weight), None, **how)
        out = y * 2.0
    (got,) = compiled(tape, [x.index], [out.index])([a])
    np.testing.assert_array_equal(got, every.conv(a, weight, None, **how) * 2.0)


def test_parts_of_images() -> None:
    a = np.arange(2 * 3 * 6 * 5, dtype=np.float64).reshape(2, 3, 6, 5)
    whole = convolutions.images(memory.matrix(Held(a.reshape(2, -1)), {}), a.shape)
    for rows, columns in ((slice(1, 5, 2), slice(0, 5)), (slice(None, None, -1), slice(4, 0, -2))):
        part = whole.part(rows, columns)
        seen = a[:, :, rows, columns]
        assert part.shape == seen.shape
        assert tuple(8 * s for s in part.strides) == seen.strides
        assert part.at() == seen.ctypes.data
    assert convolutions.images(memory.matrix(Held(a.reshape(2, -1)[:, :40]), {}), a.shape) is None


@pytest.mark.parametrize("pool", [bp.nn.MaxPool2d(2), bp.nn.AvgPool2d(2)])
def test_a_convolutional_network_learns_the_same(several: int, pool: Any) -> None:
    found = []
    for captured in (False, True):
        bp.manual_seed(0)
        model = bp.nn.Sequential(
            bp.nn.Conv2d(1, 6, 3, padding=1), bp.nn.ReLU(), pool,
            bp.nn.Conv2d(6, 8, 3, stride=2, padding=1), bp.nn.BatchNorm2d(8), bp.nn.ReLU(),
            bp.nn.Flatten(), bp.nn.Linear(8 * 9, 5),
        )  # fmt: skip
        optimizer = bp.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
        found.append(trained(model, optimizer, batches(8, 9, 1, 12, 12), captured, 0.05))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(bits(one), bits(other))


def test_a_program_that_cannot_be_made_leaves_the_plan_running(
    several: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time when loops are compiled in the background."""
    from backends.cpu.plan import tiers

    def broken(*args: Any) -> Any:
        raise RuntimeError("no program today")

    monkeypatch.setattr(tiers, "PATIENCE", 0.0)
    monkeypatch.setattr(tiers, "prepared", lambda *args: broken)
    step = bp.capture(lambda x: x * 2.0 + 1.0)
    x = bp.ones((3, 4))

    def many() -> None:
        for _ in range(200):
            assert (step(x).numpy() == 3.0).all()
            time.sleep(0.001)

    with pytest.warns(UserWarning, match="no program today"):
        many()
    assert (step(x).numpy() == 3.0).all()


SCRIPT = """
import os, numpy as np, backprop as bp
from backends.cpu.programs import team
rng = np.random.default_rng(0)
data = [(rng.standard_normal((128, 784), np.float32), rng.integers(0, 10, 128)) for _ in range(9)]
found = []
for captured in (False, True):
    bp.manual_seed(0)
    model = bp.nn.Sequential(bp.nn.Linear(784, 256), bp.nn.ReLU(), bp.nn.Linear(256, 128),
                             bp.nn.ReLU(), bp.nn.Linear(128, 10))
    optimizer = bp.optim.Adam(model.parameters())
    def step(x, y):
        optimizer.zero_grad()
        loss = bp.nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        return loss
    do = bp.capture(step, compile=True) if captured else step
    losses = [do(bp.asarray(x), bp.asarray(y)).item() for x, y in data]
    found.append(losses + [p.detach().numpy().tobytes() for p in model.parameters()])
assert found[0] == found[1]
if hasattr(os, "fork"):
    child = os.fork()
    if not child:
        value = do(*map(bp.asarray, data[0])).item()
        os._exit(0 if np.isfinite(value) else 1)
    assert os.waitpid(child, 0)[1] == 0
do(*map(bp.asarray, data[0]))
print("threads", team.hands())
"""


def test_with_openblas_and_its_threads() -> None:
    """In a process of its own, with all the cores there are; and in a fork of it."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    env = {k: v for k, v in os.environ.items() if k not in names}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT], env=env, capture_output=True, text=True,
        timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "threads" in done.stdout
