"""Recurrent layers: several steps and one, what is given and what is not, views, nothing."""

from __future__ import annotations

import numpy as np

from .common import Seen, case

_SIZES = {"steps": (4, 3, 5), "one step": (1, 2, 3), "wide": (2, 2, 200), "empty": (2, 0, 3)}


def _arrays(*shapes):
    """Small numbers, as a step's results go into the next. None stays None."""
    return lambda rng, dtype: tuple(
        None if s is None else rng.normal(size=s, scale=0.3).astype(dtype) for s in shapes
    )


def _if(given, shape):
    return shape if given else None


def _views(*shapes):
    def make(rng, dtype):
        wide = [rng.normal(size=(*s[:-1], 2 * s[-1])).astype(dtype) for s in shapes]
        return tuple(Seen(w, lambda a: a[..., ::-2]) for w in wide)

    return make


for _label, (_l, _n, _h) in _SIZES.items():
    _size, _state, _there = (_l, _n, _h), (_n, _h), {"launches": _label != "empty"}
    for _kind in ("tanh", "relu"):
        case("rnn_sequence", f"{_label} {_kind}", _arrays(_size, (_h, _h), _state),
             nonlinearity=_kind, **_there)  # fmt: skip
        case("rnn_sequence_grad", f"{_label} {_kind}", _arrays(_size, _size, (_h, _h)),
             nonlinearity=_kind, **_there)  # fmt: skip
    _wide = (_l, _n, 4 * _h), (4 * _h, _h), _state, _state
    case("lstm_sequence", _label, _arrays(*_wide), **_there)
    for _which in (7, 1, 2, 4):
        _given = _if(_which & 1, _size), _if(_which & 2, _size), _if(_which & 4, (_l, _n, 4, _h))
        case("lstm_sequence_grad", f"{_label} {_which}",
             _arrays((_l, _n, 4, _h), _size, (4 * _h, _h), _state, *_given), **_there)  # fmt: skip
    for _which in (0, 1):
        _three = (_l, _n, 3 * _h), (3 * _h, _h), _if(_which, (3 * _h,)), _state
        case("gru_sequence", f"{_label} {_which}", _arrays(*_three), **_there)
    for _which in (3, 1, 2):
        _given = _if(_which & 1, _size), _if(_which & 2, (_l, _n, 4, _h))
        case("gru_sequence_grad", f"{_label} {_which}",
             _arrays((_l, _n, 4, _h), _size, (3 * _h, _h), _state, *_given), **_there)  # fmt: skip

_S, _N = (3, 2, 4), (2, 4)
case("rnn_sequence", "views", _views(_S, (4, 4), _N), nonlinearity="tanh")
case("rnn_sequence_grad", "views", _views(_S, _S, (4, 4)), nonlinearity="tanh")
case("lstm_sequence", "views", _views((3, 2, 16), (16, 4), _N, _N))
case("lstm_sequence", "projected", _arrays((1, 2, 12), (12, 2), (2, 2), (2, 3)))
case("lstm_sequence_grad", "projected",
     _arrays((1, 2, 4, 3), (1, 2, 3), (12, 2), (2, 3), (1, 2, 3), None, None))  # fmt: skip
case("lstm_sequence_grad", "views",
     _views((3, 2, 4, 4), _S, (16, 4), _N, _S, _S, (3, 2, 4, 4)))  # fmt: skip
case("gru_sequence", "views", _views((3, 2, 12), (12, 4), (12,), _N))
case("gru_sequence_grad", "views", _views((3, 2, 4, 4), _S, (12, 4), _N, _S, (3, 2, 4, 4)))


def _extreme(rng, dtype):
    """Where sigmoids are 0 and 1."""
    x = np.array([[[0.0, 800.0, -800.0, 30.0, -30.0, 1e-9, 50.0, -50.0]]], dtype)
    return x, rng.normal(size=(8, 2)).astype(dtype), *(np.ones((1, 2), dtype) for _ in range(2))


case("lstm_sequence", "extreme", _extreme)
