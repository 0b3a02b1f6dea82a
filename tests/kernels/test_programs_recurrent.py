"""LSTMs and GRUs in programs: the bits of `cpu/recurrent.py`, from as many threads as there are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp
from backends.cpu import recurrent as plain
from backends.cpu.compiled import available

pytestmark = pytest.mark.skipif(not available(), reason="needs Numba")

if available():
    from backends.cpu.compiled import ufuncs
    from backends.cpu.programs import kernels, recurrences, shared, team

    if not kernels.available():
        pytest.skip("NumPy's BLAS has no CBLAS that can be called", allow_module_level=True)

ARRAYS = {
    # function: the shapes of its arguments, of T steps, N rows and H units, and which may be None
    plain.lstm_sequence: ("T N 4H", "4H H", "N H", "N H"),
    plain.lstm_sequence_grad: (
        "T N 4 H", "T N H", "4H H", "N H", "T N H?", "T N H?", "T N 4 H?"
    ),
    plain.gru_sequence: ("T N 3H", "3H H", "3H?", "N H"),
    plain.gru_sequence_grad: ("T N 4 H", "T N H", "3H H", "N H", "T N H?", "T N 4 H?"),
}  # fmt: skip
FUNCTIONS = list(ARRAYS)


def bits(arrays: Any) -> list[Any]:
    return [np.ascontiguousarray(a).view(f"u{a.itemsize}") for a in arrays]


def given(
    function: Any, steps: int, batch: int, units: int, dtype: str, seed: int = 0, without: Any = ()
) -> list[Any]:
    rng = np.random.default_rng(seed)
    sizes = {"T": steps, "N": batch, "H": units, "3H": 3 * units, "4H": 4 * units, "4": 4}
    out: list[Any] = []
    for i, text in enumerate(ARRAYS[function]):
        shape = [sizes[word] for word in text.rstrip("?").split()]
        if i in without:
            out.append(None)
        elif len(shape) == 4:  # gates, which lie one behind the other
            steps, batch, four, units = shape
            out.append(rng.random((steps, four, batch, units)).astype(dtype).swapaxes(1, 2))
        else:
            out.append(rng.normal(size=shape).astype(dtype) / np.asarray(units, dtype) ** 0.5)
    return out


def form(function: Any) -> Any:
    old = recurrences.FORMS[function]
    return shared.Shared(function, old.file, old.names, old._describe)


def last(function: Any) -> tuple[int, ...]:
    """What a gradient comes without: that of the gates."""
    return (len(ARRAYS[function]) - 1,) if function.__name__.endswith("_grad") else ()


@pytest.fixture(params=[1, 2, 3])
def hands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """As on a machine of so many cores, with every step worth sharing."""
    monkeypatch.setattr(team, "hands", lambda: request.param)
    monkeypatch.setattr(shared, "WORK", 64)
    return int(request.param)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("steps", "batch", "units"), [(1, 24, 16), (2, 25, 7), (7, 32, 33), (5, 8, 48)]
)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_the_bits(
    hands: int, function: Any, steps: int, batch: int, units: int, dtype: str
) -> None:
    do, without = form(function), last(function)
    args = given(function, steps, batch, units, dtype, without=without)
    want = function(*args)
    for _ in range(2):
        found = do(*args)
        assert [a.shape for a in found] == [a.shape for a in want]
        assert all(map(np.array_equal, bits(found), bits(want)))
    assert [*do._known.values()] != [None], "the plain function was called"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_more_steps_need_no_other_trial(hands: int, function: Any) -> None:
    do, without = form(function), last(function)
    for steps in (5, 9, 20):
        args = given(function, steps, 24, 16, "float32", seed=steps, without=without)
        assert all(map(np.array_equal, bits(do(*args)), bits(function(*args))))
    assert len(do._known) == 1


@pytest.mark.parametrize(
    ("function", "without"),
    [
        (plain.lstm_sequence_grad, (4, 6)),
        (plain.lstm_sequence_grad, (5, 6)),
        (plain.lstm_sequence_grad, (4, 5, 6)),
        (plain.gru_sequence, (2,)),
        (plain.gru_sequence_grad, (4, 5)),
    ],
    ids=lambda p: getattr(p, "__name__", None),
)
def test_what_is_not_there(hands: int, function: Any, without: Any) -> None:
    do = form(function)
    args = given(function, 4, 24, 16, "float32", without=without)
    assert all(map(np.array_equal, bits(do(*args)), bits(function(*args))))
    assert None not in do._known.values()


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_numbers_that_are_none(hands: int, function: Any) -> None:
    """Infinities, NaN, zeros of both signs and the smallest numbers."""
    do, without = form(function), last(function)
    args = given(function, 4, 24, 16, "float32", without=without)
    do(*args)
    rng = np.random.default_rng(1)
    odd = np.array([np.inf, -np.inf, 0.0, -0.0, 1e-44, 3e38, -1e-20, 90.0], "float32")
    for a in args:
        if a is not None and a.ndim > 2:
            where = rng.random(a.shape) < 0.05
            a[where] = rng.choice(odd, where.sum())
    with np.errstate(all="ignore"):
        found, want = do(*args), function(*args)
    for a, b in zip(found, want, strict=True):  # of NaN any will do
        np.testing.assert_array_equal(np.isnan(a), np.isnan(b))
        there = ~np.isnan(a)
        assert np.array_equal(*bits([a[there], b[there]]))


def test_other_ways_to_lie_in_memory(hands: int) -> None:
    x, weight, h0, c0 = given(plain.lstm_sequence, 5, 24, 16, "float32")
    wide = np.zeros((24, 5, 100), "float32")
    batch_first = wide[:, :, 20:84]
    batch_first[...] = x.swapaxes(0, 1)
    want = plain.lstm_sequence(x, weight, h0, c0)
    columns = [np.asfortranarray(a) for a in (weight, h0, c0)]
    for args, used in (
        ((batch_first.swapaxes(0, 1), weight, h0, c0), True),
        ((x, columns[0], h0, c0), True),
        ((x, weight, *columns[1:]), False),
        ((np.asfortranarray(x), weight, h0, c0), False),
    ):
        do = form(plain.lstm_sequence)
        assert all(map(np.array_equal, bits(do(*args)), bits(plain.lstm_sequence(*args))))
        np.testing.assert_allclose(do(*args)[0], want[0], rtol=1e-5, atol=1e-6)
        assert ([*do._known.values()] != [None]) is used


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_what_goes_to_the_plain_function(
    function: Any, monkeypatch: pytest.MonkeyPatch, hands: int
) -> None:
    """Nothing to do; a weight too large to be gone through by each thread; NumPy's loops unknown;
    a gradient of the gates."""
    sizes = [(0, 8, 4), (3, 0, 4), (3, 24, 16)]
    for i, (steps, batch, units) in enumerate(sizes):
        do = form(function)
        args = given(function, steps, batch, units, "float32", without=last(function) if i else ())
        if i == 2:
            monkeypatch.setattr(ufuncs, "loop", lambda name, dtype: None)
        assert all(map(np.array_equal, bits(do(*args)), bits(function(*args))))
        assert [*do._known.values()] == [None]
    monkeypatch.undo()
    monkeypatch.setattr(team, "hands", lambda: 2)
    monkeypatch.setattr(recurrences, "ROW", 10)
    do = form(function)
    args = given(function, 3, 24, 16, "float32", without=last(function))
    assert all(map(np.array_equal, bits(do(*args)), bits(function(*args))))
    assert [*do._known.values()] == [None]


@pytest.mark.parametrize("layer", ["LSTM", "GRU"])
def test_a_captured_network(hands: int, layer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    run = shared.Shared._run

    def counted(self: Any, call: Any, how: Any) -> None:
        calls.append(call.kernel)
        run(self, call, how)

    monkeypatch.setattr(shared.Shared, "_run", counted)
    results = []
    for captured in (False, True):
        bp.manual_seed(0)
        rnn = getattr(bp.nn, layer)(6, 16, num_layers=2, batch_first=True)
        head = bp.nn.Linear(16, 3)
        optimizer = bp.optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.01)

        def step(x: Any, y: Any, rnn=rnn, head=head, optimizer=optimizer) -> Any:
            optimizer.zero_grad()
            loss = bp.nn.functional.cross_entropy(head(rnn(x)[0][:, -1]), y)
            loss.backward()
            optimizer.step()
            return loss

        do = bp.capture(step, compile=True) if captured else step
        data = [(bp.randn((24, 5, 6)), bp.arange(24) % 3) for _ in range(5)]
        results.append([do(x, y).item() for x, y in data])
        results[-1] += [p.detach().numpy().tobytes() for p in rnn.parameters()]
    assert results[0] == results[1]
    assert {*calls} == {layer.lower(), f"{layer.lower()}_grad"}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["exp", "tanh", "log", "log1p", "sqrt"])
def test_numpys_loops_by_address(name: str, dtype: str) -> None:
    found = ufuncs.loop(name, dtype)
    assert found is not None
    x = np.random.default_rng(0).random(1003).astype(dtype)
    out, space = np.empty_like(x), np.empty(ufuncs.SPACE, np.int64)
    for start, n in ((0, 17), (17, 1), (18, 985)):
        at = start * x.itemsize
        there = x.ctypes.data + at, out.ctypes.data + at
        ufuncs.apply(*found, *there, n, x.itemsize, space.ctypes.data)
    assert np.array_equal(*bits([out, getattr(np, name)(x)]))


def test_functions_that_have_no_such_loop() -> None:
    assert ufuncs.loop("add", "float32") is None  # of two numbers
    assert ufuncs.loop("exp", "int64") is None
    assert ufuncs.loop("isnan", "float32") is None  # of another dtype
