"""The `backprop` command. What it is made of is imported only when it runs."""

from __future__ import annotations

import sys

_NEEDED = ("typer", "rich", "matplotlib", "threadpoolctl")


def main() -> None:
    """The console entry: run the command line in sys.argv and exit."""
    try:
        sys.exit(_main(sys.argv[1:]))
    except KeyboardInterrupt:  # while the command was still being imported
        sys.exit(130)


def _main(arguments: list[str]) -> int:
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in _NEEDED):
        print(
            'the backprop command needs the "cli" extra: pip install "backprop-array[cli]"',
            file=sys.stderr,
        )
        return 1
    from .app import run

    return run(arguments)
