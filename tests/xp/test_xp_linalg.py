"""`backprop.linalg` beyond what the records check: results, errors, special matrices."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

import math
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import backends
import backprop as bp
from backends.portable import linear_algebra as portable
from backprop import linalg as la

INF = math.inf
RNG = np.random.default_rng(7)
START = RNG.bit_generator.state


@pytest.fixture(autouse=True)
def _same_numbers_in_each_test() -> None:
    RNG.bit_generator.state = START


def random(*shape: int, kind: str = "f") -> np.ndarray:
    x = RNG.normal(size=shape)
    return x + 1j * RNG.normal(size=shape) if kind == "c" else x


def adjoint(x: bp.Tensor) -> bp.Tensor:
    return bp.conj(x.mT)


@pytest.fixture
def put(backend: backends.Backend) -> Any:
    """put(array): a constant of the array's dtype on the backend."""
    return lambda x: bp.asarray(np.asarray(x), device=backend.name)


# --------------------------------------------------------------------------- results


def test_the_main_namespace_has_the_products_too() -> None:
    for name in ("matmul", "matrix_transpose", "tensordot", "vecdot"):
        assert getattr(bp, name) is getattr(la, name)
    assert bp.linalg is la


@pytest.mark.parametrize(
    ("function", "fields"),
    [
        (la.eigh, ["eigenvalues", "eigenvectors"]),
        (la.eig, ["eigenvalues", "eigenvectors"]),
        (la.qr, ["Q", "R"]),
        (la.slogdet, ["sign", "logabsdet"]),
        (la.svd, ["U", "S", "Vh"]),
    ],
)
def test_results_have_names(function: Any, fields: list[str], make: Any) -> None:
    out = function(make([[2.0, 1.0], [1.0, 3.0]]))
    assert list(out._fields) == fields
    for field, value in zip(fields, out, strict=True):
        assert getattr(out, field) is value
        assert isinstance(value, bp.Tensor)
        assert value.requires_grad


@pytest.mark.parametrize("name", ["float32", "float64", "complex64", "complex128"])
def test_dtypes(name: str, put: Any) -> None:
    """Those of x; what must be real is real, what must be complex complex, in x's precision."""
    x = put((random(3, 3, kind="c") if "complex" in name else random(3, 3)).astype(name))
    x = x @ adjoint(x)
    single = name in ("float32", "complex64")
    real, full = ("float32", "complex64") if single else ("float64", "complex128")
    same = [
        la.inv(x), la.det(x), la.slogdet(x)[0], la.cholesky(x), la.pinv(x), la.matrix_power(x, 0),
        la.matrix_power(x, -2), *la.qr(x), la.eigh(x)[1], la.svd(x)[0], la.svd(x)[2], la.trace(x),
        la.solve(x, x), la.diagonal(x), la.vecdot(x, x), la.cross(x, x), la.tensordot(x, x),
    ]  # fmt: skip
    reals = [
        la.slogdet(x)[1], la.eigh(x)[0], la.eigvalsh(x), la.svd(x)[1], la.svdvals(x), la.norm(x),
        *[la.vector_norm(x, ord=p) for p in (0, 1, 2, 3, 0.5, -1, INF, -INF)],
        *[la.matrix_norm(x, ord=p) for p in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)],
    ]  # fmt: skip
    assert {str(o.dtype) for o in same} == {name}
    assert {str(o.dtype) for o in reals} == {real}
    assert {str(o.dtype) for o in (*la.eig(x), la.eigvals(x))} == {full}
    assert la.matrix_rank(x).dtype == bp.int64


def test_decompositions_compose_to_what_they_decompose(put: Any) -> None:
    for kind, shape in product(
        "fc", [(2, 4, 3), (3, 5), (3, 3), (1, 1), (0, 3), (3, 0), (0, 2, 2)]
    ):
        x = random(*shape, kind=kind)
        k = min(shape[-2:])
        for full in (False, True):
            u, s, vh = la.svd(put(x), full_matrices=full)
            assert u.shape == (*shape[:-1], shape[-2] if full else k)
            assert vh.shape == (*shape[:-2], shape[-1] if full else k, shape[-1])
            back = (u.numpy()[..., :k] * s.numpy()[..., None, :]) @ vh.numpy()[..., :k, :]
            np.testing.assert_allclose(back, x, atol=1e-13)
        for mode in ("reduced", "complete"):
            q, r = la.qr(put(x), mode=mode)
            np.testing.assert_allclose(q.numpy() @ r.numpy(), x, atol=1e-13)
            assert np.all(np.tril(r.numpy(), -1) == 0)
        np.testing.assert_allclose(la.svdvals(put(x)).numpy(), s.numpy(), atol=1e-13)
    for kind in "fc":
        x = random(2, 3, 3, kind=kind)
        values, vectors = (t.numpy() for t in la.eig(put(x)))
        np.testing.assert_allclose(x @ vectors, vectors * values[..., None, :], atol=1e-13)
        np.testing.assert_allclose(
            np.sort_complex(la.eigvals(put(x)).numpy()), np.sort_complex(values), atol=1e-12
        )
        h = x + np.conj(x.mT)
        values, vectors = (t.numpy() for t in la.eigh(put(h)))
        np.testing.assert_allclose(h @ vectors, vectors * values[..., None, :], atol=1e-13)
        np.testing.assert_allclose(la.eigvalsh(put(h)).numpy(), values, atol=1e-13)
        lower = la.cholesky(put(h @ h)).numpy()
        np.testing.assert_allclose(lower @ np.conj(lower.mT), h @ h, atol=1e-12)
        upper = la.cholesky(put(h @ h), upper=True).numpy()
        np.testing.assert_allclose(upper, np.conj(lower.mT), rtol=1e-14)


def test_only_the_lower_triangle_is_read(make: Any) -> None:
    x = make([[2.0, 777.0], [1.0, 2.0]])
    assert la.eigvalsh(x).tolist() == pytest.approx([1.0, 3.0])
    assert la.cholesky(x)[1, 0].item() == pytest.approx(1 / math.sqrt(2))
    la.eigvalsh(x)[1].backward()
    np.testing.assert_allclose(x.grad.numpy(), [[0.5, 0.5], [0.5, 0.5]])


def test_vecdot_conjugates_its_first_argument(put: Any) -> None:
    x1, x2 = put([1j, 2j, 3j]), put([1 + 0j, 2j, 3])
    assert la.vecdot(x1, x2).item() == 4 - 10j


def test_matrix_products_conjugate_nothing(put: Any) -> None:
    x = put([1j, 2.0])
    assert bp.matmul(x, x).item() == 3 + 0j
    assert bp.tensordot(x, x, axes=1).item() == 3 + 0j
    assert la.outer(x, x).tolist() == [[-1, 2j], [2j, 4]]


def test_tensordot_axes(put: Any) -> None:
    x, y = random(2, 3, 4), random(3, 4, 5)
    for axes in (0, 1, 2, 3, ((1, 2), (0, 1)), ((-2, -1), (-3, 1)), ([2, 1], [1, 0]), ((), ())):
        fits = axes != 1 and axes != 3
        if fits:
            got = bp.tensordot(put(x), put(y), axes=axes)
            np.testing.assert_allclose(got.numpy(), np.tensordot(x, y, axes), rtol=1e-13)
        else:
            with pytest.raises(ValueError, match="to be as long as the axes"):
                bp.tensordot(put(x), put(y), axes=axes)
    np.testing.assert_allclose(bp.tensordot(put(x), put(y)).numpy(), np.tensordot(x, y), rtol=1e-13)


def test_integers_where_the_standard_has_them(put: Any) -> None:
    x = put(np.array([[1, 2, 3], [4, 5, 6]], dtype="int32"))
    assert la.cross(x, x + 1).dtype == bp.int32
    assert la.outer(x[0], x[1]).tolist() == [[4, 5, 6], [8, 10, 12], [12, 15, 18]]
    assert bp.vecdot(x, x).tolist() == [14, 77]
    assert bp.matmul(x, x.mT).tolist() == [[14, 32], [32, 77]]
    assert bp.tensordot(x, x).item() == 91
    assert la.diagonal(x, offset=1).tolist() == [2, 6]


def test_trace_sums_in_a_wide_dtype(put: Any) -> None:
    small = np.full((2, 2), 100, dtype="int8")
    assert la.trace(put(small)).dtype == bp.int64
    assert la.trace(put(small)).item() == 200
    assert la.trace(put(small.astype("uint8"))).dtype == bp.uint64
    assert la.trace(put(small), dtype=bp.int16).dtype == bp.int16
    assert la.trace(put(small), dtype=bp.float32).dtype == bp.float32
    assert la.trace(put(np.ones((2, 2), "float32"))).dtype == bp.float32
    x = bp.asarray(put(np.eye(2, dtype="float32")), requires_grad=True)
    la.trace(x, dtype=bp.float64).backward()
    assert x.grad.dtype == bp.float32
    assert x.grad.tolist() == [[1, 0], [0, 1]]


def test_diagonals_outside_are_empty(make: Any) -> None:
    x = make(np.ones((2, 3)))
    for offset in (3, -2, 10**30, -(10**30)):
        assert la.diagonal(x, offset=offset).shape == (0,)
        assert la.trace(x, offset=offset).item() == 0.0


def test_solve_takes_a_vector_only_with_one_axis(put: Any) -> None:
    a, b = random(2, 2, 2), random(2, 2)
    x = la.solve(put(a), put(b[0]))
    assert x.shape == (2, 2)
    np.testing.assert_allclose((a @ x.numpy()[..., None])[..., 0], [b[0], b[0]], rtol=1e-12)
    x = la.solve(put(a), put(b))  # matrices, though (2, 2) could be two vectors
    assert x.shape == (2, 2, 2)
    np.testing.assert_allclose(a @ x.numpy(), [b, b], rtol=1e-12)


def test_matrix_power(put: Any) -> None:
    x = put(random(2, 3, 3))
    assert la.matrix_power(x, 0).tolist() == [np.eye(3).tolist()] * 2
    assert la.matrix_power(put(np.full((2, 2), math.nan)), 0).tolist() == np.eye(2).tolist()
    np.testing.assert_array_equal(la.matrix_power(x, 1).numpy(), x.numpy())
    for n in (2, 7, 13, -1, -5):
        expected = np.linalg.matrix_power(x.numpy(), n)
        np.testing.assert_allclose(la.matrix_power(x, n).numpy(), expected, rtol=1e-9)
    assert la.matrix_power(x, np.int64(2)).shape == (2, 3, 3)
    assert not la.matrix_power(bp.asarray(x, requires_grad=True), 0).requires_grad


def test_rank_and_pinv_with_a_tolerance_for_each_matrix(put: Any) -> None:
    x = np.stack([np.diag([1.0, 0.1, 0.01])] * 3)
    rtol = np.array([0.0, 0.05, 0.5])
    assert la.matrix_rank(put(x), rtol=put(rtol)).tolist() == [3, 2, 1]
    assert la.matrix_rank(put(x), rtol=0.1).tolist() == [1, 1, 1]
    assert la.matrix_rank(put(x)).tolist() == [3, 3, 3]
    got = la.pinv(put(x), rtol=put(rtol)).numpy()
    expected = [np.diag([1, 10, 100]), np.diag([1, 10, 0]), np.diag([1, 0, 0])]
    np.testing.assert_allclose(got, expected, rtol=1e-14, atol=1e-14)
    assert la.matrix_rank(put(np.zeros((2, 0, 3)))).tolist() == [0, 0]
    assert la.matrix_rank(put(np.zeros((3, 3)))).item() == 0
    flat = np.outer([1.0, 2.0, 3.0], [1.0, 1.0])
    assert la.matrix_rank(put(flat)).item() == 1
    assert la.matrix_rank(put(flat.astype("float32"))).item() == 1


@pytest.mark.parametrize(
    ("ord", "scale"), [(0.5, 1e-30), (-1, 1e-20), (-1, 1e20), (-2, 1e-12), (-2, 1e12), (3, 1e10)]
)
def test_slopes_of_norms_do_not_overflow_before_the_norms_do(ord: float, scale: float) -> None:
    """They do not depend on the length of x; its powers apart are beyond float32."""
    x = bp.asarray([3.0 * scale, -4.0 * scale])
    slope = bp.grad(lambda x: la.vector_norm(x, ord=ord))
    np.testing.assert_allclose(slope(x).numpy(), slope(bp.asarray([3.0, -4.0])).numpy(), rtol=1e-4)


def test_norms_of_nothing(put: Any) -> None:
    empty = put(np.zeros((0, 3)))
    for ord in (1, 2, 3, 0, INF):
        assert la.vector_norm(empty, ord=ord).item() == 0.0
        assert la.vector_norm(empty, axis=0, ord=ord).tolist() == [0, 0, 0]
        assert la.vector_norm(empty, axis=1, ord=ord).shape == (0,)
    assert la.vector_norm(empty, axis=0, ord=-1).tolist() == [INF] * 3
    for ord in ("fro", "nuc", 1, 2, INF):
        assert la.matrix_norm(empty, ord=ord).item() == 0.0
        assert la.matrix_norm(put(np.zeros((2, 0, 0))), ord=ord, keepdims=True).shape == (2, 1, 1)
    with pytest.raises(
        ValueError, match=r"vector_norm: x has shape \(0, 3\): there is no smallest"
    ):
        la.vector_norm(empty, ord=-INF)
    for ord in (-2, -INF):
        with pytest.raises(
            ValueError, match=r"matrix_norm: x has shape \(0, 3\): there is no smal"
        ):
            la.matrix_norm(empty, ord=ord)
    assert la.matrix_norm(empty, ord=-1).item() == 0.0  # of three columns of nothing


def test_negative_orders_do_not_divide_by_zero(put: Any) -> None:
    x = put(np.array([[0.0, 2.0], [2.0, 2.0]]))
    assert la.vector_norm(x, axis=1, ord=-1).tolist() == [0.0, 1.0]
    assert la.vector_norm(x, ord=-100).item() == 0.0


def test_numbers_of_numpy_are_numbers(put: Any) -> None:
    x = put(np.array([[3.0, 4.0, 0.0]], dtype="float32"))
    assert la.vector_norm(x, axis=np.int64(1), ord=np.float64(2)).dtype == bp.float32
    assert la.vector_norm(x, ord=np.int64(1)).item() == 7.0
    assert la.vecdot(x, x, axis=np.int32(-1)).tolist() == [25.0]
    assert la.matrix_norm(x, ord=np.float64(INF)).item() == 7.0
    assert la.matrix_rank(x, rtol=np.float32(0.1)).item() == 1


def test_vector_norm_over_no_axis_is_the_size(put: Any) -> None:
    x = put(np.array([[-1.0, 2.0]]))
    for ord in (2, 1, 3, INF, -INF, -1):
        np.testing.assert_allclose(la.vector_norm(x, axis=(), ord=ord).numpy(), [[1.0, 2.0]])


def test_norm_is_numpys(put: Any) -> None:
    x = random(3, 4)
    for ord in (None, "fro", "nuc", INF, -INF, 1, -1, 2, -2):
        for keepdims in (False, True):
            got = la.norm(put(x), ord, keepdims=keepdims)
            expected = np.linalg.norm(x, ord, keepdims=keepdims)
            assert got.shape == np.shape(expected)
            np.testing.assert_allclose(got.numpy(), expected, rtol=1e-13)
    y = random(2, 3, 4)
    for ord, axis in product((None, 1, INF, -1), ((0, 1), (2, 0), (-1, 1), 0, -1)):
        for keepdims in (False, True):
            got = la.norm(put(y), ord, axis, keepdims)
            expected = np.linalg.norm(y, ord, axis, keepdims)
            assert got.shape == np.shape(expected)
            np.testing.assert_allclose(got.numpy(), expected, rtol=1e-13)


# ------------------------------------------------------------- gradients where it is hard


SINGULAR = [
    [[1.0, 2.0], [2.0, 4.0]],
    [[0.0, 0.0], [0.0, 0.0]],
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]],
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]],
    [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 0.0]],
    [[0.0]],
]


@pytest.mark.parametrize("rows", SINGULAR)
def test_determinant_of_singular_matrices(rows: Any, make: Any) -> None:
    x = make(rows)
    la.det(x).backward()
    n = len(rows)
    minors = np.zeros((n, n))
    for i, j in np.ndindex(n, n):
        minor = np.delete(np.delete(np.array(rows), i, 0), j, 1)
        minors[i, j] = (-1) ** (i + j) * np.linalg.det(minor)
    np.testing.assert_allclose(x.grad.numpy(), minors, atol=1e-13)
    assert bp.gradcheck(la.det, [x.detach()], order=2)
    assert bp.gradcheck(la.det, [bp.asarray(x.detach().numpy() * (1 - 2j))], order=2)


def test_determinant_gradient_at_rank_n_minus_1_is_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    x = random(4, 3) @ random(3, 4)
    ours = bp.asarray(x, requires_grad=True)
    la.det(ours).backward()
    theirs = torch.tensor(x, requires_grad=True)
    torch.linalg.det(theirs).backward()
    np.testing.assert_allclose(ours.grad.numpy(), theirs.grad.numpy(), atol=1e-12)


def test_determinant_has_derivatives_of_every_order(put: Any) -> None:
    """At the identity, where singular values repeat: det(I + t h) = 1 + e1 t + e2 t² + e3 t³."""
    h = random(3, 3)
    e = np.poly(-h)  # elementary symmetric polynomials of h's eigenvalues

    def along(t: bp.Tensor) -> bp.Tensor:
        return la.det(put(np.eye(3)) + put(h) * t)

    derivative: Any = along
    for order in range(1, 5):
        derivative = bp.grad(derivative)
        expected = math.factorial(order) * e[order] if order < 4 else 0.0
        assert float(derivative(put(0.0))) == pytest.approx(expected, abs=1e-12)


def test_logarithm_of_a_zero_determinant(make: Any, backend: backends.Backend) -> None:
    sign, log = la.slogdet(make([[1.0, 2.0], [2.0, 4.0]]))
    assert (sign.item(), log.item()) == (0.0, -INF)
    if backend.name in ("cpu", "strict"):  # CuPy goes on with infinities
        with pytest.raises(np.linalg.LinAlgError, match="Singular"):
            log.backward()


def test_sign_of_a_real_determinant_passes_no_gradient(make: Any) -> None:
    x = make(random(2, 2))
    la.slogdet(x).sign.backward()
    assert x.grad is None


@pytest.mark.parametrize("ord", [2, 1, 0, INF, -INF, 3, 1.5, 0.5, -1])
def test_norm_of_zero_has_gradient_zero(ord: Any, backend: backends.Backend) -> None:
    """To second order, real and complex; nowhere NaN and no warning."""
    for dtype, zeros in product(("float64", "complex128"), ([0.0, 0.0], [0.0, 3.0])):
        x = bp.asarray(np.array(zeros, dtype=dtype), device=backend.name, requires_grad=True)
        la.vector_norm(x, ord=ord).backward(create_graph=True)
        first = x.grad
        assert first.detach().numpy()[0] == 0.0
        assert np.all(np.isfinite(first.detach().numpy()))
        x.grad = None
        if first.requires_grad:
            bp.sum(
                bp.real(bp.conj(first) * (1 + 0.5j)) if x.dtype.kind == "c" else first
            ).backward()
            assert np.all(np.isfinite(x.grad.numpy()))


def test_frobenius_norm_of_zero_has_gradient_zero(make: Any) -> None:
    for norm in (la.matrix_norm, la.norm):
        x = make(np.zeros((2, 2)))
        norm(x).backward()
        assert x.grad.tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("kind", ["f", "c"])
def test_null_space_has_a_gradient(kind: str, put: Any) -> None:
    """Through the columns that full_matrices adds: the projector on what they span is unique."""

    def left(x: bp.Tensor) -> bp.Tensor:
        rest = la.svd(x).U[..., :, 2:]
        return rest @ adjoint(rest)

    def right(x: bp.Tensor) -> bp.Tensor:
        rest = la.svd(x).Vh[..., 2:, :]
        return adjoint(rest) @ rest

    assert bp.gradcheck(left, [put(random(2, 4, 2, kind=kind))], order=2)
    assert bp.gradcheck(right, [put(random(2, 2, 4, kind=kind))], order=2)
    tall = put(random(4, 2, kind=kind))
    expected = np.eye(4) - tall.numpy() @ np.linalg.pinv(tall.numpy())
    np.testing.assert_allclose(left(tall).numpy(), expected, atol=1e-13)


@pytest.mark.parametrize("kind", ["f", "c"])
def test_pinv_where_the_rank_is_deficient(kind: str, put: Any) -> None:
    """Changes that keep the rank, so that there is a derivative."""
    xs = [put(random(3, 1, kind=kind)), put(random(1, 2, kind=kind))]
    assert bp.gradcheck(lambda a, b: la.pinv(a @ b), xs, order=2)


@pytest.mark.parametrize("kind", ["f", "c"])
def test_phase_of_singular_vectors_together(kind: str, put: Any) -> None:
    """u v^H is free of the choice though u and v are not."""

    def pair(x: bp.Tensor) -> bp.Tensor:
        u, _, vh = la.svd(x, full_matrices=False)
        return u[..., :, :1] @ vh[..., :1, :]

    for shape in [(3, 3), (4, 2), (2, 4)]:
        assert bp.gradcheck(pair, [put(random(*shape, kind=kind))], order=2)


def test_repeated_eigenvalues(make: Any) -> None:
    """The sum of all has a gradient; a single vector has none."""
    for values in (la.eigvalsh, lambda x: la.eigh(x).eigenvalues, la.svdvals):
        x = make(np.eye(3))
        values(x).sum().backward()
        np.testing.assert_allclose(x.grad.numpy(), np.eye(3), atol=1e-14)
    x = make(np.eye(2))
    with np.errstate(all="ignore"):
        (la.eigh(x).eigenvectors[0, 1] + 2 * la.eigh(x).eigenvectors[1, 0]).backward()
    assert not np.isfinite(x.grad.numpy()).all()


@pytest.mark.parametrize("kind", ["f", "c"])
def test_functions_of_matrices_by_eigenvectors(kind: str, put: Any) -> None:
    """V f(w) V^-1 is smooth and free of the choice of V."""

    def exponential(x: bp.Tensor) -> bp.Tensor:
        h = x + adjoint(x)
        values, vectors = la.eigh(h)
        return (vectors * bp.exp(values)) @ adjoint(vectors)

    def square(x: bp.Tensor) -> bp.Tensor:
        values, vectors = la.eig(x)
        return (vectors * values * values) @ la.inv(vectors)

    x = put(random(3, 3, kind=kind))
    assert bp.gradcheck(exponential, [x], order=2)
    assert bp.gradcheck(square, [x], order=2)
    variable = bp.asarray(x, requires_grad=True)
    plain = bp.asarray(x, requires_grad=True)
    weight = put(random(3, 3))
    bp.sum(bp.real(square(variable)) * weight).backward()
    again = plain @ plain
    bp.sum((bp.real(again) if kind == "c" else again) * weight).backward()
    np.testing.assert_allclose(variable.grad.numpy(), plain.grad.numpy(), atol=1e-12)


def test_complete_qr_of_a_tall_matrix_has_no_gradient(make: Any) -> None:
    out = la.qr(make(random(3, 2)), mode="complete")
    assert out.Q.shape == (3, 3)
    with pytest.raises(NotImplementedError, match=r"tall matrix \(3, 2\).*use mode='reduced'"):
        out.R.sum().backward()


def test_third_derivatives(put: Any) -> None:
    """A derivative of a second derivative that gradcheck has checked."""

    def curvature(f: Any) -> Any:
        return lambda t: bp.grad(bp.grad(f))(t)

    a, b = put(random(3, 3) + 4 * np.eye(3)), put(random(3, 3))
    for f in (
        lambda t: la.inv(a + b * t)[0, 1],
        lambda t: la.solve(a + b * t, a[0] * t)[1],
        lambda t: la.slogdet(a + b * t).logabsdet,
        lambda t: la.cholesky((a + b * t) @ (a + b * t).mT)[2, 1],
        lambda t: la.eigvalsh((a + b * t) @ (a + b * t).mT)[0],
        lambda t: la.qr(a + b * t).R[0, 1],
        lambda t: la.svdvals(a + b * t)[1],
        lambda t: la.pinv((a + b * t)[:, :2])[1, 0],
        lambda t: la.vector_norm(a + b * t, ord=3),
        lambda t: la.vector_norm(a + b * t),
        lambda t: bp.real(la.eigvals(a + b * t))[0],
        lambda t: la.matrix_norm(a + b * t, ord="nuc"),
    ):
        assert bp.gradcheck(curvature(f), [put(0.3)])


def test_no_gradient_through_the_rank(make: Any) -> None:
    assert not la.matrix_rank(make(random(3, 2))).requires_grad


# ---------------------------------------------------------------------------- mistakes

SQUARE = [la.inv, la.det, la.slogdet, la.cholesky, la.eigh, la.eigvalsh, la.eig, la.eigvals]
MATRICES = [la.pinv, la.qr, la.svd, la.svdvals, la.matrix_norm, la.matrix_rank]


def _power(x: Any) -> Any:
    return la.matrix_power(x, 2)


def _solve(x: Any) -> Any:
    return la.solve(x, bp.ones(2))


@pytest.mark.parametrize("function", [*SQUARE, *MATRICES, _power, _solve, la.vector_norm, la.norm])
def test_integers_are_refused(function: Any, put: Any) -> None:
    with pytest.raises(TypeError, match=r"has dtype int64, wanted a floating-point one; convert"):
        function(put(np.array([[1, 0], [0, 1]])))


@pytest.mark.parametrize("function", [*SQUARE, _power, _solve])
def test_matrices_must_be_square(function: Any, put: Any) -> None:
    for shape in [(2, 3), (3,), ()]:
        with pytest.raises(
            ValueError, match=r"has shape \(.*wanted square matrices, \(..., M, M\)"
        ):
            function(put(np.ones(shape)))


@pytest.mark.parametrize("function", [*MATRICES, la.diagonal, la.trace, la.matrix_transpose])
def test_matrices_must_have_two_axes(function: Any, put: Any) -> None:
    for shape in [(3,), ()]:
        with pytest.raises(ValueError, match=r"has shape \(.*wanted matrices, \(..., M, N\)"):
            function(put(np.ones(shape)))


@pytest.mark.parametrize(
    "function",
    [*SQUARE, *MATRICES, _power, _solve, la.diagonal, la.trace, la.matrix_transpose, la.norm, la.vector_norm],
)  # fmt: skip
def test_arrays_are_refused(function: Any) -> None:
    with pytest.raises(TypeError, match=r"is a numpy.ndarray, wanted a Tensor; wrap it first"):
        function(np.eye(2))


@pytest.mark.parametrize(
    "function", [la.matmul, la.tensordot, la.vecdot, la.cross, la.outer, la.solve]
)
def test_both_must_be_tensors(function: Any) -> None:
    x = bp.ones((3, 3))
    with pytest.raises(TypeError, match=r"x1 is a numpy\.ndarray, wanted a Tensor"):
        function(np.ones((3, 3)), x)
    with pytest.raises(TypeError, match="x2 is a float, wanted a Tensor"):
        function(x, 2.0)


@pytest.mark.parametrize(
    ("x1", "x2", "wanted"),
    [
        ((2, 3), (4, 5), "x1's last axis to be as long as x2's second to last"),
        ((2, 3), (2,), "x1's last axis to be as long as x2's only one"),
        ((2,), (3,), "x1's last axis to be as long as x2's only one"),
        ((2,), (3, 2), "x1's last axis to be as long as x2's second to last"),
        ((2, 3, 4), (5, 4, 3), "the axes before the last two to broadcast"),
        ((), (3,), "at least one axis each"),
        ((3, 3), (), "at least one axis each"),
    ],
)
def test_shapes_of_matrix_products(x1: Any, x2: Any, wanted: str, put: Any) -> None:
    one, two = put(np.ones(x1)), put(np.ones(x2))
    for product_of in (bp.matmul, lambda a, b: a @ b):
        with pytest.raises(ValueError) as error:  # noqa: PT011  (compared whole)
            product_of(one, two)
        assert str(error.value).startswith(f"matmul: x1 has shape {x1}, x2 {x2}: wanted {wanted}")


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: la.solve(x, bp.ones(3)), ValueError, r"x1 has shape \(2, 2\), x2 \(3,\): wanted 2 rows"),
        (lambda x: la.solve(x, bp.ones((3, 2))), ValueError, "wanted 2 rows in x2"),
        (lambda x: la.solve(x, bp.ones(())), ValueError, r"x2 has shape \(\), wanted a vector"),
        (lambda x: la.solve(bp.ones((2, 3, 3)), bp.ones((4, 3, 1))), ValueError, "leading axes to broadcast"),
        (lambda x: la.solve(x, bp.ones(2, dtype=bp.int64)), TypeError, "x2 has dtype int64"),
        (lambda x: la.vecdot(x, x, axis=0), ValueError, r"axis: got 0, wanted -2 .. -1"),
        (lambda x: la.vecdot(x, x, axis=-3), ValueError, r"axis: got -3, wanted -2 .. -1"),
        (lambda x: la.vecdot(x, x, axis=1.0), TypeError, "axis: got 1.0, wanted an integer"),
        (lambda x: la.vecdot(x, bp.ones((2, 1))), ValueError, "wanted axis -1 equally long"),
        (lambda x: la.vecdot(x, bp.ones(())), ValueError, "wanted at least one axis each"),
        (lambda x: la.vecdot(x, bp.ones((3, 2))), ValueError, "wanted the axes beside axis -1 to broadcast"),
        (lambda x: la.cross(x, x), ValueError, "wanted 3 elements along axis -1"),
        (lambda x: la.cross(bp.ones(3), bp.ones(3), axis=0), ValueError, "axis: got 0, wanted -1 .. -1"),
        (lambda x: la.cross(bp.ones((2, 3)), bp.ones((5, 3))), ValueError, "to broadcast"),
        (lambda x: la.outer(x, x), ValueError, "wanted one axis each"),
        (lambda x: la.tensordot(x, x, axes=3), ValueError, r"axes: got 3, wanted 0 .. 2"),
        (lambda x: la.tensordot(x, x, axes=-1), ValueError, r"axes: got -1, wanted 0 .. 2"),
        (lambda x: la.tensordot(x, x, axes="ij"), TypeError, "axes: got 'ij', wanted a number of axes"),
        (lambda x: la.tensordot(x, x, axes=((0,), (0, 1))), ValueError, "as many axes of x1 as of x2"),
        (lambda x: la.tensordot(x, x, axes=((5,), (0,))), IndexError, r"axes\[0\]: got 5, wanted -2 .. 1"),
        (lambda x: la.tensordot(x, x, axes=((0, 0), (0, 1))), ValueError, "each axis once"),
        (lambda x: la.tensordot(x, bp.ones((3, 2)), axes=1), ValueError, r"x1 has shape \(2, 2\), x2 \(3, 2\)"),
        (lambda x: la.diagonal(x, offset=0.5), TypeError, "offset: got 0.5, wanted an integer"),
        (lambda x: la.matrix_power(x, 2.0), TypeError, "n: got 2.0, wanted an integer"),
        (lambda x: la.qr(x, mode="r"), ValueError, "mode: got 'r', wanted 'reduced' or 'complete'"),
        (lambda x: la.pinv(x, rtol="small"), TypeError, "rtol: got 'small', wanted a number"),
        (lambda x: la.matrix_rank(x, rtol=np.ones(1)), TypeError, "matrix_rank: rtol: got"),
        (lambda x: la.vector_norm(x, ord="fro"), TypeError, "ord: got 'fro', wanted a number"),
        (lambda x: la.vector_norm(x, ord=True), TypeError, "ord: got True, wanted a number"),
        (lambda x: la.vector_norm(x, ord=math.nan), ValueError, "ord: got nan"),
        (lambda x: la.vector_norm(x, axis=2), IndexError, r"axis: got 2, wanted -2 .. 1 for shape \(2, 2\)"),
        (lambda x: la.vector_norm(x, axis=(0, 0)), ValueError, "each axis once"),
        (lambda x: la.matrix_norm(x, ord=3), ValueError, "ord: got 3, wanted 'fro', 'nuc'"),
        (lambda x: la.matrix_norm(x, ord="max"), ValueError, "ord: got 'max'"),
        (lambda x: la.norm(x, axis=5), IndexError, "axis: got 5"),
        (lambda x: la.norm(bp.ones(3), "fro"), ValueError, "ord: got 'fro', wanted a number"),
        (lambda x: la.norm(bp.ones((2, 2, 2)), 1), ValueError, "wanted one axis or two"),
        (lambda x: la.norm(x, 3), ValueError, "matrix_norm: ord: got 3"),
    ],
)  # fmt: skip
def test_mistakes(call: Any, kind: Any, message: str) -> None:
    with pytest.raises(kind, match=message):
        call(bp.asarray([[2.0, 1.0], [1.0, 2.0]]))


@pytest.mark.parametrize("device", ["cpu", "strict"])
def test_singular_and_indefinite_matrices(device: str) -> None:
    zero = bp.asarray(np.zeros((2, 2)), device=device)
    for function in (la.inv, lambda x: la.solve(x, x), lambda x: la.matrix_power(x, -1)):
        with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
            function(zero)
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        la.cholesky(bp.asarray([[1.0, 2.0], [2.0, 1.0]], device=device))


def test_a_library_without_eig(monkeypatch: pytest.MonkeyPatch) -> None:
    """The standard has it since 2025.12 only."""
    old = SimpleNamespace(linalg=SimpleNamespace(), __name__="old")
    monkeypatch.setattr(portable, "namespace", lambda x: old)
    for function in (portable.eig, portable.eigvals):
        with pytest.raises(NotImplementedError, match="the installed version of old has none"):
            function(np.eye(2))
