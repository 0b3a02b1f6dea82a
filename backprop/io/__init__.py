"""Files: tensors by name, in formats that hold data and cannot hold code."""

from .files import check_place, write_bytes, write_text
from .tensors import FileFormatError, load_tensors, save_tensors

__all__ = [
    "FileFormatError", "check_place", "load_tensors", "save_tensors", "write_bytes", "write_text",
]  # fmt: skip
