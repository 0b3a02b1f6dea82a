"""Files of tensors: what is written is read, and what is no such file is refused."""

from __future__ import annotations

import json
import os
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import backprop as bp
from backprop.io import FileFormatError, load_tensors, save_tensors

DTYPES = ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
          "float16", "float32", "float64", "complex64"]  # fmt: skip


def back(path: Path, tensors: Any, metadata: Any = None) -> dict[str, np.ndarray]:
    save_tensors(path, tensors, metadata)
    return load_tensors(path)[0]


def alike(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3, 0, 2), (1,), (5,), (2, 3, 4)])
def test_every_dtype_and_shape(dtype: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    array = (rng.standard_normal(shape) * 100).astype("uint8").astype(dtype)
    if array.dtype.kind == "c":
        array = array * (1 + 2j)
        array = np.asarray(array, dtype)
    found = back(tmp_path / "t", {"a": array})
    assert list(found) == ["a"]
    assert alike(found["a"], array)


def test_special_numbers_keep_their_bits(tmp_path: Path) -> None:
    for dtype in ("float32", "float64"):
        tiny = np.finfo(dtype).smallest_subnormal
        array = np.array([np.nan, np.inf, -np.inf, -0.0, tiny, np.finfo(dtype).max], dtype)
        assert alike(back(tmp_path / "t", {"a": array})["a"], array)
    ints = np.array([-(2**63), 2**63 - 1])
    assert alike(back(tmp_path / "t", {"a": ints})["a"], ints)


def test_views_that_are_not_contiguous(tmp_path: Path) -> None:
    whole = np.arange(24.0).reshape(4, 6)
    views = {
        "T": whole.T, "step": whole[::2, 1::3], "back": whole[::-1, ::-1],
        "fortran": np.asfortranarray(whole), "spread": np.broadcast_to(whole[0], (3, 6)),
        "big-endian": whole.astype(">f8"),
    }  # fmt: skip
    found = back(tmp_path / "t", views)
    for name, view in views.items():
        assert found[name].dtype == np.float64
        assert found[name].tolist() == view.tolist(), name


@pytest.mark.parametrize("device", ["cpu", "strict"])
def test_tensors_of_every_device(device: str, tmp_path: Path) -> None:
    variable = bp.asarray([1.5, 2.5], device=device, requires_grad=True)
    found = back(tmp_path / "t", {"v": variable, "s": variable.detach().sum()})
    assert alike(found["v"], np.float32([1.5, 2.5]))
    assert alike(found["s"], np.array(4.0, "f"))


def test_a_model_from_a_file_gives_the_same_outputs(tmp_path: Path) -> None:
    a, b = (bp.nn.Sequential(bp.nn.Linear(3, 4), bp.nn.Tanh(), bp.nn.Linear(4, 2)) for _ in "ab")
    x = bp.asarray(np.random.default_rng(0).standard_normal((5, 3)).astype("f"))
    assert a(x).tolist() != b(x).tolist()
    b.load_state_dict(back(tmp_path / "m.safetensors", a.state_dict()))
    assert a(x).tolist() == b(x).tolist()


def test_what_is_read_can_be_changed(tmp_path: Path) -> None:
    file = tmp_path / "t"
    found = back(file, {"a": np.zeros(3)})
    found["a"][0] = 1.0
    assert load_tensors(file)[0]["a"].tolist() == [0.0, 0.0, 0.0]


def test_names_of_any_kind(tmp_path: Path) -> None:
    names = ["", "a b/c.0", "Θ", "__meta", "日本"]
    found = back(tmp_path / "t", {n: np.array(i) for i, n in enumerate(names)})
    assert {n: int(a) for n, a in found.items()} == {n: i for i, n in enumerate(names)}


@pytest.mark.parametrize(
    "metadata",
    [{}, {"a": 1, "b": [1.5, None, True, "Θ"], "c": {"d": {}}}, {"tiny": 5e-324, "third": 1 / 3}],
)
def test_metadata_come_back(metadata: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "t"
    save_tensors(file, {"a": np.zeros(2)}, metadata)
    assert load_tensors(file)[1] == metadata


def test_numbers_of_numpy_in_metadata(tmp_path: Path) -> None:
    save_tensors(tmp_path / "t", {}, {"lr": np.float32(0.1), "n": np.int64(3), "b": np.True_})
    wanted = {"lr": float(np.float32(0.1)), "n": 3, "b": True}
    assert load_tensors(tmp_path / "t")[1] == wanted


def test_no_tensors_and_no_metadata(tmp_path: Path) -> None:
    save_tensors(tmp_path / "t", {})
    assert load_tensors(tmp_path / "t") == ({}, {})


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    tensors = {f"t{i}": np.full(i, i, "f") for i in range(20)}
    metadata = {f"k{i}": i for i in range(20)}
    save_tensors(tmp_path / "a", tensors, metadata)
    save_tensors(tmp_path / "b", dict(reversed(tensors.items())), dict(reversed(metadata.items())))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    metadata["k3"] = -3
    save_tensors(tmp_path / "b", tensors, metadata)
    assert (tmp_path / "a").read_bytes() != (tmp_path / "b").read_bytes()


def test_the_bytes_do_not_hang_on_the_hash_seed(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = (
        "import sys, numpy as np; from backprop.io import save_tensors\n"
        "save_tensors(sys.argv[1], {c: np.full(3, ord(c)) for c in 'qwerty'},"
        " {'b': 1, 'a': {'d': 2, 'c': 3}})"
    )
    for seed in "12":
        subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / seed)], check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )  # fmt: skip
    assert (tmp_path / "1").read_bytes() == (tmp_path / "2").read_bytes()


def test_the_file_is_in_the_published_format(tmp_path: Path) -> None:
    """A header's length in 8 bytes, the header in JSON, then the numbers; read by hand."""
    file = tmp_path / "t"
    save_tensors(file, {"a": np.float32([1, 2, 3]), "b": np.int64(7)}, {"x": 1})
    data = file.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header, body = json.loads(data[8 : 8 + size]), data[8 + size :]
    assert json.loads(header.pop("__metadata__")["backprop"]) == {"x": 1}
    assert {k: (v["dtype"], v["shape"]) for k, v in header.items()} == {
        "a": ("F32", [3]), "b": ("I64", []),
    }  # fmt: skip
    start, end = header["a"]["data_offsets"]
    assert struct.unpack("<3f", body[start:end]) == (1.0, 2.0, 3.0)


def test_directories_are_made_and_files_replaced(tmp_path: Path) -> None:
    file = tmp_path / "new" / "dir" / "t.safetensors"
    save_tensors(str(file), {"a": np.zeros(9)})
    assert alike(back(file, {"b": np.ones(2)})["b"], np.ones(2))
    assert os.listdir(file.parent) == ["t.safetensors"]


@pytest.mark.parametrize("step", ["replace", "write_bytes"])
def test_a_failed_write_leaves_the_old_file(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t"
    save_tensors(file, {"a": np.zeros(3)})
    old = file.read_bytes()

    def fail(*args: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(*(os, step) if step == "replace" else (Path, step), fail)
    with pytest.raises(OSError, match="disk full"):
        save_tensors(file, {"a": np.ones(3)})
    assert os.listdir(tmp_path) == ["t"]
    assert file.read_bytes() == old


# ------------------------------------------------------------------ files of others


def test_a_file_of_safetensors_itself(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    arrays = {"w": np.arange(6, dtype="f").reshape(2, 3), "n": np.array(3)}
    save_file(arrays, tmp_path / "t", {"format": "np", "by": "someone"})
    found, metadata = load_tensors(tmp_path / "t")
    assert {k: v.tolist() for k, v in found.items()} == {k: v.tolist() for k, v in arrays.items()}
    assert metadata == {}  # theirs is not ours


def test_safetensors_itself_reads_ours(tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    save_tensors(tmp_path / "t", {"w": np.arange(6.0).reshape(2, 3).T}, {"x": 1})
    assert load_file(tmp_path / "t")["w"].tolist() == [[0, 3], [1, 4], [2, 5]]


def test_a_network_saved_by_pytorch_gives_the_same_outputs(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    save_file = pytest.importorskip("safetensors.torch").save_file
    nn = torch.nn
    theirs = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    save_file(theirs.state_dict(), tmp_path / "t.safetensors")
    ours = bp.nn.Sequential(bp.nn.Linear(3, 4), bp.nn.Tanh(), bp.nn.Linear(4, 2)).double()
    ours.load_state_dict(load_tensors(tmp_path / "t.safetensors")[0])
    x = np.random.default_rng(0).standard_normal((5, 3))
    wanted = theirs(torch.from_numpy(x)).detach().numpy()
    assert np.allclose(ours(bp.asarray(x)).detach().numpy(), wanted, rtol=0, atol=1e-14)
    assert np.ptp(wanted) > 0.1


def handmade(path: Path, header: Any, body: bytes = b"") -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)
    return path


def test_a_dtype_that_numpy_lacks(tmp_path: Path) -> None:
    header = {"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}
    file = handmade(tmp_path / "t", header, bytes(4))
    with pytest.raises(FileFormatError, match=r"t: tensor 'w' is of dtype BF16, which NumPy lacks"):
        load_tensors(file)


class Bomb:
    def __reduce__(self) -> Any:
        return pytest.fail, ("a pickle was opened",)


def _float(offsets: list[int]) -> dict[str, Any]:
    return {"w": {"dtype": "F32", "shape": [2], "data_offsets": offsets}}


NO_FILES: dict[str, Any] = {
    "empty": b"",
    "short": b"\x10\0\0\0",
    "a header of 2**60 bytes": struct.pack("<Q", 2**60) + b"{}",
    "text": b"epoch,loss\n1,0.5\n" * 20,
    "pickle": pickle.dumps(Bomb()),
    "npy": b"\x93NUMPY\x01\0" + bytes(200),
    "zip": b"PK\x03\x04" + bytes(200),
    "no JSON": struct.pack("<Q", 8) + b"{'w': 1}",
    "numbers missing": (_float([0, 8]), bytes(7)),
    "numbers too many": (_float([0, 8]), bytes(9)),
    "offsets beyond the end": (_float([8, 16]), bytes(8)),
    "offsets of another size": (_float([0, 4]), bytes(4)),
    "a dtype that is none": ({"w": {"dtype": "X9", "shape": [], "data_offsets": [0, 0]}}, b""),
}


@pytest.mark.parametrize("case", NO_FILES)
def test_what_is_no_such_file(case: str, tmp_path: Path) -> None:
    file, content = tmp_path / "bad.safetensors", NO_FILES[case]
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        handmade(file, *content)
    says = r"bad\.safetensors is not a whole safetensors file \(.+\); it may have been cut off"
    with pytest.raises(FileFormatError, match=says):
        load_tensors(file)
    assert issubclass(FileFormatError, ValueError)


def test_cut_off_anywhere(tmp_path: Path) -> None:
    file = tmp_path / "t"
    save_tensors(file, {"a": np.arange(5.0), "b": np.ones((2, 2), "f")}, {"x": [1, 2]})
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        with pytest.raises(FileFormatError):
            load_tensors(file)


@pytest.mark.parametrize(
    ("text", "says"),
    [("{not JSON", "its metadata are not JSON"), ("[1, 2]", "its metadata are a list, not a dict"),
     ("3", "its metadata are a int, not a dict")],
)  # fmt: skip
def test_metadata_of_a_forger(text: str, says: str, tmp_path: Path) -> None:
    file = handmade(tmp_path / "t", {"__metadata__": {"backprop": text}})
    with pytest.raises(FileFormatError, match=f"t: {says}"):
        load_tensors(file)


@pytest.mark.parametrize("name", ["nope.safetensors", "", "folder"])
def test_no_file(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileNotFoundError, match=f"there is no file .*{name}"):
        load_tensors(tmp_path / name)
