"""Errors as one clear paragraph and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from backends import BackendError

from ..data import DownloadError
from ..train import NonFiniteLossError
from .show import complain

USAGE, FAILURE, INTERRUPTED = 2, 1, 130


class Stop(Exception):
    """Ends the command with an exit code; all was said already."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """In this context, errors become a message on standard error and a Stop.

    2: what was asked for makes no sense or is not here. 1: it failed while running.
    """
    from typer import Abort, Exit
    from typer.exceptions import TyperException

    try:
        yield
    except (Stop, Exit, Abort, TyperException):
        raise
    except KeyboardInterrupt:
        complain("interrupted")
        raise Stop(INTERRUPTED) from None
    except BrokenPipeError:  # the reader of a pipe has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Stop(FAILURE) from None
    except Exception as error:
        if debug:
            raise
        message, code = explain(error)
        complain(message)
        raise Stop(code) from None


def explain(error: Exception) -> tuple[str, int]:
    """What to say of an error, and the exit code."""
    text = str(error) or type(error).__name__
    if isinstance(error, NonFiniteLossError):
        return text, FAILURE
    if isinstance(error, (DownloadError, MemoryError)):
        return (text if isinstance(error, DownloadError) else f"not enough memory: {text}"), FAILURE
    if isinstance(error, OSError) and error.strerror:
        names = " -> ".join(str(f) for f in (error.filename, error.filename2) if f is not None)
        wrong = isinstance(error, (FileNotFoundError, IsADirectoryError, NotADirectoryError,
                                   PermissionError))  # fmt: skip
        text = f"{names}: {error.strerror}" if names else error.strerror
        return text, USAGE if wrong else FAILURE
    if isinstance(error, (ValueError, FileNotFoundError, BackendError, TypeError)):
        return text, USAGE
    if isinstance(error, (ImportError, OSError)):
        return text, FAILURE
    return (
        f"{type(error).__name__}: {text}\nThis is a fault in backprop; "
        "--debug shows where it happened.",
        FAILURE,
    )
