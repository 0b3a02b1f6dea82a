"""Einstein's summation: what the records do not say. Values and derivatives are checked there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import backends
import backprop as bp
from backprop import rules
from backprop.xp.einsum import _plan


@pytest.mark.parametrize("dtype", ["int64", "int32", "uint8", "float32", "complex64"])
@pytest.mark.parametrize("subscripts", ["ij->i", "ij,jk->ik", "ij,ij->", "ii", "ij,kj,k->i"])
def test_dtypes_stay(subscripts: str, dtype: str, backend: backends.Backend) -> None:
    """Sums are taken in the dtype of the operands, as NumPy's einsum does."""
    arrays = [
        np.arange(1, 10).reshape(3, 3)[: 3 if len(t) > 1 else 1].astype(dtype).reshape((3,) * 2)
        if len(t) == 2
        else np.arange(3).astype(dtype)
        for t in subscripts.partition("->")[0].split(",")
    ]
    out = bp.einsum(subscripts, *[bp.asarray(a, device=backend.name) for a in arrays])
    expected = np.einsum(subscripts, *arrays)
    assert out.dtype == expected.dtype == dtype
    assert out.device == backend.name
    np.testing.assert_array_equal(out.numpy(), expected)


@st.composite
def _problems(draw: Any) -> tuple[str, list[tuple[int, ...]]]:
    """Operands of up to four axes with letters drawn from five, some of length 1."""
    sizes = {a: draw(st.integers(0 if a == "e" else 1, 3)) for a in "abcde"}
    terms = draw(st.lists(st.text("abcde", max_size=4), min_size=1, max_size=4))
    shapes = []
    for term in terms:
        single = {a: draw(st.sampled_from([1, n, n])) for a, n in sizes.items()}
        shapes.append(tuple(single[a] for a in term))
    letters = sorted(set("".join(terms)))
    result = "".join(draw(st.permutations(letters)))[: draw(st.integers(0, len(letters)))]
    return ",".join(terms) + "->" + result, shapes


@given(_problems())
def test_any_problem_is_numpys(problem: tuple[str, list[tuple[int, ...]]]) -> None:
    subscripts, shapes = problem
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=s) for s in shapes]
    expected = np.einsum(subscripts, *arrays)
    got = bp.einsum(subscripts, *map(bp.asarray, arrays)).numpy()
    assert got.shape == expected.shape
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


def test_gradient_by_hand(make: Any) -> None:
    """L = sum g[i, k] x[i, j] y[j, k]: dL/dx[i, j] = sum over k of g[i, k] y[j, k]."""
    rng = np.random.default_rng(0)
    x, y, g = (make(rng.normal(size=s)) for s in ((2, 3), (3, 4), (2, 4)))
    bp.einsum("ij,jk->ik", x, y).backward(g.detach())
    np.testing.assert_allclose(x.grad.numpy(), g.detach().numpy() @ y.detach().numpy().T)
    np.testing.assert_allclose(y.grad.numpy(), x.detach().numpy().T @ g.detach().numpy())


def test_trace_and_attention(make: Any) -> None:
    x = make(np.arange(9.0).reshape(3, 3))
    bp.einsum("ii", x).backward()
    assert x.grad.numpy().tolist() == np.eye(3).tolist()
    q, k = (make(np.random.default_rng(i).normal(size=(2, 4, 5, 3))) for i in (0, 1))
    scores = bp.einsum("bhqd,bhkd->bhqk", q, k)
    expected = q.detach().numpy() @ k.detach().numpy().swapaxes(-1, -2)
    np.testing.assert_allclose(scores.detach().numpy(), expected, rtol=1e-12)


def test_two_operands_are_one_product() -> None:
    """One node in the graph, which keeps the operands themselves."""
    x = bp.ones((2, 5, 4, 3))
    x.requires_grad_()
    y = bp.ones((2, 6, 4, 3))
    out = bp.einsum("bqhd,bkhd->bhqk", x, y)
    assert out.node.primitive is rules.contract
    assert out.node.parents[0] is x.node
    assert any(kept is y.data for kept in out.node.saved)


def test_order_of_pairs() -> None:
    """A chain is taken from its cheap end: (100, 2) (2, 100) (100, 2) makes (2, 2) first."""
    pairs = _plan("ij,jk,kl->il", ((100, 2), (2, 100), (100, 2))).pairs
    assert pairs == [(1, 2, "jk", "kl", "jl"), (0, 1, "ij", "jl", "il")]


@pytest.mark.parametrize(
    ("subscripts", "shapes", "error", "message"),
    [
        ("ij,jk->ik", [(2, 3)], ValueError, "'ij,jk->ik' is for 2 operands, but 1 were given"),
        ("ij", [(2, 3), (3,)], ValueError, "is for 1 operands, but 2 were given"),
        ("ij,jk->ik", [(2, 3), (4, 5)], ValueError,
         r"index 'j' is 3 long in operand 0 of shape \(2, 3\) and 4 in operand 1 of shape"),
        ("ij,jk->ik", [(2, 3), (3,)], ValueError,
         r"operand 1 has shape \(3,\), but 'jk' is for 2 axes"),
        ("ij->i", [(2, 3, 4)], ValueError, r"operand 0 has shape \(2, 3, 4\), but 'ij' is for 2"),
        ("ij...->i...", [(2,)], ValueError, "is for 2 axes or more"),
        ("ii->i", [(2, 3)], ValueError, "operand 0 of shape .* index 'i' is 2 long in one place a"),
        ("ij->ijj", [(2, 3)], ValueError, "index 'j' stands 2 times after '->', wanted once"),
        ("ij->k", [(2, 3)], ValueError, "index 'k' stands after '->' but in no operand"),
        ("i1->i", [(2, 3)], ValueError, "got '1' in 'i1->i', wanted letters"),
        ("iα->i", [(2, 3)], ValueError, "got 'α' in"),
        ("i..->i", [(2, 3)], ValueError, r"got '\.' in"),
        ("i......->i", [(2, 3)], ValueError, r"got '\.' in"),
        ("i->j->k", [(2,)], ValueError, "got '-' in"),
        ("i...->i", [(2, 3)], ValueError, r"'\.\.\.' stands for 1 axes .* write it after '->' too"),
        ("...i,...->...i", [(2, 3), (4,)], ValueError,
         r"an axis of '\.\.\.' is 2 long in operand 0 .* and 4 in operand 1"),
    ],
)  # fmt: skip
def test_errors(
    subscripts: str, shapes: Any, error: Any, message: str, backend: backends.Backend
) -> None:
    tensors = [bp.asarray(np.ones(s), device=backend.name) for s in shapes]
    with pytest.raises(error, match=message):
        bp.einsum(subscripts, *tensors)


def test_wrong_kinds(backend: backends.Backend) -> None:
    x = bp.asarray(np.ones((2, 2)), device=backend.name)
    with pytest.raises(TypeError, match=r"einsum: operand 1 is a numpy.ndarray, wanted a Tensor"):
        bp.einsum("ij,jk", x, np.ones((2, 2)))
    with pytest.raises(TypeError, match=r"einsum: subscripts is a Tensor, wanted a string"):
        bp.einsum(x, x)
    with pytest.raises(TypeError, match=r"einsum: operand 0 is bool, wanted numbers"):
        bp.einsum("ij", x > 0)
    with pytest.raises(ValueError, match=r"is for 1 operands, but 0 were given"):
        bp.einsum("ij")
