"""The commands and what is common to them."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from .compare import compare
from .compare_devices import compare_devices
from .devices import devices
from .errors import Stop, guarded
from .evaluate import evaluate
from .predict import predict
from .sample import sample
from .show import say
from .train import train


class _Guarded(TyperGroup):
    """A group whose commands end in a message, not in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        with guarded(bool(ctx.params.get("debug"))):
            return super().invoke(ctx)


app = typer.Typer(
    cls=_Guarded,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        import backprop

        say(f"backprop {backprop.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (anywhere in the line).")
    ] = False,
) -> None:
    """Train networks by backpropagation, on the CPU or on CUDA, and use them.

    Begin with: [bold]backprop train digits[/bold]
    """


app.command()(train)
app.command()(predict)
app.command()(evaluate)
app.command()(sample)
app.command()(compare)
app.command()(compare_devices)
app.command()(devices)


def run(arguments: list[str]) -> int:
    """Run a command line; its exit code."""
    arguments = ["--debug"] * ("--debug" in arguments) + [a for a in arguments if a != "--debug"]
    try:
        app(arguments, prog_name="backprop")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Stop as stop:
        return stop.code
    return 0
