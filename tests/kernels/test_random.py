"""One stream of random numbers for every backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
from backends import Backend, Generator, portable


def _numpys(key: int, start: int, count: int) -> np.ndarray:
    """NumPy's own Philox4x64-10, which counts up before it draws."""
    bits = np.random.Philox(key=key, counter=(start - 1) % 2**256)
    return bits.random_raw(count)


def test_published_numbers(backend: Backend) -> None:
    """The known-answer tests of Random123 (philox4x64-10, counters with high words 0)."""
    like = backend.xp.zeros(1, device=backend.device)
    words = backend.to_host(portable.philox(like, (0, 0), 0, 1))
    assert [f"{w:016x}" for w in words] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]


@given(st.integers(0, 2**128 - 1), st.integers(0, 2**60), st.integers(0, 9))
def test_words_are_numpys_philox(seed: int, offset: int, count: int) -> None:
    for name in ("cpu", "strict"):
        g = Generator(seed, name)
        g.offset = offset
        got = backends.get(name).to_host(g.words(count))
        np.testing.assert_array_equal(got, _numpys(seed, offset, count))
        assert g.offset == offset + -(-count // 4)


def _everything(backend: Backend, seed: int) -> list[np.ndarray]:
    g = Generator(seed, backend)
    arrays = [
        g.words(7),
        g.halves(5),
        g.uniform((3, 2)),
        g.uniform(4, "float64"),
        g.uniform((), "float64"),
        g.permutation(10),
        g.integers(-3, 9, (6,)),
        g.dropout_mask((4, 5), 0.7, backend.xp.float32, backend),
        g.uniform(0),
    ]
    return [backend.to_host(a) for a in arrays]


def test_same_stream_everywhere(backend: Backend) -> None:
    cpu = backends.get("cpu")
    for mine, reference in zip(_everything(backend, 5), _everything(cpu, 5), strict=True):
        assert mine.dtype == reference.dtype
        np.testing.assert_array_equal(mine, reference)
    g, h = Generator(5, backend), Generator(5, cpu)
    for dtype in ("float32", "float64"):
        np.testing.assert_allclose(
            backend.to_host(g.normal((50,), dtype)),
            h.normal((50,), dtype),
            rtol=1e-6 if dtype == "float32" else 1e-14,
        )


def test_a_call_may_draw_elsewhere(backend: Backend) -> None:
    drawn = Generator(1).uniform((3,), backend=backend)
    assert backends.of(drawn) is backend
    np.testing.assert_array_equal(backend.to_host(drawn), Generator(1).uniform((3,)))


def test_portions_do_not_overlap() -> None:
    g = Generator(3)
    parts = np.concatenate([g.words(4), g.words(8), g.words(4)])
    np.testing.assert_array_equal(parts, Generator(3).words(16))
    assert len(set(Generator(3).words(1000).tolist())) == 1000


def test_state() -> None:
    g = Generator(11).spawn(2)
    g.uniform((5,))
    state = g.get_state()
    expected = g.words(9)
    assert all(isinstance(v, int) for v in state.values())
    for other in (Generator(0), Generator(11), g):
        other.set_state(state)
        np.testing.assert_array_equal(other.words(9), expected)
        assert other.get_state() == g.get_state()


def test_manual_seed() -> None:
    g = Generator(1)
    first = g.words(3)
    assert g.manual_seed(1) is g
    np.testing.assert_array_equal(g.words(3), first)
    g.manual_seed(-5)
    assert g.words(3).tolist() != Generator(5).words(3).tolist()
    for bad in (1.5, "1", None, True):
        with pytest.raises(TypeError, match="wanted an integer"):
            g.manual_seed(bad)  # type: ignore[arg-type]


def test_spawned_streams_are_independent() -> None:
    """No two of parent, children and grandchildren are alike; spawning leaves the parent alone."""
    g = Generator(4)
    family = [Generator(4), *[g.spawn(i) for i in range(20)]]
    family += [g.spawn(i).spawn(j) for i in range(4) for j in range(4)]
    assert g.offset == 0
    streams = {tuple(f.words(4).tolist()) for f in family}
    assert len(streams) == len(family)
    assert g.spawn(3).words(2).tolist() == g.spawn(3).words(2).tolist()
    a, b = g.spawn(0).uniform(20_000, "float64"), g.spawn(1).uniform(20_000, "float64")
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.03  # four standard deviations of 1 / sqrt(20000)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_uniform(dtype: str) -> None:
    u = Generator(0).uniform(100_000, dtype)
    assert u.dtype == dtype
    assert u.min() >= 0
    assert u.max() < 1
    deviation = 1 / math.sqrt(12 * 100_000)
    assert abs(u.mean() - 0.5) < 4 * deviation
    assert abs(u.var() - 1 / 12) < 0.002
    counts = np.histogram(u, 20, (0, 1))[0]
    assert ((counts - 5000) ** 2 / 5000).sum() < 50  # chi square of 19 degrees: 50 is 1 in 10 000
    bits = 24 if dtype == "float32" else 53
    np.testing.assert_array_equal(u * 2.0**bits % 1, 0)
    with pytest.raises(TypeError, match="wanted float32 or float64"):
        Generator(0).uniform(3, "int32")


def test_the_largest_uniform_is_below_one(monkeypatch: pytest.MonkeyPatch) -> None:
    g = Generator(0)
    monkeypatch.setattr(g, "words", lambda n, backend=None: np.full(n, 2**64 - 1, dtype="uint64"))
    assert g.uniform(2, "float32").max() < 1
    assert g.uniform(2, "float64").max() < 1
    assert np.isfinite(g.normal(2, "float64")).all()
    assert g.integers(0, 3, 2).max() == 2


def test_normal() -> None:
    z = Generator(0).normal(200_000, "float64")
    assert abs(z.mean()) < 4 / math.sqrt(200_000)
    assert abs(z.std() - 1) < 0.01
    assert abs((z**3).mean()) < 0.05
    assert abs((z**4).mean() - 3) < 0.1
    assert (np.abs(z) < 1.959964).mean() == pytest.approx(0.95, abs=0.003)
    assert Generator(0).normal((2, 3)).shape == (2, 3)
    np.testing.assert_array_equal(
        Generator(0).normal(9), Generator(0).normal(9, "float64").astype("float32")
    )


def test_permutation(backend: Backend) -> None:
    for n in (0, 1, 2, 1000):
        order = backend.to_host(Generator(2, backend).permutation(n))
        assert sorted(order.tolist()) == list(range(n))
    firsts = [int(Generator(s).permutation(4)[0]) for s in range(2000)]
    counts = np.bincount(firsts, minlength=4)
    assert (np.abs(counts - 500) < 5 * math.sqrt(500 * 0.75)).all()


def test_integers(backend: Backend) -> None:
    x = backend.to_host(Generator(2, backend).integers(-2, 3, (5000,)))
    assert x.dtype == np.int64
    counts = np.bincount(x + 2)
    assert len(counts) == 5
    assert (np.abs(counts - 1000) < 5 * math.sqrt(1000 * 0.8)).all()
    for low, high in [(3, 3), (4, 3)]:
        with pytest.raises(ValueError, match="high: got 3, wanted more than low"):
            Generator(0).integers(low, high, (1,))


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.9])
def test_dropout_mask(backend: Backend, keep: float) -> None:
    n = 40_000
    mask: Any = Generator(0, backend).dropout_mask((200, 200), keep, backend.xp.float64, backend)
    mask = backend.to_host(mask)
    assert mask.shape == (200, 200)
    np.testing.assert_allclose(np.unique(mask), [0.0, 1 / keep], rtol=1e-15)
    assert abs((mask > 0).mean() - keep) < 4 * math.sqrt(keep * (1 - keep) / n)
