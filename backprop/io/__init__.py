"""Files: tensors by name, in formats that hold data and cannot hold code."""

from .tensors import FileFormatError, load_tensors, save_tensors

__all__ = ["FileFormatError", "load_tensors", "save_tensors"]
