"""scikit-learn's MLPClassifier and MLPRegressor."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ..cases import LR, MOMENTUM, Case
from .base import Contender, Step


class PartialFit(Contender):
    """One `partial_fit` on one batch: a training step with its own solver and input checks.

    Its loss is half the squared error, with no L2 penalty here.
    """

    packages = ("scikit-learn", "numpy")

    def mlp(self, case: Case) -> Step:
        settings: dict[str, Any] = {
            "hidden_layer_sizes": case.sizes[1:-1], "solver": case.optimizer, "alpha": 0.0,
            "batch_size": case.batch, "learning_rate_init": LR, "momentum": MOMENTUM,
            "nesterovs_momentum": False, "shuffle": False, "random_state": 0,
        }  # fmt: skip
        x, y = case.data()
        warnings.simplefilter("ignore")
        if case.sizes[-1] == 1:
            model, target = MLPRegressor(**settings), y.ravel()
            return lambda: model.partial_fit(x, target)
        classes = np.arange(case.sizes[-1])
        classifier = MLPClassifier(**settings).partial_fit(x, y, classes=classes)
        return lambda: classifier.partial_fit(x, y)
