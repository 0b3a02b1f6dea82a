"""backprop compare"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Annotated, Any

import typer

from ..train import NonFiniteLossError
from ..train.architecture import KINDS, architecture
from ..train.experiment import Data, Experiment, Result
from ..train.settings import Settings
from . import options as o
from .devices import device_line
from .show import console, in_options, on_terminal, rows_table, say
from .train import configured

_MODELS = ("linear", "mlp:32", "mlp:64,64")


@dataclass(frozen=True)
class Candidate:
    """A model, trained once for each seed."""

    model: str
    results: list[Result]

    def scores(self, part: str, metric: str) -> list[float]:
        """The metric on a part, for each seed."""
        found = [r.metrics[part] for r in self.results]
        return [m[metric] for m in found if m is not None]


def compare(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="DATA", show_default=False, help="digits, mnist, fashion-mnist or a file."
        ),
    ] = None,
    models: Annotated[
        list[str] | None,
        typer.Option(
            "--models",
            metavar="MODEL...",
            show_default=False,
            help=f"The models, one after another. Default: {' '.join(_MODELS)}.",
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option("--seeds", metavar="N", help="Trainings of each model.")
    ] = 5,
    target: o.Target = None,
    task: o.Task = None,
    test: o.Test = None,
    split: o.Split = None,
    activation: o.Activation = None,
    dropout: o.Dropout = None,
    input_dropout: o.InputDropout = None,
    dtype: o.Dtype = None,
    loss: o.Loss = None,
    optimizer: o.OptimizerName = None,
    lr: o.Lr = None,
    momentum: o.Momentum = None,
    l2: o.L2 = None,
    l1: o.L1 = None,
    epochs: o.Epochs = None,
    batch_size: o.BatchSize = None,
    patience: o.Patience = None,
    clip_norm: o.ClipNorm = None,
    device: o.Device = None,
    seed: o.Seed = None,
    config: o.Config = None,
) -> None:
    """Train several models on one split, each from several seeds, and choose by validation.

    Example: backprop compare digits --models linear mlp:32 mlp:64,64 --seeds 5
    """
    here = {k: v for k, v in locals().items() if v is not None}
    given = {k: v for k, v in here.items() if k not in ("words", "models", "seeds", "config")}
    data, named = _apart(words or [], models or [])
    if data is not None:
        given["data"] = data
    settings = configured(given, config)
    settings = replace(settings, split_seed=settings.split_by)
    if seeds < 1:
        raise ValueError(f"seeds: got {seeds}, wanted a whole number of at least 1")
    if settings.fractions[1] == 0:
        raise ValueError(
            f"split: got {settings.split!r}, wanted a validation part above 0: models are chosen "
            "by it"
        )
    for model in named:
        architecture(model)
    say(device_line(settings.device))
    parts = Data.read(settings)
    say(f"data: {parts.description}")
    for note in parts.prepared.notes:
        say(f"  {in_options(note)}")
    candidates = _train_all(settings, parts, list(dict.fromkeys(named)), seeds)
    _report(candidates, seeds)


def _apart(words: Sequence[str], models: Sequence[str]) -> tuple[str | None, list[str]]:
    """The data and the models: words after `--models A` are models too, and DATA may come last."""
    rest = list(words)
    data = next((w for w in rest if w.partition(":")[0] not in KINDS), None)
    if data is not None:
        rest.remove(data)
    return data, [*models, *rest] or list(_MODELS)


def _train_all(
    settings: Settings, data: Data, models: Sequence[str], seeds: int
) -> list[Candidate]:
    candidates = []
    watched = on_terminal()
    for number, model in enumerate(models, 1):
        results = []
        for seed in range(settings.seed, settings.seed + seeds):
            said = f"{model} ({number} of {len(models)}), seed {seed}"
            with console().status(said) if watched else nullcontext():
                results.append(_train(replace(settings, model=model, seed=seed), data))
        candidates.append(Candidate(model, results))
        seconds = sum(r.history.seconds for r in results)
        say(f"{model}: {seeds} trainings in {seconds:.1f} s")
    return candidates


def _train(settings: Settings, data: Data) -> Result:
    try:
        result = Experiment(settings, data).run()
    except NonFiniteLossError as error:
        said = f"model {settings.model}, seed {settings.seed}: {error}"
        raise NonFiniteLossError(said, error.epoch, error.batch, error.layer) from error
    if result.interrupted:
        raise KeyboardInterrupt
    return result


def _spread(values: Sequence[float], metric: str) -> str:
    deviation = stdev(values) if len(values) > 1 else 0.0
    if metric == "accuracy":
        return f"{mean(values):.2%} ± {deviation:.2%}"
    return f"{mean(values):.4g} ± {deviation:.2g}"


def _report(candidates: Sequence[Candidate], seeds: int) -> None:
    first = candidates[0].results[0].metrics["validation"] or {}
    metric = "accuracy" if "accuracy" in first else "rmse"
    sign = -1.0 if metric == "accuracy" else 1.0
    best = min(candidates, key=lambda c: sign * mean(c.scores("validation", metric)))
    header: list[tuple[str, Any]] = [
        ("model", "left"), (f"validation {metric}", "right"), ("best", "right"),
        ("parameters", "right"), ("seconds each", "right"), ("", "left"),
    ]  # fmt: skip
    rows = []
    for c in candidates:
        scores = c.scores("validation", metric)
        top = max(scores) if metric == "accuracy" else min(scores)
        rows.append([
            c.model, _spread(scores, metric),
            f"{top:.2%}" if metric == "accuracy" else f"{top:.4g}",
            f"{c.results[0].parameters:,}",
            f"{mean(r.history.seconds for r in c.results):.2f}",
            "chosen" if c is best else "",
        ])  # fmt: skip
    rows_table(header, rows)
    say(f"mean ± standard deviation over {seeds} seeds of the first weights; one split for all")
    test = best.scores("test", metric)
    if test:
        say(f"chosen: {best.model}, with test {metric} {_spread(test, metric)}")
        say(
            "The test part judges the chosen model only: a choice made by its score would make "
            "that score too good."
        )
    else:
        say(f"chosen: {best.model} (there is no test part)")
