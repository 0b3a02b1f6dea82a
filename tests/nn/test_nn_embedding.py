"""Embedding by hand: the table, the row that is not learned, norms, counts, errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

F = bp.nn.functional
TABLE = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 12.0]])


def _words(numbers: Any, backend: Any) -> Any:
    return bp.asarray(np.array(numbers), device=backend.name)


def _table(backend: Any, **kw: Any) -> Any:
    layer = bp.nn.Embedding(3, 2, device=backend.name, dtype="float64", **kw)
    layer.load_state_dict({"weight": TABLE})
    return layer


def test_rows_and_their_gradients(backend: Any) -> None:
    """A row's gradient is the sum over the places where it stands."""
    layer = _table(backend)
    out = layer(_words([[2, 0], [2, 2]], backend))
    np.testing.assert_array_equal(out.detach().numpy(), TABLE[[[2, 0], [2, 2]]])
    g = np.arange(8.0).reshape(2, 2, 2)
    out.backward(bp.asarray(g, device=backend.name))
    np.testing.assert_array_equal(layer.weight.grad.numpy(), [[2.0, 3.0], [0.0, 0.0], [10.0, 13.0]])


def test_the_padding_row_is_zero_and_stays(backend: Any) -> None:
    for number in (1, -2):
        layer = bp.nn.Embedding(3, 2, padding_idx=number, device=backend.name)
        assert layer.padding_idx == 1
        values = layer.weight.detach().numpy()
        assert not values[1].any()
        assert values[[0, 2]].all()
        layer(_words([1, 1, 2], backend)).sum().backward()
        np.testing.assert_array_equal(layer.weight.grad.numpy(), [[0, 0], [0, 0], [1, 1]])


def test_gradients_can_be_means(backend: Any) -> None:
    layer = _table(backend, scale_grad_by_freq=True)
    out = layer(_words([2, 0, 2], backend))
    (out * _words([[1.0], [2.0], [4.0]], backend)).sum().backward()
    np.testing.assert_allclose(layer.weight.grad.numpy(), [[2, 2], [0, 0], [2.5, 2.5]])


def test_long_rows_are_shortened_in_place_when_they_are_looked_up(backend: Any) -> None:
    layer = _table(backend, max_norm=6.5)
    held = layer.weight.data
    out = layer(_words([2, 0, 2], backend))
    assert layer.weight.data is held
    np.testing.assert_allclose(layer.weight.detach().numpy()[2], [2.5, 6.0], rtol=1e-6)
    np.testing.assert_array_equal(layer.weight.detach().numpy()[:2], TABLE[:2])
    np.testing.assert_allclose(out.detach().numpy()[0], [2.5, 6.0], rtol=1e-6)
    city = _table(backend, max_norm=8.5, norm_type=1.0)
    city(_words([2, 1], backend))
    np.testing.assert_allclose(city.weight.detach().numpy(), [[1, 2], [3, 4], [2.5, 6]], rtol=1e-6)


def test_a_graph_that_read_a_row_before_it_was_shortened_is_refused() -> None:
    layer = bp.nn.Embedding(3, 2, max_norm=0.1)
    loss = (layer.weight * layer.weight).sum()
    layer(bp.asarray([0]))
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_a_given_table() -> None:
    table = bp.asarray(TABLE)
    frozen = bp.nn.Embedding.from_pretrained(table)
    assert not frozen.weight.requires_grad
    assert frozen(bp.asarray([1])).tolist() == [[3.0, 4.0]]
    free = bp.nn.Embedding.from_pretrained(table, freeze=False, padding_idx=2)
    assert free.weight.requires_grad
    assert free.padding_idx == 2
    assert free(bp.asarray([2])).tolist() == [[5.0, 12.0]]
    assert repr(free) == "Embedding(3, 2, padding_idx=2)"


def test_it_starts_as_standard_normal_numbers() -> None:
    bp.manual_seed(1)
    values = bp.nn.Embedding(200, 100).weight.detach().numpy()
    assert abs(values.mean()) < 5 / np.sqrt(20000)
    assert abs(values.std() - 1) < 5 / np.sqrt(2 * 20000)


def test_the_same_gradient_every_time(backend: Any) -> None:
    layer = bp.nn.Embedding(5, 8, device=backend.name)
    words = _words(np.random.default_rng(0).integers(0, 5, (200,)), backend)
    g = bp.asarray(np.random.default_rng(1).normal(size=(200, 8)).astype("f4"), device=backend.name)
    found = []
    for _ in range(3):
        layer.zero_grad()
        layer(words).backward(g)
        found.append(layer.weight.grad.numpy().copy())
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_one_hot(backend: Any) -> None:
    numbers = np.array([[0, 2], [1, 0]])
    out = F.one_hot(_words(numbers, backend))
    np.testing.assert_array_equal(out.numpy(), np.eye(3, dtype="int64")[numbers])
    assert out.dtype == bp.int64
    assert F.one_hot(_words(numbers, backend), 5).shape == (2, 2, 5)
    assert F.one_hot(_words(3, backend)).tolist() == [0, 0, 0, 1]
    assert F.one_hot(_words(np.zeros((0, 2), int), backend), 4).shape == (0, 2, 4)


def _of(*args: Any, **kw: Any) -> Any:
    return lambda: bp.nn.Embedding(*args, **kw)


def _look(numbers: Any, **kw: Any) -> Any:
    return lambda: F.embedding(bp.asarray(numbers), bp.asarray(TABLE), **kw)


BAD: list[tuple[Any, type[Exception], str]] = [
    (_of(0, 2), ValueError, "Embedding: num_embeddings: got 0"),
    (_of(2, 1.5), ValueError, r"Embedding: embedding_dim: got 1\.5"),
    (_of(2, 2, padding_idx=2), ValueError, "padding_idx: got 2, wanted None or a row from -2 to 1"),
    (_of(2, 2, sparse=True), NotImplementedError, "Embedding: sparse: got True"),
    (_of(2, 2, _weight=bp.zeros((3, 2))), ValueError, r"shape \(3, 2\), wanted \(2, 2\)"),
    (_look([0, 3]), IndexError, "input: got index 3, wanted 0 to 2"),
    (_look([0, -1]), IndexError, "input: got index -1, wanted 0 to 2"),
    (_look([0.0]), TypeError, "input: got dtype float32, wanted integers"),
    (_look([0], max_norm=-1.0), ValueError, r"max_norm: got -1\.0"),
    (_look([0], padding_idx=3), ValueError, "padding_idx: got 3"),
    (_look([0], sparse=True), NotImplementedError, "embedding: sparse"),
    (lambda: F.embedding([0], bp.asarray(TABLE)), TypeError, "input is a list"),  # type: ignore[arg-type]
    (lambda: F.embedding(bp.asarray([0]), bp.zeros(3)), ValueError, "wanted a matrix"),
    (lambda: bp.nn.Embedding.from_pretrained(bp.zeros(3)), ValueError, "wanted a matrix"),
    (lambda: F.one_hot(bp.asarray([1.0])), TypeError, "one_hot: tensor: got dtype float32"),
    (lambda: F.one_hot(bp.asarray([3]), 3), ValueError, "got class 3, wanted 0 to 2"),
    (lambda: F.one_hot(bp.asarray([-1]), 3), ValueError, "got class -1"),
    (lambda: F.one_hot(bp.asarray([1]), 0), ValueError, "num_classes: got 0"),
    (lambda: F.one_hot(bp.zeros(0, dtype="int64")), ValueError, "no largest class of none"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), BAD, ids=[m for *_, m in BAD])
def test_what_is_wrong_is_said(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()
