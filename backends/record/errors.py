"""What a recording cannot do, and the user's line that asked for it."""

from __future__ import annotations

import sys
from pathlib import Path


class CaptureError(RuntimeError):
    """Something that a recording cannot do again; the message shows the line and the way out."""


class NoAttributeError(CaptureError, AttributeError):
    """A recorded array has no such attribute."""


class NotNowError(CaptureError):
    """This call does something once and for all; the next can be recorded."""


_OURS = ("backends", "backprop")


def where() -> str:
    """The user's line that is running, in words for the end of a message; the first frame of the
    stack that is neither ours nor the interpreter's."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.partition(".")[0] not in _OURS and not name.startswith(("functools", "contextlib")):
            import linecache

            file, line = frame.f_code.co_filename, frame.f_lineno
            text = linecache.getline(file, line).strip()
            return f" ({Path(file).name}, line {line}{': ' + text if text else ''})"
        frame = frame.f_back  # type: ignore[assignment]
    return ""
