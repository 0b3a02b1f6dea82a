"""Arrays from and for other libraries, by way of DLPack."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import backprop as bp

DTYPES = ["bool", "int8", "int64", "uint8", "float32", "float64", "complex64"]


class _Elsewhere:
    """An array in memory of a kind that is none of ours."""

    def __dlpack__(self, **kwargs: Any) -> Any:
        raise AssertionError

    def __dlpack_device__(self) -> tuple[int, int]:
        return (8, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_to_numpy_and_back(dtype: str, backend: Any) -> None:
    x = bp.ones((2, 3), dtype=dtype, device=backend.name)
    a = np.from_dlpack(x, device="cpu")
    assert (a.dtype, a.tolist()) == (np.dtype(dtype), x.tolist())
    y = bp.from_dlpack(a)
    assert (y.dtype, y.device, y.tolist()) == (x.dtype, "cpu", x.tolist())
    assert np.shares_memory(y.numpy(), a)


def test_no_copy_from_numpy_and_to_it() -> None:
    a = np.zeros((2, 2))
    x = bp.from_dlpack(a[:, 1])
    a[0, 1] = 5.0
    assert x.tolist() == [5.0, 0.0]
    back = np.from_dlpack(x)
    a[1, 1] = 6.0
    assert back.tolist() == [5.0, 6.0]


def test_no_copy_between_pytorch_and_tensors() -> None:
    torch = pytest.importorskip("torch")
    theirs = torch.zeros(2, 3)
    ours = bp.from_dlpack(theirs)
    theirs[0, 1] = 5.0
    assert ours.tolist() == [[0.0, 5.0, 0.0], [0.0] * 3]
    x = bp.zeros((2, 2))
    other = torch.from_dlpack(x)
    x.copy_([[1.0, 2.0], [3.0, 4.0]])
    assert other.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    other[0, 0] = 9.0
    assert x.tolist() == [[9.0, 2.0], [3.0, 4.0]]
    assert torch.from_dlpack(bp.zeros((3, 2)).mT).stride() == (1, 2)
    assert torch.from_dlpack(x.sum()).item() == 18.0
    with pytest.raises(BufferError, match="detach"):
        bp.from_dlpack(theirs.requires_grad_())


def test_a_tensor_that_requires_a_gradient_is_not_exported(make: Any) -> None:
    x = make([1.0, 2.0])
    for call in (lambda: np.from_dlpack(x, device="cpu"), x.__dlpack__, lambda: bp.from_dlpack(x),
                 lambda: bp.from_dlpack(x * 2)):  # fmt: skip
        with pytest.raises(BufferError, match=r"requires a gradient.*use \.detach\(\)"):
            call()
    assert np.from_dlpack(x.detach(), device="cpu").tolist() == [1.0, 2.0]
    assert x.__dlpack_device__() == ((2, 0) if "cuda" in x.device else (1, 0))


def test_copies(backend: Any) -> None:
    x = bp.zeros(2, device=backend.name)
    for source in (x, x.data):
        for copy, shared in [(True, False), (None, True), (False, True)]:
            x.copy_([0.0, 0.0])
            y = bp.from_dlpack(source, copy=copy)
            x.copy_([1.0, 2.0])
            assert y.tolist() == ([1.0, 2.0] if shared else [0.0, 0.0])


def test_views_that_cannot_be_written_to() -> None:
    x = bp.broadcast_to(bp.ones(2), (3, 2))
    assert np.from_dlpack(x).flags.writeable is False
    assert bp.from_dlpack(x).tolist() == [[1.0, 1.0]] * 3
    assert bp.from_dlpack(np.broadcast_to(np.ones(2), (3, 2))).tolist() == [[1.0, 1.0]] * 3


def test_devices(backend: Any) -> None:
    x = bp.ones(2, device=backend.name)
    assert bp.from_dlpack(x).device == backend.name
    assert bp.from_dlpack(x.data).device == ("cpu" if backend.name == "strict" else backend.name)
    assert bp.from_dlpack(x.numpy(), device=backend.name).device == backend.name
    other = "strict" if backend.name == "cpu" else "cpu"
    assert bp.from_dlpack(x, device=other).device == other
    with pytest.raises(ValueError, match="copy: got False, but moving to"):
        bp.from_dlpack(x, device=other, copy=False)
    copied = bp.from_dlpack(x, device=other, copy=True)
    x.copy_([5.0, 5.0])
    assert copied.tolist() == [1.0, 1.0]
    with bp.device("strict"):
        assert bp.from_dlpack(np.ones(2)).device == "cpu"
    with pytest.raises(ValueError, match="device: got 'nowhere'"):
        bp.from_dlpack(x, device="nowhere")


def test_arguments_of_the_export(backend: Any) -> None:
    x = bp.ones(2, device=backend.name)
    arguments: list[dict[str, Any]] = [
        {}, {"max_version": (1, 0)}, {"max_version": (0, 8)}, {"dl_device": (1, 0)},
        {"copy": True, "max_version": (1, 0)}, {"copy": None}, {"stream": None},
    ]  # fmt: skip
    for kw in arguments:
        assert "dltensor" in repr(x.__dlpack__(**kw))
    with pytest.raises(BufferError, match=r"copy: got False, but \(7, 0\) is another device"):
        x.__dlpack__(copy=False, dl_device=(7, 0))
    if "cuda" not in backend.name:
        with pytest.raises((RuntimeError, BufferError)):
            x.__dlpack__(stream=7)
        with pytest.raises(BufferError):
            x.__dlpack__(dl_device=(2, 0))


def test_what_cannot_be_imported() -> None:
    for bad in ([1.0], 1.0, None):
        with pytest.raises(AttributeError, match=r"from_dlpack: got a .*, wanted an array with"):
            bp.from_dlpack(bad)
    with pytest.raises(BufferError, match=r"device of DLPack's kind 8, wanted .*CPU or a CUDA"):
        bp.from_dlpack(_Elsewhere())
    torch = pytest.importorskip("torch")
    with pytest.raises((BufferError, TypeError, RuntimeError)):
        bp.from_dlpack(torch.ones(2, dtype=torch.bfloat16))


def test_an_imported_array_can_be_differentiated() -> None:
    torch = pytest.importorskip("torch")
    x = bp.from_dlpack(torch.tensor([1.0, 2.0])).requires_grad_()
    (x * x).sum().backward()
    assert x.grad.tolist() == [2.0, 4.0]
