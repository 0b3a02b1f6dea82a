"""Where things that can be had again are kept on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_dir() -> Path:
    """The folder for downloaded data, compiled loops and the like, by the custom of the system.

    `$XDG_CACHE_HOME/backprop` or `~/.cache/backprop` on Linux, `~/Library/Caches/backprop` on
    macOS, `%LOCALAPPDATA%\\backprop\\Cache` on Windows.

    >>> "backprop" in str(cache_dir())
    True
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base) / "backprop" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "backprop"
    custom = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(custom) if os.path.isabs(custom) else Path.home() / ".cache"
    return Path(base) / "backprop"
