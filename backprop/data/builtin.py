"""Published data sets by name: `digits` ships with the package, the others are downloaded once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from .dataset import Dataset
from .fetch import get
from .idx import contents, parse_idx

_FILES = {
    "mnist": {
        "train-images-idx3-ubyte.gz": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        ),
        "train-labels-idx1-ubyte.gz": (
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    },
    "fashion-mnist": {
        "train-images-idx3-ubyte.gz": (
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"
        ),
        "train-labels-idx1-ubyte.gz": (
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"
        ),
    },
}
"""SHA-256 of the contents of each file, decompressed."""

_MIRRORS = {
    "mnist": (
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    "fashion-mnist": (
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
}

_CLOTHES = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
]  # fmt: skip


def digits() -> Dataset:
    """1797 handwritten digits: x (1797, 64) uint8, 8x8 pixels of 0 to 16; y 0 to 9.

    Of the UCI repository (E. Alpaydin and C. Kaynak 1998, CC BY 4.0); see files/CREDITS.md.

    >>> digits().describe()
    'digits: 1797 rows, 64 features, 10 classes (0, 1, 2, 3, 4, 5, 6, 7, 8, 9)'
    """
    text = contents(Path(__file__).parent / "files" / "digits.csv.gz").decode("ascii")
    table = np.array(text.replace("\n", ",").strip(",").split(","), dtype=object)
    table = table.astype(np.float64).astype(np.uint8).reshape(-1, 65)
    return Dataset(
        np.ascontiguousarray(table[:, :64]),
        table[:, 64],
        "classification",
        [str(i) for i in range(10)],
        "digits",
        [f"pixel_{row}_{column}" for row in range(8) for column in range(8)],
    )


def mnist(**options: Any) -> Dataset:
    """Handwritten digits: x (60000, 28, 28) uint8, y 0 to 9; 10000 more as `.test`.

    From the folder in `BACKPROP_DATA` or the cache, else downloaded once into the cache.

    Args:
        options: passed on to `backprop.data.fetch.get`.

    Raises:
        DownloadError: the files are not here and cannot be had.
        ValueError: a file is damaged or belongs to another data set.
    """
    return _images("mnist", [str(i) for i in range(10)], options)


def fashion_mnist(**options: Any) -> Dataset:
    """Clothing: x (60000, 28, 28) uint8, y one of 10 kinds; 10000 more as `.test`.

    As `mnist` in all else.
    """
    return _images("fashion-mnist", _CLOTHES, options)


def _images(name: str, classes: list[str], options: Any) -> Dataset:
    files = get(name, _FILES[name], _MIRRORS[name], **options)
    _refuse_other(name, files)
    parts: list[Dataset] = []
    for part in ("t10k", "train"):
        file = f"{part}-images-idx3-ubyte.gz"
        x = parse_idx(files[file], f"{name}: {file}")
        if x.ndim != 3 or x.dtype != np.uint8 or x.shape[1:] != (28, 28):
            raise ValueError(
                f"{name}: {file}: got {x.dtype} of shape {x.shape}, wanted uint8 (N, 28, 28)"
            )
        file = f"{part}-labels-idx1-ubyte.gz"
        y = parse_idx(files[file], f"{name}: {file}")
        test = parts[0] if parts else None
        parts.append(Dataset(x, y, "classification", classes, name, test=test))
    return parts[1]


def _refuse_other(name: str, files: dict[str, bytes]) -> None:
    """These data sets name their files alike: say so if the folder holds the other one's."""
    import hashlib

    for file in ("train-labels-idx1-ubyte.gz", "t10k-labels-idx1-ubyte.gz"):
        digest = hashlib.sha256(files[file]).hexdigest()
        for other, known in _FILES.items():
            if other != name and known[file] == digest:
                raise ValueError(
                    f"BACKPROP_DATA: its {file} belongs to {other}, wanted that of {name}; "
                    f"put the two sets into folders {other} and {name}"
                )


BUILTIN = {"digits": digits, "mnist": mnist, "fashion-mnist": fashion_mnist}
