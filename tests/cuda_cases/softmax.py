"""Softmax and the cross-entropy of it."""

from __future__ import annotations

import numpy as np

from .common import Seen, case, normal, pair, transposed

_SHAPES = [(4, 1), (3, 2), (5, 10), (2, 33), (3, 300), (2, 3, 17), (6,)]
for _shape in _SHAPES:
    _label = "x".join(map(str, _shape))
    for _name in ("softmax", "log_softmax"):
        case(_name, _label, normal(*_shape), axis=-1)
    for _name in ("softmax_grad", "log_softmax_grad"):
        case(_name, _label, pair(_shape), axis=len(_shape) - 1)


def _spread(dtype):
    """Rows whose exponentials overflow unless shifted by their own largest number."""
    x = np.full((3, 41), -2e4, dtype)
    x[:, -1] = -1e4, 0, 1e4
    return x


for _name in ("softmax", "log_softmax"):
    case(_name, "first axis", normal(4, 5), launches=False, axis=0)
    case(_name, "no rows", normal(0, 5), launches=False, axis=1)
    case(_name, "transposed", transposed, axis=1)
    case(_name, "large", lambda rng, dtype: (np.array([[1e4, -1e4, 1e4]], dtype),), axis=1)
    case(_name, "spread", lambda rng, dtype: (_spread(dtype),), axis=1)
    case(_name, "nan", lambda rng, dtype: (np.array([[1, np.nan], [1, -np.inf]], dtype),), axis=1)
for _name in ("softmax_grad", "log_softmax_grad"):
    case(_name, "first axis", pair((4, 5)), launches=False, axis=0)
    case(_name, "transposed", pair((4, 5), view=lambda a: a.T), axis=1)


def _classes(rows, columns, kind, view=lambda a: a):
    def make(rng, dtype):
        logits = rng.normal(size=(rows, columns)).astype(dtype)
        return Seen(logits, view), rng.integers(0, columns, size=rows).astype(kind)

    return make


def _class_gradient(rows, columns, kind, repeat=False):
    def make(rng, dtype):
        probs = rng.random((rows, columns)).astype(dtype)
        target = rng.integers(0, columns, size=rows).astype(kind)
        g = rng.normal(size=2 * rows).astype(dtype)
        if repeat:  # the gradient of a mean: one number for all, in an array of stride 0
            return Seen(g[:1], lambda a: _repeated(a, rows)), probs, target
        return Seen(g, lambda a: a[::2]), probs, target

    return make


def _repeated(a, rows):
    if type(a).__module__.startswith("cupy"):
        import cupy

        return cupy.broadcast_to(a, (rows,))
    return np.broadcast_to(a, (rows,), subok=True)


for _kind in ("int64", "int32", "uint8", "uint64"):
    case("softmax_cross_entropy", _kind, _classes(7, 10, _kind))
    case("softmax_cross_entropy_grad", _kind, _class_gradient(7, 10, _kind))


def _some_ignored(make, ignored):
    """Every third target, the last argument, is the class that does not count."""

    def changed(rng, dtype):
        *rest, target = make(rng, dtype)
        target[::3] = ignored
        return *rest, target

    return changed


for _index in (-100, 2):
    case(
        "softmax_cross_entropy",
        f"ignore {_index}",
        _some_ignored(_classes(7, 10, "int64"), _index),
        ignore_index=_index,
    )
    case(
        "softmax_cross_entropy_grad",
        f"ignore {_index}",
        _some_ignored(_class_gradient(7, 10, "int64"), _index),
        ignore_index=_index,
    )
case(
    "softmax_cross_entropy",
    "no class",
    _some_ignored(_classes(7, 10, "int64"), 10),
    ignore_index=-1,
)
case("softmax_cross_entropy", "wide", _classes(3, 600, "int64"))
case("softmax_cross_entropy", "reversed", _classes(6, 5, "int64", view=lambda a: a[:, ::-1]))
case("softmax_cross_entropy", "no rows", _classes(0, 5, "int64"), launches=False)
case("softmax_cross_entropy_grad", "repeated", _class_gradient(7, 10, "int64", repeat=True))
case("softmax_cross_entropy_grad", "no rows", _class_gradient(0, 5, "int64"), launches=False)
