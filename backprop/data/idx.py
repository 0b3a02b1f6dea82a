"""IDX, the format MNIST is published in: a magic number, the shape, the numbers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """The array in an IDX file, plain or compressed by gzip.

    Raises:
        ValueError: the file is not IDX, is cut short, or has bytes to spare.
        FileNotFoundError: there is no such file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a.idx").write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 8, 9]))
    ...     read_idx(Path(folder, "a.idx")).tolist()
    [7, 8, 9]
    """
    return parse_idx(contents(path), str(path))


def contents(path: str | os.PathLike[str], most: int = 2**34) -> bytes:
    """The bytes of a file, decompressed where it is gzip; more than `most` is an error."""
    raw = Path(path).read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    import gzip
    import io
    import zlib

    try:
        with gzip.open(io.BytesIO(raw)) as file:
            out = file.read(most + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise ValueError(
            f"{path}: the gzip file is damaged or cut short ({error}); get it again"
        ) from error
    if len(out) > most:
        raise ValueError(f"{path}: holds more than {most} bytes when decompressed")
    return out


def parse_idx(data: bytes, name: str = "data") -> np.ndarray:
    """The array in the bytes of an IDX file (not writable: it shares their memory).

    >>> parse_idx(bytes([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 6])).tolist()
    [[5, 6]]
    """
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _DTYPES:
        raise ValueError(
            f"{name}: begins with {data[:4].hex(' ') or 'nothing'}, which is not IDX; wanted "
            f"00 00, a type ({', '.join(f'{c:02x}' for c in _DTYPES)}) and the number of axes"
        )
    axes, start = data[3], 4 + 4 * data[3]
    if len(data) < start:
        raise ValueError(f"{name}: is cut short: got {len(data)} bytes of a header of {start}")
    shape = tuple(int.from_bytes(data[4 + 4 * i : 8 + 4 * i], "big") for i in range(axes))
    dtype: np.dtype[Any] = np.dtype(_DTYPES[data[2]])
    wanted, got = math.prod(shape) * dtype.itemsize, len(data) - start
    if got < wanted:
        raise ValueError(
            f"{name}: is cut short: its header says shape {shape}, {wanted} bytes, got {got}"
        )
    if got > wanted:
        raise ValueError(
            f"{name}: has {got - wanted} bytes after the array of shape {shape} its header says"
        )
    array: np.ndarray = np.frombuffer(data, dtype, offset=start).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)
