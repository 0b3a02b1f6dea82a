"""backprop sample"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ..train.bundle import load_bundle
from ..train.sample import sample as drawn
from . import options as o


def sample(
    directory: o.RunDir,
    length: Annotated[
        int, typer.Option("--length", metavar="N", help="How many characters to write.")
    ] = 500,
    prompt: Annotated[
        str | None,
        typer.Option(
            "--prompt", metavar="TEXT", show_default=False,
            help="What the text begins with. Default: a new line.",
        ),
    ] = None,
    temperature: Annotated[
        float,
        typer.Option(
            "--temperature", metavar="T",
            help="Below 1 the likely is written more often; 0: always the likeliest.",
        ),
    ] = 1.0,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the draws.")] = 0,
    device: o.Device = None,
) -> None:  # fmt: skip
    """Write a text with a network that was trained on one.

    Example: backprop sample runs/input-20260101-120000 --prompt "KING:" --length 300
    """
    bundle = load_bundle(directory)
    begin = "\n" if prompt is None else prompt
    for character in drawn(bundle, length, begin, temperature, seed, device or "auto"):
        sys.stdout.write(character)
        sys.stdout.flush()
    sys.stdout.write("\n")
