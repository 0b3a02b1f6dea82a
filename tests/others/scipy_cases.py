"""SciPy's functions that take arrays of any library (with SCIPY_ARRAY_API=1 in the environment)."""

# ruff: noqa: E501  (the tables read better in rows)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from others_cases import IN_PLACE, VIEW, Constant, Refused, Works
from scipy import (
    cluster,
    constants,
    differentiate,
    fft,
    integrate,
    interpolate,
    linalg,
    ndimage,
    optimize,
    signal,
    spatial,
    special,
    stats,
)
from scipy.optimize import elementwise
from scipy.spatial.transform import RigidTransform, Rotation, Slerp

_rng = np.random.default_rng(0)
V, W, X = _rng.normal(size=8), _rng.normal(size=8), _rng.normal(size=(6, 3))
P, Q = _rng.uniform(0.1, 0.9, size=6), _rng.uniform(0.1, 0.9, size=6)
POSITIVE = _rng.uniform(0.2, 2.0, size=(5, 3))
QUATERNION, OTHER, VECTOR = _rng.normal(size=4), _rng.normal(size=4), _rng.normal(size=3)
SYMMETRIC = (lambda a: a @ a.T + 3 * np.eye(3))(_rng.normal(size=(3, 3)))
NUMBER = np.array(1.3)


def like(x: Any, values: Any) -> Any:
    """Numbers as an array of x's library and dtype."""
    return array_namespace(x).asarray(values, dtype=x.dtype)


def exp(x: Any) -> Any:
    return array_namespace(x).exp(x)


# --------------------------------------------------------------- functions of a parameter


def cubature(a: Any) -> Any:
    return integrate.cubature(lambda t: exp(-a * t[:, 0]), like(a, [0.0]), like(a, [1.0])).estimate


def nsum(a: Any) -> Any:
    return integrate.nsum(lambda k, a: exp(-a * k), like(a, 1.0), like(a, 10.0), args=(a,)).sum


def tanhsinh(a: Any) -> Any:
    return integrate.tanhsinh(
        lambda t, a: exp(-a * t), like(a, 0.0), like(a, 1.0), args=(a,)
    ).integral


def find_root(a: Any) -> Any:
    ends = like(a, 0.0), like(a, 3.0)
    return elementwise.find_root(lambda x, a: x * x - a, ends, args=(a,)).x


def find_roots(a: Any) -> Any:
    ends = like(a, -5.0), like(a, 3.0)
    return elementwise.find_root(lambda x, a: exp(x) - a * a, ends, args=(a,)).x


def bracket_root(a: Any) -> Any:
    return elementwise.bracket_root(lambda x, a: x * x - a, like(a, 0.0), args=(a,)).bracket


def bracket_from(start: Any) -> Any:
    return elementwise.bracket_root(lambda x: x * x - 2, start).bracket


def find_minimum(a: Any) -> Any:
    bracket = like(a, 0.0), like(a, 1.0), like(a, 3.0)
    return elementwise.find_minimum(lambda x, a: (x - a) ** 2, bracket, args=(a,)).x


def minimum_of_exp(a: Any) -> Any:
    """Of exp(x) - a x: at x = log a."""
    bracket = like(a, -3.0), like(a, 0.1), like(a, 3.0)
    return elementwise.find_minimum(lambda x, a: exp(x) - a * x, bracket, args=(a,))


def bootstrap(x: Any) -> Any:
    def mean(sample: Any, axis: int) -> Any:
        return array_namespace(sample).mean(sample, axis=axis)

    return stats.bootstrap((x,), mean, n_resamples=9, rng=0, method="percentile").standard_error


def slerp(q: Any) -> Any:
    return Slerp(like(q, [0.0, 1.0]), Rotation.from_quat(q))(like(q, [0.3])).as_matrix()


def freqz_sos(b: Any) -> Any:
    xp = array_namespace(b)
    return signal.freqz_sos(xp.reshape(xp.concat([b[:3], xp.ones_like(b[:1]), b[4:]]), (1, 6)))[1]


# ------------------------------------------------------------------------------ tables


def _table(module: str, rows: list[tuple[Any, ...]], torch_says: str = "") -> list[Works]:
    return [
        Works(f"{module}.{name}", call, tuple(args), torch_says=torch_says)
        for name, call, *args in rows
    ]


WORKS = [
    *_table("special", [
        ("logsumexp", lambda x: special.logsumexp(x, axis=1), X),
        ("softmax", lambda x: special.softmax(x, axis=1), X),
        ("rel_entr", special.rel_entr, P, Q),
        ("xlogy", special.xlogy, P, Q),
    ]),
    *_table("stats", [
        ("gmean", stats.gmean, POSITIVE), ("hmean", stats.hmean, POSITIVE),
        ("pmean", lambda x: stats.pmean(x, 3), POSITIVE), ("gstd", stats.gstd, POSITIVE),
        ("zscore", stats.zscore, X), ("gzscore", stats.gzscore, POSITIVE), ("zmap", stats.zmap, X, X[:4]),
        ("moment", lambda x: stats.moment(x, order=3), X),
        ("skew", stats.skew, X), ("skew", lambda x: stats.skew(x, bias=False), X),
        ("kurtosis", stats.kurtosis, X), ("variation", stats.variation, POSITIVE), ("sem", stats.sem, X),
        ("kstat", lambda x: stats.kstat(x, 3), V), ("kstatvar", lambda x: stats.kstatvar(x, 2), V),
        ("describe", lambda x: stats.describe(x)[2:], X),
        ("circmean", stats.circmean, POSITIVE), ("circvar", stats.circvar, POSITIVE), ("circstd", stats.circstd, POSITIVE),
        ("directional_stats", lambda x: stats.directional_stats(x).mean_direction, POSITIVE),
        ("entropy(pk, qk)", stats.entropy, POSITIVE, POSITIVE[::-1].copy()),
        ("differential_entropy", stats.differential_entropy, V),
        ("tmean", stats.tmean, V), ("tvar", stats.tvar, V), ("tstd", stats.tstd, V), ("tsem", stats.tsem, V),
        ("tmin", stats.tmin, V), ("tmax", stats.tmax, V), ("trim_mean", lambda x: stats.trim_mean(x, 0.2), V),
        ("sigmaclip", lambda x: stats.sigmaclip(x).clipped, V),
        ("iqr", stats.iqr, V), ("quantile", stats.quantile, V, np.array([0.3, 0.6])),
        ("median_abs_deviation", stats.median_abs_deviation, V),
        ("yeojohnson_llf", lambda x: stats.yeojohnson_llf(0.5, x), V),
        ("bootstrap", bootstrap, V),
    ]),
    *_table("constants", [
        ("convert_temperature", lambda x: constants.convert_temperature(x, "C", "F"), V),
        ("lambda2nu", constants.lambda2nu, P), ("nu2lambda", constants.nu2lambda, P),
    ]),
    *_table("fft", [
        (name, getattr(fft, name), X)
        for name in ("fft", "ifft", "fft2", "ifft2", "fftn", "ifftn", "rfft", "irfft", "rfft2", "irfft2", "rfftn",
                     "irfftn", "hfft", "ihfft", "hfftn", "ihfftn", "fftshift", "ifftshift")
    ]),
    *_table("fft", [
        ("fht", lambda x: fft.fht(x, 0.1, 0.5), V), ("ifht", lambda x: fft.ifht(x, 0.1, 0.5), V),
    ]),
    *_table("integrate", [
        ("trapezoid", integrate.trapezoid, V), ("trapezoid", integrate.trapezoid, V, np.sort(W)),
        ("cumulative_trapezoid", integrate.cumulative_trapezoid, V),
        ("cumulative_simpson", lambda y: integrate.cumulative_simpson(y, dx=0.1), V),
        ("cubature", cubature, NUMBER),
    ]),
    *_table("differentiate", [
        ("derivative", lambda a: differentiate.derivative(lambda x: x**3, a).df, NUMBER),
        ("derivative", lambda a: differentiate.derivative(lambda x, a: exp(a * x), like(a, 0.5), args=(a,)).df, NUMBER),
        ("jacobian", lambda a: differentiate.jacobian(lambda x: x**3, a).df, P),
        ("hessian", lambda a: differentiate.hessian(lambda x: x[0] ** 3 * x[1], a).ddf, P[:2]),
    ]),
    *_table("linalg", [
        ("block_diag", linalg.block_diag, X, X[:2]), ("fiedler", linalg.fiedler, V),
        ("orthogonal_procrustes", linalg.orthogonal_procrustes, X, X[::-1].copy()),
    ]),
    *_table("optimize", [
        ("rosen", optimize.rosen, V), ("rosen_der", optimize.rosen_der, V), ("rosen_hess", optimize.rosen_hess, V),
        ("rosen_hess_prod", optimize.rosen_hess_prod, V, W),
        ("elementwise.find_root", find_root, NUMBER), ("elementwise.find_root", find_roots, P),
    ]),
    *_table("signal", [
        ("fftconvolve", signal.fftconvolve, V, W), ("oaconvolve", signal.oaconvolve, V, W[:3]),
        ('convolve(method="fft")', lambda x, y: signal.convolve(x, y, method="fft"), V, W),
        ('correlate(method="fft")', lambda x, y: signal.correlate(x, y, method="fft"), V, W),
        ("hilbert", signal.hilbert, V), ("hilbert2", signal.hilbert2, X), ("envelope", signal.envelope, V),
        ("resample", lambda x: signal.resample(x, 12), V), ("minimum_phase", signal.minimum_phase, V),
        ("vectorstrength", lambda x: signal.vectorstrength(x, 2.0), V), ("gauss_spline", lambda x: signal.gauss_spline(x, 3), V),
        ("freqz", lambda b: signal.freqz(b, worN=8)[1], V), ("freqz_zpk", lambda z: signal.freqz_zpk(z, z * 2, 1.0, worN=8)[1], P),
        ("freqz_sos", freqz_sos, P), ("normalize", lambda b: signal.normalize(b, b + 2), P),
        ("abcd_normalize", lambda a: signal.abcd_normalize(a, a, a, a), SYMMETRIC),
        ("bilinear_zpk", lambda z: signal.bilinear_zpk(z, z * 2, 1.0, 2.0)[:2], P),
        ("lp2lp", lambda b: signal.lp2lp(b, b + 1, 2.0), P), ("lp2hp", lambda b: signal.lp2hp(b, b + 1, 2.0), P),
        ("lp2bp", lambda b: signal.lp2bp(b, b + 1), P), ("freqs", lambda b: signal.freqs(b, b + 1), P),
        ("freqs", lambda b: signal.freqs(b, b + 1, worN=like(b, [0.5, 1.0, 2.0]))[1], P),
        ("lp2lp_zpk", lambda z: signal.lp2lp_zpk(z, z * 2, 1.0, 2.0)[:2], P),
        ("lp2hp_zpk", lambda z: signal.lp2hp_zpk(z, z * 2, 1.0)[:2], P), ("lp2bp_zpk", lambda z: signal.lp2bp_zpk(z, z + 1, 2.0)[:2], P),
        ("tf2zpk", lambda b: signal.tf2zpk(b, b + 1)[0], P),
        ("windows.gaussian", lambda s: signal.windows.gaussian(5, s, xp=array_namespace(s)), NUMBER),
    ]),
    *_table("spatial", [
        ("transform.Rotation", lambda q: Rotation.from_quat(q).as_matrix(), QUATERNION),
        ("transform.Rotation", lambda q: Rotation.from_quat(q).as_rotvec(), QUATERNION),
        ("transform.Rotation", lambda q: Rotation.from_quat(q).as_euler("xyz"), QUATERNION),
        ("transform.Rotation", lambda q, x: Rotation.from_quat(q).apply(x), QUATERNION, VECTOR),
        ("transform.Rotation", lambda a, b: (Rotation.from_quat(a) * Rotation.from_quat(b).inv()).as_quat(), QUATERNION, OTHER),
        ("transform.Rotation", lambda r: Rotation.from_rotvec(r).as_matrix(), VECTOR),
        ("transform.Rotation", lambda e: Rotation.from_euler("xyz", e).as_quat(), VECTOR),
        ("transform.Rotation", lambda r: Rotation.from_mrp(r).magnitude(), VECTOR),
        ("transform.Rotation", lambda m: Rotation.from_matrix(m * 1.0).as_quat(), SYMMETRIC),
        ("transform.RigidTransform", lambda c: RigidTransform.from_exp_coords(c).as_matrix(), V[:6]),
        ("transform.RigidTransform", lambda t, x: RigidTransform.from_translation(t).apply(x), VECTOR, X[0]),
        ("transform.Slerp", slerp, X[:2, :1] + _rng.normal(size=(2, 4))),
    ]),
    # PyTorch cannot differentiate these.
    *_table("special", [
        ("logsumexp", lambda x, b: special.logsumexp(x, b=b), V, np.abs(W)),
        ("log_softmax", lambda x: special.log_softmax(x, axis=1), X),
    ], torch_says=IN_PLACE),
    *_table("stats", [
        ("boxcox_llf", lambda x: stats.boxcox_llf(0.5, x), P), ("lmoment", stats.lmoment, V),
        ("false_discovery_control", stats.false_discovery_control, P),
    ], torch_says=IN_PLACE),
    *_table("cluster", [("vq.whiten", cluster.vq.whiten, X)], torch_says=IN_PLACE),
    *_table("integrate", [("romb", integrate.romb, np.append(V, 0.5)), ("nsum", nsum, NUMBER)], torch_says=IN_PLACE),
    *_table("spatial", [
        ("transform.Rotation", lambda a, b: Rotation.align_vectors(a, b)[0].as_matrix(), X[:4], X[2:]),
    ], torch_says=IN_PLACE),
    *_table("integrate", [
        ("tanhsinh", tanhsinh, NUMBER),
        ("tanhsinh", lambda b: integrate.tanhsinh(lambda t: exp(-t), like(b, 0.0), b).integral, NUMBER),
    ], torch_says=VIEW),
    *_table("optimize", [
        ("elementwise.find_minimum", find_minimum, NUMBER),
        ("elementwise.find_minimum", lambda a: minimum_of_exp(a).f_x, NUMBER),
    ], torch_says=VIEW),
    *_table("optimize", [("elementwise.bracket_root", bracket_from, NUMBER)], torch_says="must be Tensor, not float"),
]  # fmt: skip

CONSTANT = [
    Constant(f"stats.{name}", call, args)
    for name, call, *args in [
        ("rankdata", stats.rankdata, V), ("mode", lambda x: stats.mode(x).mode, V),
        ("spearmanrho", lambda x, y: stats.spearmanrho(x, y).statistic, V, W),
        ("chatterjeexi", lambda x, y: stats.chatterjeexi(x, y).statistic, V, W),
        ("kruskal", lambda x, y: stats.kruskal(x, y).statistic, V, W), ("mood", lambda x, y: stats.mood(x, y).statistic, V, W),
        ("mannwhitneyu", lambda x, y: stats.mannwhitneyu(x, y).statistic, V, W),
        ("wilcoxon", lambda x: stats.wilcoxon(x).statistic, V),
        ("cramervonmises_2samp", lambda x, y: stats.cramervonmises_2samp(x, y).statistic, V, W),
    ]
] + [
    Constant("cluster.hierarchy.is_monotonic", cluster.hierarchy.is_monotonic, (cluster.hierarchy.linkage(X),)),
    # Its ends come from the start and numbers of its own; the function's values say only which.
    Constant("optimize.elementwise.bracket_root (of the function's parameters)", bracket_root, (NUMBER,)),
]  # fmt: skip


def _refused(module: str, rows: list[tuple[Any, ...]], error: Any = None) -> list[Refused]:
    kind = {} if error is None else {"error": error[0], "match": error[1]}
    return [Refused(f"{module}.{name}", call, tuple(args), **kind) for name, call, *args in rows]


def _plain(module: Any, names: str, *args: Any) -> list[tuple[Any, ...]]:
    return [(name, getattr(module, name), *args) for name in names.split()]


def _of_two(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x, y: function(x, y).statistic


REFUSED = [
    *_refused("special", _plain(special, "cbrt digamma entr erf erfc erfinv exp2 expit gammaln i0 i1e log_ndtr logit ndtr "
                                         "ndtri sinc", P)),
    *_refused("special", _plain(special, "betaln boxcox chdtr gammainc huber kl_div pseudo_huber xlog1py", P, Q)),
    *_refused("stats", [
        ("entropy", stats.entropy, POSITIVE), ("pearsonr", _of_two(stats.pearsonr), V, W),
        ("spearmanr", _of_two(stats.spearmanr), V, W), ("linregress", stats.linregress, V, W),
        ("ttest_1samp", lambda x: stats.ttest_1samp(x, 0.0), V), ("ttest_ind", stats.ttest_ind, V, W),
        ("ttest_rel", stats.ttest_rel, V, W), ("f_oneway", stats.f_oneway, V, W), ("levene", stats.levene, V, W),
        ("bartlett", stats.bartlett, V, W), ("alexandergovern", stats.alexandergovern, V, W),
        ("chisquare", stats.chisquare, P), ("power_divergence", stats.power_divergence, P),
        ("jarque_bera", stats.jarque_bera, V), ("skewtest", stats.skewtest, V), ("kurtosistest", stats.kurtosistest, V),
        ("normaltest", stats.normaltest, V), ("combine_pvalues", stats.combine_pvalues, P), ("expectile", stats.expectile, V),
        ("norm.pdf", stats.norm.pdf, V), ("Normal.pdf", lambda x: stats.Normal().pdf(x), V),
    ]),
    *_refused("cluster", [
        ("vq.vq", lambda x: cluster.vq.vq(x, x[:2, :]), X), ("vq.kmeans2", lambda x: cluster.vq.kmeans2(x, x[:2, :], minit="matrix"), X),
        ("hierarchy.linkage", cluster.hierarchy.linkage, X),
    ]),
    *_refused("fft", _plain(fft, "dct dctn dst dstn idct idst", X)),
    *_refused("integrate", [("simpson", integrate.simpson, V)]),
    *_refused("linalg", _plain(linalg, "inv det svd expm eigh cholesky pinv norm", SYMMETRIC)),
    *_refused("linalg", [("solve", linalg.solve, SYMMETRIC, VECTOR)]),
    *_refused("interpolate", [
        ("CubicSpline", lambda y: interpolate.CubicSpline(like(y, np.arange(8.0)), y), V),
        ("make_interp_spline", lambda y: interpolate.make_interp_spline(like(y, np.arange(8.0)), y), V),
        ("PPoly", lambda c: interpolate.PPoly(c, like(c, [0.0, 1.0, 2.0, 3.0]))(like(c, [0.5])), X),
        ("RegularGridInterpolator",
         lambda y: interpolate.RegularGridInterpolator((like(y, np.arange(8.0)),), y)(like(y, [[0.5]])), V),
    ]),
    *_refused("ndimage", [
        ("gaussian_filter1d", lambda x: ndimage.gaussian_filter1d(x, 1.0), V),
        ("maximum_filter", lambda x: ndimage.maximum_filter(x, 3), V), ("zoom", lambda x: ndimage.zoom(x, 2.0), V),
        ("fourier_gaussian", lambda x: ndimage.fourier_gaussian(x, 1.0), V),
        *_plain(ndimage, "laplace sobel uniform_filter mean variance sum center_of_mass", V),
    ]),
    *_refused("signal", [
        ("convolve", lambda x, y: signal.convolve(x, y, method="direct"), V, W), ("correlate", lambda x, y: signal.correlate(x, y, method="direct"), V, W),
        ("convolve2d", signal.convolve2d, X, X), ("detrend", signal.detrend, V),
        ("lfilter", lambda x: signal.lfilter(like(x, [1.0, 0.5]), like(x, [1.0, 0.2]), x), V),
        ("filtfilt", lambda x: signal.filtfilt(like(x, [1.0, 0.5]), like(x, [1.0, 0.2]), x, padlen=3), V),
        ("sosfilt", lambda x: signal.sosfilt(like(x, [[1.0, 0.5, 0.0, 1.0, 0.2, 0.0]]), x), V),
        ("upfirdn", lambda x: signal.upfirdn(like(x, [1.0, 2.0, 1.0]), x), V), ("resample_poly", lambda x: signal.resample_poly(x, 2, 1), V),
        ("savgol_filter", lambda x: signal.savgol_filter(x, 5, 2), V), ("medfilt", signal.medfilt, V),
        ("wiener", lambda x: signal.wiener(x, 3), V), ("periodogram", signal.periodogram, V), ("welch", lambda x: signal.welch(x, nperseg=8), V),
        ("zpk2tf", lambda z: signal.zpk2tf(z, z * 2, 1.0), P), ("bilinear", lambda b: signal.bilinear(b, b + 1), P),
        ("windows.kaiser", lambda b: signal.windows.kaiser(5, b, xp=array_namespace(b)), NUMBER),
    ]),
    *_refused("spatial", [("distance.cdist", spatial.distance.cdist, X, X), ("procrustes", spatial.procrustes, X, X[::-1].copy())]),
    # It overwrites what it is given, which a variable does not allow; a copy of it works.
    *_refused("spatial", [("transform.Rotation.from_matrix (of a variable)", Rotation.from_matrix, SYMMETRIC)],
              (RuntimeError, "x is a variable .* assign to a copy")),
    *_refused("interpolate", [
        ("RBFInterpolator", lambda y: interpolate.RBFInterpolator(like(y, X), y), V[:6]),
    ], (TypeError, "reshape: shape: got <class 'float'>")),  # it calls .view(float), which is NumPy's own
    # They mix NumPy's arrays with Tensors.
    *_refused("integrate", [
        ("fixed_quad", lambda a: integrate.fixed_quad(lambda t: exp(-a * t), 0.0, 1.0), NUMBER),
        ("solve_ivp", lambda a: integrate.solve_ivp(lambda t, y: -a * y, (0, 1), [1.0]), NUMBER),
    ], (TypeError, "y is a numpy.ndarray, wanted a Tensor")),
    *_refused("integrate", [("quad_vec", lambda a: integrate.quad_vec(lambda t: exp(-a * t), 0.0, 1.0), NUMBER)]),
]  # fmt: skip
