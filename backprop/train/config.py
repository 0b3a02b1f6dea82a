"""Settings as TOML files."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .settings import known_names


def read_config(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The settings in a TOML file, by field name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not TOML, or holds a name that is no setting.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"config: there is no file {path}")
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"config: {path} is not TOML: {error}") from error
    return known_names(given, f"config: {path}")


def write_config(path: str | os.PathLike[str], settings: Mapping[str, Any], comment: str) -> None:
    """Write settings as TOML, whole or not at all; None is left out."""
    import tomli_w  # of the extra `cli`

    given = {name: value for name, value in settings.items() if value is not None}
    write_text(path, f"# {comment}\n{tomli_w.dumps(given)}")


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a text file whole or not at all: beside its place first, then renamed."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file whole or not at all."""
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
