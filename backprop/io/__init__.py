"""Files: tensors by name, in formats that hold data and cannot hold code."""

from .files import write_bytes, write_text
from .tensors import FileFormatError, load_tensors, save_tensors

__all__ = ["FileFormatError", "load_tensors", "save_tensors", "write_bytes", "write_text"]
