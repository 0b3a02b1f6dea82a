"""Files that appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file beside its place first, then rename it."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def check_place(directory: str | os.PathLike[str], name: str = "out") -> None:
    """Raise ValueError, naming the argument, unless the directory can be made and written to."""
    above = Path(directory)
    while not above.exists() and above != above.parent:
        above = above.parent
    if not above.is_dir():
        raise ValueError(f"{name}: {directory} cannot be made, since {above} is a file")
    if not os.access(above, os.W_OK | os.X_OK):
        raise ValueError(f"{name}: {directory} cannot be made: no permission to write in {above}")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """The same for text, as UTF-8."""
    write_bytes(path, text.encode("utf-8"))
