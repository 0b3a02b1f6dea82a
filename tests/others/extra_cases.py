"""array-api-extra's functions."""

from __future__ import annotations

from typing import Any

import array_api_extra as xpx
import numpy as np
from array_api_compat import array_namespace
from others_cases import IN_PLACE, Constant, Refused, Works

_rng = np.random.default_rng(0)
X, V, W = _rng.normal(size=(3, 5)), _rng.normal(size=4), _rng.normal(size=3)
Z = V + 1j * _rng.normal(size=4)
HOLES = np.array([[1.0, np.nan, 3.0], [-2.0, 0.5, np.nan]])
SQUARE = _rng.normal(size=(3, 3))


def _pieces(x: Any, y: Any) -> Any:
    return xpx.apply_where(x > 0, (x, y), lambda t, u: t * t * u, lambda t, u: t - u * u)


def _filled(x: Any) -> Any:
    return xpx.apply_where(x > 0, (x,), lambda t: t**1.5, fill_value=-1.0)


def _at_indices(indices: Any) -> Any:
    return lambda x: x[indices(array_namespace(x))]


def _one_hot(x: Any) -> Any:
    xp = array_namespace(x)
    return xpx.one_hot(xp.asarray([1, 2, 0, 1]), 4, dtype=x.dtype) * x


WORKS = [
    Works("angle", xpx.angle, (Z,)),
    Works("apply_where", _pieces, (V, W[0])),
    Works("apply_where", _filled, (V,)),
    Works("at", lambda x: xpx.at(x, slice(0, 2)).set(2.0, copy=True), (V,)),
    Works("at", lambda x, y: xpx.at(x)[..., 1:4].add(y, copy=True), (X, W)),
    Works("at", lambda x: xpx.at(x, x > 0).multiply(3.0, copy=True), (V,)),
    Works("at", lambda x: xpx.at(x, slice(None, None, 2)).power(2.0, copy=True), (V,)),
    Works("at", lambda x: xpx.at(x, 1).max(0.3, copy=True), (V,), torch_says=IN_PLACE),
    Works("atleast_nd", lambda x: xpx.atleast_nd(x, ndim=3), (V,)),
    Works("cov", xpx.cov, (X,)),
    Works("cov", lambda x: xpx.cov(x, axis=0, correction=0), (X,)),
    Works("create_diagonal", lambda x: xpx.create_diagonal(x, offset=1), (X,)),
    Works("deg2rad", xpx.deg2rad, (V,)),
    Works("rad2deg", xpx.rad2deg, (V,)),
    Works("expand_dims", lambda x: xpx.expand_dims(x, axis=(0, 2)), (V,)),
    Works("kron", xpx.kron, (X, W)),
    Works("nan_to_num", lambda x: xpx.nan_to_num(x, fill_value=7.0), (V,)),
    Works("nanmax", lambda x: xpx.nanmax(x, axis=1), (X,)),
    Works("nanmin", lambda x: xpx.nanmin(x, axis=0), (X,)),
    Works("nanmean", lambda x: xpx.nanmean(x, axis=1), (X,)),
    Works("nansum", lambda x: xpx.nansum(x, axis=0), (X,)),
    Works("one_hot", _one_hot, (V,)),
    Works("pad", lambda x: xpx.pad(x, ((1, 0), (2, 1)), constant_values=3.0), (X,)),
    Works("partition", lambda x: xpx.partition(x, 2), (X,), torch_says=IN_PLACE),
    Works("sinc", xpx.sinc, (V,)),
    Works("diag_indices", _at_indices(lambda xp: xpx.diag_indices(3, ndim=2, xp=xp)), (SQUARE,)),
    Works("tril_indices", _at_indices(lambda xp: xpx.tril_indices(3, xp=xp)), (SQUARE,)),
    Works("triu_indices", _at_indices(lambda xp: xpx.triu_indices(3, offset=1, xp=xp)), (SQUARE,)),
]  # fmt: skip

CONSTANT = [
    Constant("argpartition", lambda x: xpx.argpartition(x, 2), (V,)),
    Constant("isclose", lambda x: xpx.isclose(x, x + 1e-9), (V,)),
    Constant("isin", lambda x: xpx.isin(x, x[:2]), (V,)),
    Constant("nunique", xpx.nunique, (np.array([1.0, 2.0, 1.0]),)),
    Constant("searchsorted", xpx.searchsorted, (np.sort(V), W)),
    Constant("setdiff1d", lambda x: xpx.setdiff1d(x, x[:2]), (V,)),
    Constant("union1d", xpx.union1d, (V, W)),
    Constant("unravel_index", lambda i: xpx.unravel_index(i, (2, 3)), (np.array([1, 2, 5]),)),
]

REFUSED = [
    Refused("at (in place, on a variable)", lambda x: xpx.at(x, 0).set(1.0), (V,),
            match="x is a variable .* assign to a copy"),
    Refused("lazy_apply(as_numpy=True)", lambda x: xpx.lazy_apply(np.sin, x, as_numpy=True), (V,)),
]  # fmt: skip
