"""IDX files: every number type, and files that are not what they say."""

import gzip

import numpy as np
import pytest

from backprop.data.idx import contents, parse_idx, read_idx


def idx(code: int, shape: tuple[int, ...], body: bytes) -> bytes:
    return bytes([0, 0, code, len(shape)]) + b"".join(n.to_bytes(4, "big") for n in shape) + body


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(8, "u1"), (9, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
def test_every_type_plain_and_compressed(tmp_path, code, dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    data = idx(code, (2, 3), array.tobytes())
    (tmp_path / "a").write_bytes(data)
    (tmp_path / "a.gz").write_bytes(gzip.compress(data))
    for name in ("a", "a.gz"):
        read = read_idx(tmp_path / name)
        assert read.tolist() == array.tolist()
        assert read.dtype == np.dtype(dtype).newbyteorder("=")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "begins with nothing"),
        (b"\x01\x00\x08\x01", "is not IDX"),
        (b"\x00\x00\x07\x01\x00\x00\x00\x01\x00", "is not IDX"),
        (b"\x00\x00\x08\x03\x00\x00", "cut short: got 6 bytes of a header of 16"),
        (idx(8, (2, 3), b"\x01\x02"), r"cut short: its header says shape \(2, 3\), 6 bytes, got 2"),
        (idx(8, (2,), b"\x01\x02\x03"), "has 1 bytes after the array"),
        (idx(8, (2**32 - 1,) * 4, b"\x01"), "cut short"),
    ],
)
def test_what_is_wrong_is_said(data, says):
    with pytest.raises(ValueError, match=says):
        parse_idx(data, "file")


def test_damaged_gzip(tmp_path):
    whole = gzip.compress(idx(8, (1000,), bytes(1000)))
    for bad in (
        whole[:-20],
        whole[:12] + b"\xff\xff" + whole[14:],
        whole[:-5] + b"\0" + whole[-4:],
    ):
        (tmp_path / "a.gz").write_bytes(bad)
        with pytest.raises(ValueError, match="damaged or cut short"):
            read_idx(tmp_path / "a.gz")
    (tmp_path / "b.gz").write_bytes(whole)
    with pytest.raises(ValueError, match="more than 100 bytes"):
        contents(tmp_path / "b.gz", most=100)
