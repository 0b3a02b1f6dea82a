"""MNIST's training files: read, found, or written with made-up images of the same size."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
ROWS, SIDE = 60_000, 28


def check(folder: Path) -> Path:
    """The folder, if both files are in it."""
    for name in (IMAGES, LABELS):
        if not (folder / name).is_file():
            raise ValueError(f"--data: {folder} holds no {name}; leave it out for made-up images")
    return folder


def write(folder: Path, rows: int = ROWS) -> Path:
    """Both files with made-up images, about as much of them ink as of MNIST's (19 %): blots of
    random grey around the middle. Times do not depend on what they show."""
    import numpy as np

    rng = np.random.default_rng(0)
    inside = np.zeros((SIDE, SIDE), np.uint8)
    inside[8:21, 9:20] = 1  # 18 % of the area
    images = rng.integers(0, 256, (rows, SIDE, SIDE), np.uint8) & np.uint8(0xF0)
    images *= inside
    labels = rng.integers(0, 10, rows, np.uint8)
    for name, array in ((IMAGES, images), (LABELS, labels)):
        head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        with gzip.open(folder / name, "wb", compresslevel=3) as file:
            file.write(head + array.tobytes())
    return folder


def read(folder: Path) -> tuple[Any, Any]:
    """Images (N, 28, 28) and labels (N,), uint8: for libraries that have no reader of their own."""
    import numpy as np

    with gzip.open(folder / IMAGES) as file:
        images = np.frombuffer(bytearray(file.read()), np.uint8)[16:]
    with gzip.open(folder / LABELS) as file:
        labels = np.frombuffer(bytearray(file.read()), np.uint8)[8:]
    return images.reshape(-1, SIDE, SIDE), labels
