"""scikit-learn's MLPClassifier and MLPRegressor."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from .. import mnist
from ..case import MOMENTUM, Case
from .base import Contender, Step


class PartialFit(Contender):
    """One `partial_fit` on one batch: a training step with its own solver.

    What differs: each call also checks its input and makes targets one-hot; a regression's loss
    is half the squared error. There is no L2 penalty here. An epoch is one `fit` with max_iter=1,
    which draws new weights.
    """

    packages = ("scikit-learn", "numpy")

    def loss(self, result: Any) -> float | None:
        return float(result.loss_ * (2 if isinstance(result, MLPRegressor) else 1))

    def mlp(self, case: Case) -> Step:
        x, y = case.data()
        warnings.simplefilter("ignore")
        model: Any
        if case.outputs == 1:
            y = y.ravel()
            model = MLPRegressor(**_settings(case)).partial_fit(x, y)
        else:
            model = MLPClassifier(**_settings(case))
            model.partial_fit(x, y, classes=np.arange(case.outputs))
        for i, (weight, bias) in enumerate(case.layers()):
            model.coefs_[i][...], model.intercepts_[i][...] = weight, bias
        return lambda: model.partial_fit(x, y)

    def epoch(self, case: Case) -> Step:
        warnings.simplefilter("ignore")

        def run() -> Any:
            images, labels = mnist.read(self.folder)
            x = images.reshape(len(images), -1).astype(np.float32) / np.float32(255)
            model = MLPClassifier(**_settings(case) | {"shuffle": True, "max_iter": 1})
            return model.fit(x, labels)

        return run


def _settings(case: Case) -> dict[str, Any]:
    return {
        "hidden_layer_sizes": case.sizes[1:-1], "solver": case.optimizer, "alpha": 0.0,
        "batch_size": case.batch, "learning_rate_init": case.lr, "momentum": MOMENTUM,
        "nesterovs_momentum": False, "shuffle": False, "random_state": 0,
    }  # fmt: skip
