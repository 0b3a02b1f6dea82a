"""What the namespace says about itself, and the constants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import backprop as bp

INFO = bp.__array_namespace_info__()


def test_constants() -> None:
    assert (bp.e, bp.pi, bp.inf, bp.newaxis) == (math.e, math.pi, math.inf, None)
    assert math.isnan(bp.nan)
    assert bp.ones(2)[bp.newaxis, :].shape == (1, 2)


def test_capabilities() -> None:
    assert INFO.capabilities() == {
        "boolean indexing": True,
        "data-dependent shapes": True,
        "max dimensions": 64,
    }


def test_devices(backend: Any) -> None:
    assert INFO.devices()[0] == INFO.default_device() == "cpu"
    assert isinstance(INFO.devices(), tuple)
    with bp.device(backend.name):
        assert INFO.default_device() == backend.name
        assert backend.name in INFO.devices()
    for device in INFO.devices():
        assert bp.zeros(1, device=device).device == device


def test_default_dtypes() -> None:
    for dtype, complex_one in [(bp.float32, bp.complex64), (bp.float64, bp.complex128)]:
        bp.set_default_dtype(dtype)
        for kw in ({}, {"device": "cpu"}, {"device": "strict"}):
            assert INFO.default_dtypes(**kw) == {
                "real floating": dtype,
                "complex floating": complex_one,
                "integral": bp.int64,
                "indexing": bp.int64,
            }
    assert bp.argmax(bp.ones(2)).dtype == INFO.default_dtypes()["indexing"]
    with pytest.raises(ValueError, match="device: got 'nowhere'"):
        INFO.default_dtypes(device="nowhere")


def test_dtypes() -> None:
    every = INFO.dtypes()
    assert len(every) == 13
    assert all(np.dtype(name) == dtype for name, dtype in every.items())
    assert set(INFO.dtypes(kind="real floating")) == {"float32", "float64"}
    assert set(INFO.dtypes(kind=("bool", "complex floating"), device="cpu")) == {
        "bool",
        "complex64",
        "complex128",
    }
    with pytest.raises(ValueError, match="isdtype: kind: got 'text'"):
        INFO.dtypes(kind="text")
    with pytest.raises(ValueError, match="device: got 'nowhere'"):
        INFO.dtypes(device="nowhere")


def test_the_namespace_of_a_tensor() -> None:
    x = bp.ones(2)
    assert x.__array_namespace__() is bp
    for version in ("2021.12", "2022.12", "2023.12", "2024.12", bp.__array_api_version__):
        assert x.__array_namespace__(api_version=version) is bp
    with pytest.raises(ValueError, match=r"api_version: got '2030\.12', wanted one of 2021\.12, "):
        x.__array_namespace__(api_version="2030.12")


def test_code_written_for_the_standard_takes_tensors() -> None:
    compat = pytest.importorskip("array_api_compat")
    x = bp.asarray([1.0, 2.0], requires_grad=True)
    assert compat.array_namespace(x, 2.0) is bp
    assert compat.is_array_api_obj(x)
    assert compat.device(x) == "cpu"
    assert compat.size(x) == 2
    assert compat.to_device(x, "cpu") is x
    with pytest.raises(TypeError, match="Multiple namespaces"):
        compat.array_namespace(x, np.ones(2))


def test_functions_of_array_api_extra_are_differentiable() -> None:
    extra = pytest.importorskip("array_api_extra")
    x = bp.asarray(np.array([[1.0, 2.0, 4.0], [3.0, 1.0, 0.5]]), requires_grad=True)
    numpys = np.cov(x.detach().numpy())
    got = extra.cov(x)
    np.testing.assert_allclose(got.detach().numpy(), numpys, rtol=1e-14)
    assert bp.gradcheck(extra.cov, [x.detach()], order=2)
    assert bp.gradcheck(lambda v: extra.kron(v, v), [x.detach()], order=2)
    assert bp.gradcheck(lambda v: extra.atleast_nd(v, ndim=3) ** 2, [x.detach()])
    assert bp.gradcheck(extra.sinc, [x.detach()])
