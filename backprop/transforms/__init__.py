"""Transformations: functions made of functions, by differentiation."""

from .gradient import grad, stop_gradient, value_and_grad
from .jacobian import hessian, jacobian
from .products import hvp, jvp, vjp

__all__ = [
    "grad", "hessian", "hvp", "jacobian", "jvp", "stop_gradient", "value_and_grad", "vjp",
]  # fmt: skip
