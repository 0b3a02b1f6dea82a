"""Data: sets by name, tables and arrays from files, splits, preprocessing, batches.

source = load("digits")                    # or a CSV file, or an .npz file
parts = prepare(source, (0.8, 0.1, 0.1), seed=0)
for x, y in DataLoader(parts.train, batch_size=32, shuffle=True, seed=0):
    ...
"""

from backends.folders import cache_dir

from .builtin import digits, fashion_mnist, mnist
from .csvfile import read_table
from .dataset import Dataset
from .fetch import DownloadError
from .idx import read_idx
from .load import load, load_rows
from .loader import DataLoader
from .prepare import Prepared, prepare
from .preprocess import Preprocessor
from .split import split
from .table import Column, Table
from .target import tell_task
from .text import Characters, Text, prepare_text, read_text

__all__ = [
    "Characters",
    "Column",
    "DataLoader",
    "Dataset",
    "DownloadError",
    "Prepared",
    "Preprocessor",
    "Table",
    "Text",
    "cache_dir",
    "digits",
    "fashion_mnist",
    "load",
    "load_rows",
    "mnist",
    "prepare",
    "prepare_text",
    "read_idx",
    "read_table",
    "read_text",
    "split",
    "tell_task",
]
