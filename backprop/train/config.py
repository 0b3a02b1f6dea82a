"""Settings as TOML files."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..io import write_text
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
