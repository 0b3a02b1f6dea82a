"""Compiled loops on disk, so that a program's second run finds those of its first."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from ...folders import cache_dir


def folder() -> Path:
    """Where they are kept: BACKPROP_CACHE, or the user's own folder for such things."""
    given = os.environ.get("BACKPROP_CACHE")
    return Path(given) / "loops" if given else cache_dir() / "loops"


@cache
def _sources() -> str:
    """A mark of what the texts may use: compiled code keeps what it was compiled with, whatever
    becomes of that."""
    digest = hashlib.sha256()
    for part in ("compiled", "programs"):
        for path in sorted((Path(__file__).parents[1] / part).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def function(text: str, name: str) -> Any:
    """The function of this name in a module of this text."""
    return module(text)[name]


def module(text: str) -> dict[str, Any]:
    """What is in a module of this text, compiled code and all.

    The module is a file, for Numba keeps what it compiled beside it. Where none can be written the
    function is made without, and compiled anew by every process.
    """
    text = f"# {_sources()}\n{text}"
    key = f"loop_{hashlib.sha256(text.encode()).hexdigest()[:24]}"
    path = folder() / f"{key}.py"
    try:
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".part")
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(draft, path)  # whole or not at all, whoever else is writing it
        spec = importlib.util.spec_from_file_location(f"backprop_{key}", path)
        made = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        sys.modules[made.__name__] = made  # where Numba looks for what it kept
        spec.loader.exec_module(made)  # type: ignore[union-attr]
        return vars(made)
    except OSError:
        scope: dict[str, Any] = {}
        exec(compile(text.replace("cache=True", "cache=False"), f"<{key}>", "exec"), scope)
        return scope
