"""Using a saved model: raw rows in, predictions or a judgement out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..data import Characters
from ..optim import SGD
from .build import build_loss, loss_units
from .bundle import Bundle
from .confusion import confusion_matrix
from .metrics import Accuracy, CharacterAccuracy, Metric, Regression
from .trainer import Trainer


class Prediction(NamedTuple):
    """Of a classification the class names and probabilities (N, K), of a regression the values
    (N, T) in the target's own units; the others are None."""

    classes: list[str] | None
    probabilities: np.ndarray | None
    values: np.ndarray | None


class Judgement(NamedTuple):
    """Loss and metrics on raw rows, and the confusion matrix of a classification."""

    metrics: dict[str, float]
    confusion: np.ndarray | None


def _trainer(bundle: Bundle, device: str) -> Trainer:
    pre = bundle.preprocessor
    metric: Metric
    if isinstance(pre, Characters):
        metric = CharacterAccuracy()
    else:
        metric = Accuracy() if pre.classes is not None else Regression(pre.target_scale)
    optimizer = SGD(bundle.model.parameters())  # a Trainer has one; it is not used
    return Trainer(
        bundle.model, build_loss(bundle.settings), optimizer, device=device, metric=metric,
        callbacks=[],
    )  # fmt: skip


def _probabilities(scores: np.ndarray) -> np.ndarray:
    """(N, K) of logits (N, K), or of one logit a row for two classes."""
    z = scores.astype(np.float64)
    if z.shape[1] == 1:
        z = np.concatenate([np.zeros_like(z), z], axis=1)
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def predict(
    bundle: Bundle, rows: Any, device: str = "auto", notes: list[str] | None = None
) -> Prediction:
    """Predictions for raw rows, in their order.

    Args:
        bundle: what `load_bundle` gives.
        rows: raw rows, as `backprop.data.load_rows` gives them.
        device: where to compute.
        notes: a list that sentences about the rows go to.
    """
    pre = bundle.preprocessor
    if isinstance(pre, Characters):
        raise ValueError("the model writes texts, it does not predict rows: use backprop sample")
    x = pre.transform(rows, bundle.settings.dtype, notes)
    scores = _trainer(bundle, device).predict(x)
    if pre.classes is None:
        return Prediction(None, None, pre.inverse_target(scores))
    chances = _probabilities(scores)
    names = [pre.classes[i] for i in chances.argmax(axis=1)]
    return Prediction(names, chances, None)


def evaluate(
    bundle: Bundle, rows: Any, device: str = "auto", notes: list[str] | None = None
) -> Judgement:
    """Loss and metrics on raw rows that hold their target.

    Raises:
        ValueError: they do not hold it, or values that make no sense.
    """
    pre, dtype = bundle.preprocessor, bundle.settings.dtype
    if isinstance(pre, Characters):
        return Judgement(_trainer(bundle, device).evaluate(rows, 64), None)
    y = pre.transform_target(rows, dtype)
    x = pre.transform(rows, dtype, notes)
    trainer = _trainer(bundle, device)
    metrics = trainer.evaluate((x, y))
    if pre.classes is None:
        if len(pre.target_scale) == 1:
            metrics["loss"] *= loss_units(bundle.settings.loss or "", pre.target_scale[0])
        return Judgement(metrics, None)
    predicted = _probabilities(trainer.predict(x)).argmax(axis=1)
    return Judgement(metrics, confusion_matrix(y, predicted, len(pre.classes)))
