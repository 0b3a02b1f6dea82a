"""scikit-learn's functions and estimators, under config_context(array_api_dispatch=True)."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from others_cases import IN_PLACE, Constant, Refused, Works
from sklearn import (
    covariance,
    cross_decomposition,
    decomposition,
    gaussian_process,
    kernel_approximation,
    kernel_ridge,
    linear_model,
    metrics,
    mixture,
    model_selection,
    naive_bayes,
    preprocessing,
)
from sklearn.cluster import KMeans
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import pairwise
from sklearn.utils import extmath

_rng = np.random.default_rng(0)
A, B = _rng.normal(size=(8, 3)), _rng.normal(size=(5, 3))
Y = _rng.normal(size=8)
GUESS = Y + 0.3 * _rng.normal(size=8)
POSITIVE, CLOSE = np.abs(Y) + 0.5, np.abs(GUESS) + 0.5
LABELS = np.array([0, 1, 1, 0, 1, 0, 1, 0])
CHANCE = _rng.uniform(0.05, 0.95, size=8)
GRAM = A @ A.T


def like(x: Any, values: np.ndarray) -> Any:
    """An array of x's library."""
    return array_namespace(x).asarray(values)


def _each_output(metric: Callable[..., Any]) -> Callable[..., Any]:
    """A metric as an array with a number for each column; averaged it would be Python's float."""
    return lambda y, guess: metric(y, guess, multioutput="raw_values")


def _metrics(names: str, *args: np.ndarray) -> list[Works]:
    return [
        Works(f'metrics.{n}(multioutput="raw_values")', _each_output(getattr(metrics, n)), args)
        for n in names.split()
    ]


def _pairwise(names: str, *args: np.ndarray, torch_says: str = "") -> list[Works]:
    return [
        Works(f"metrics.pairwise.{n}", getattr(pairwise, n), args, torch_says=torch_says)
        for n in names.split()
    ]


def _transformed(
    module: str, estimators: list[tuple[str, Any, np.ndarray]], torch_says: str = ""
) -> list[Works]:
    return [
        Works(f"{module}.{n}", lambda x, e=e: e().fit_transform(x), (x,), torch_says=torch_says)
        for n, e, x in estimators
    ]


TWO, THEIRS = np.stack([Y, 2 - Y], axis=1), np.stack([GUESS, 2.3 - Y**2], axis=1)
PLUS, MORE = np.stack([POSITIVE, CLOSE], axis=1), np.stack([CLOSE, POSITIVE + 0.3], axis=1)

WORKS = [
    *_metrics("r2_score explained_variance_score mean_squared_error root_mean_squared_error mean_absolute_error "
              "mean_absolute_percentage_error mean_pinball_loss", TWO, THEIRS),
    *_metrics("mean_squared_log_error root_mean_squared_log_error", PLUS, MORE),
    *_pairwise("euclidean_distances manhattan_distances linear_kernel polynomial_kernel sigmoid_kernel rbf_kernel "
               "laplacian_kernel", A, B),
    *_pairwise("cosine_distances cosine_similarity", A, B, torch_says=IN_PLACE),
    *_pairwise("chi2_kernel additive_chi2_kernel", np.abs(A), np.abs(B)),
    *_pairwise("paired_euclidean_distances", B, A[:5]), *_pairwise("paired_cosine_distances", B, A[:5], torch_says=IN_PLACE),
    *_transformed("preprocessing", [
        ("MinMaxScaler", preprocessing.MinMaxScaler, A), ("MaxAbsScaler", preprocessing.MaxAbsScaler, A),
        ("KernelCenterer", preprocessing.KernelCenterer, GRAM),
        ("StandardScaler(with_std=False)", lambda: preprocessing.StandardScaler(with_std=False), A),
    ]),
    *_transformed("preprocessing", [
        ("Normalizer", preprocessing.Normalizer, A), ("PolynomialFeatures", preprocessing.PolynomialFeatures, A),
    ], IN_PLACE),
    Works("preprocessing.normalize", preprocessing.normalize, (A,), torch_says=IN_PLACE),
    Works("preprocessing.minmax_scale", preprocessing.minmax_scale, (A,), torch_says="argument 'dtype' must be"),
    *_transformed("decomposition", [
        ("PCA", lambda: decomposition.PCA(2, svd_solver="full"), A),
        ("PCA", lambda: decomposition.PCA(2, svd_solver="covariance_eigh", whiten=True), A),
    ], IN_PLACE),
    Works("decomposition.PCA", lambda x: decomposition.PCA(2, svd_solver="full").fit(x).explained_variance_, (A,),
          torch_says=IN_PLACE),
    Works("linear_model.Ridge", lambda x, y: linear_model.Ridge(solver="svd").fit(x, y).coef_, (A, Y)),
    Works("linear_model.Ridge", lambda x, y, new: linear_model.Ridge(solver="svd").fit(x, y).predict(new), (A, Y, B)),
    Works("linear_model.RidgeCV", lambda x, y: linear_model.RidgeCV().fit(x, y).coef_, (A, Y)),
    Works("discriminant_analysis.LinearDiscriminantAnalysis",
          lambda x: LinearDiscriminantAnalysis().fit(x, like(x, LABELS)).transform(x), (A,),
          torch_says=IN_PLACE),
    Works("naive_bayes.GaussianNB", lambda x: naive_bayes.GaussianNB().fit(x, like(x, LABELS)).predict_log_proba(x), (A,)),
    Works("kernel_approximation.Nystroem",
          lambda x: kernel_approximation.Nystroem(n_components=3, random_state=0).fit_transform(x), (A,)),
    Works("model_selection.train_test_split", lambda x: model_selection.train_test_split(x, random_state=0), (A,)),
    Works("utils.extmath.softmax", extmath.softmax, (A,), torch_says=IN_PLACE),
    Works("utils.extmath.row_norms", extmath.row_norms, (A,)),
    Works("utils.extmath.randomized_svd",
          lambda x: extmath.randomized_svd(x, 2, random_state=0, power_iteration_normalizer="QR")[1], (A,),
          torch_says=IN_PLACE),
]  # fmt: skip

CONSTANT = [
    *[Constant(f"metrics.{n}", getattr(metrics, n), (Y, GUESS)) for n in
      ["r2_score", "explained_variance_score", "mean_squared_error", "root_mean_squared_error", "mean_absolute_error",
       "mean_absolute_percentage_error", "max_error", "mean_pinball_loss", "d2_pinball_score", "d2_absolute_error_score"]],
    *[Constant(f"metrics.{n}", getattr(metrics, n), (POSITIVE, CLOSE)) for n in
      ["mean_squared_log_error", "root_mean_squared_log_error", "mean_poisson_deviance", "mean_gamma_deviance",
       "mean_tweedie_deviance", "d2_tweedie_score"]],
    *[Constant(f"metrics.{n}", lambda p, n=n: getattr(metrics, n)(like(p, LABELS), p), (CHANCE,)) for n in
      ["log_loss", "brier_score_loss", "average_precision_score"]],
    *[Constant(f"metrics.{n}", lambda x, n=n: getattr(metrics, n)(x, x), (LABELS,)) for n in
      ["accuracy_score", "zero_one_loss", "f1_score", "confusion_matrix"]],
    Constant("preprocessing.LabelEncoder", lambda x: preprocessing.LabelEncoder().fit_transform(x), (LABELS,)),
    Constant("preprocessing.label_binarize", lambda x: preprocessing.label_binarize(x, classes=x[:2]), (LABELS,)),
]  # fmt: skip


def _fit(estimator: Any, *args: Any) -> Callable[..., Any]:
    return lambda *xs: estimator.fit(*xs)


REFUSED = [
    Refused("preprocessing.RobustScaler", _fit(preprocessing.RobustScaler()), (A,)),
    Refused("preprocessing.scale", preprocessing.scale, (A,)),
    Refused("metrics.median_absolute_error", metrics.median_absolute_error, (Y, GUESS)),
    Refused("linear_model.LinearRegression", _fit(linear_model.LinearRegression()), (A, Y)),
    Refused("linear_model.LogisticRegression",
            lambda x: linear_model.LogisticRegression().fit(x, like(x, LABELS)), (A,)),
    Refused("covariance.EmpiricalCovariance", _fit(covariance.EmpiricalCovariance()), (A,)),
    Refused("gaussian_process.kernels.RBF", lambda x: gaussian_process.kernels.RBF()(x), (A,)),
    Refused("kernel_ridge.KernelRidge", _fit(kernel_ridge.KernelRidge()), (A, Y), AttributeError, "'flat'"),
    Refused("preprocessing.PowerTransformer", _fit(preprocessing.PowerTransformer()), (A,), TypeError, "Tensors take none"),
    Refused("cluster.KMeans", _fit(KMeans(2, n_init=1)), (A,), TypeError, "Tensors take none"),
    Refused("covariance.LedoitWolf", _fit(covariance.LedoitWolf()), (A,), TypeError, "Tensors take none"),
    Refused("cross_decomposition.PLSRegression", _fit(cross_decomposition.PLSRegression()), (A, Y), TypeError,
            "does not support ufuncs"),
    # It passes the order of a difference by position, which the standard does not allow.
    Refused("metrics.roc_auc_score", lambda p: metrics.roc_auc_score(like(p, LABELS), p), (CHANCE,), TypeError, "diff"),
    # It writes to covariances[k] and expects the whole to change; a Tensor's part is a Tensor of its own.
    Refused('mixture.GaussianMixture(covariance_type="full")',
            _fit(mixture.GaussianMixture(init_params="random_from_data", random_state=0)), (A,), ValueError,
            "ill-defined empirical covariance"),
]  # fmt: skip
