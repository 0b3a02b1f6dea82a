// Where the comparison is false for NaN, the branch taken passes NaN on.
#define ACTIVATION(name, formula)                                              \
    extern "C" __global__ void name(const real* x, real* out, whole n) {       \
        EACH(i, n) {                                                           \
            const real v = x[i];                                               \
            out[i] = formula;                                                  \
        }                                                                      \
    }

__device__ real sigmoid_of(real v) {
    const real e = exp(-fabs(v));  // cannot overflow
    return (v >= 0 ? (real)1 : e) / (e + (real)1);
}

ACTIVATION(relu, v <= 0 ? (real)0 : v)
ACTIVATION(sigmoid, sigmoid_of(v))
ACTIVATION(softplus, fmax(v, (real)0) + log1p(exp(-fabs(v))))
ACTIVATION(erf_each, erf(v))
ACTIVATION(normal_cdf, normcdf(v))

extern "C" __global__ void leaky_relu(const real* x, real* out, whole n, double slope) {
    EACH(i, n) out[i] = x[i] > 0 ? x[i] : x[i] * (real)slope;
}

extern "C" __global__ void elu(const real* x, real* out, whole n, double alpha) {
    EACH(i, n) out[i] = x[i] > 0 ? x[i] : expm1(x[i]) * (real)alpha;
}

// --------------------------------------------------- derivatives times what comes from above

#define GRADIENT(name, formula)                                                                 \
    extern "C" __global__ void name(const real* g, const real* x, real* out, whole n, double a, \
                                    double b) {                                                 \
        EACH(i, n) {                                                                            \
            const real v = x[i];                                                                \
            out[i] = formula;                                                                   \
        }                                                                                       \
    }

GRADIENT(relu_grad, v > 0 ? g[i] : (real)0)
GRADIENT(leaky_relu_grad, v > 0 ? g[i] : g[i] * (real)a)
GRADIENT(elu_grad, v > 0 ? g[i] : g[i] * (v + (real)a))
GRADIENT(hardtanh_grad, v <= (real)a || v >= (real)b ? (real)0 : g[i])

// --------------------------------------------------------------------- gates of their own input

#define DENSITY 0.39894228040143267794         // 1 / sqrt(2 pi)
#define TANH_SCALE 0.79788456080286535588      // sqrt(2 / pi)
#define TANH_CUBE 0.044715

__device__ real hardswish_slope(real v) {
    return v <= -3 ? (real)0 : v >= 3 ? (real)1 : v / 3 + (real)0.5;
}

ACTIVATION(hardswish, v * (fmin(fmax(v + 3, (real)0), (real)6) / 6))
GRADIENT(hardswish_grad, g[i] * hardswish_slope(v))

__device__ real silu_slope(real v) {
    const real s = sigmoid_of(v);
    return s * (v * (1 - s) + 1);
}

ACTIVATION(silu, v * sigmoid_of(v))
GRADIENT(silu_grad, g[i] * silu_slope(v))

// With e = exp(v), n = e (e + 2): tanh(log(1 + e)) = n / (n + 2), which is 1 beyond 20.
__device__ real mish_gate(real v) {
    const real e = exp(v > 20 ? (real)20 : v), n = e * (e + 2);
    return n / (n + 2);
}

__device__ real mish_slope(real v) {  // beyond 20 it is 1
    const real c = v > 20 ? (real)20 : v, e = exp(c), n = e * (e + 2), m = n + 2;
    return (n + c * (e * (e + 1)) * 4 / m) / m;
}

ACTIVATION(mish, v * mish_gate(v))
GRADIENT(mish_grad, g[i] * mish_slope(v))

__device__ real tanh_of(real v) {
    return tanh((v * v * (real)TANH_CUBE + 1) * v * (real)TANH_SCALE);
}

__device__ real gelu_tanh_slope(real v) {
    const real t = tanh_of(v);
    const real inner = v * (v * v * (real)(3 * TANH_CUBE) + 1) * (real)(0.5 * TANH_SCALE);
    return (t + 1) * (real)0.5 + (1 - t * t) * inner;
}

ACTIVATION(gelu_none, v * normcdf(v))
ACTIVATION(gelu_tanh, v * (tanh_of(v) * (real)0.5 + (real)0.5))
GRADIENT(gelu_none_grad, g[i] * (normcdf(v) + v * exp(v * v * (real)-0.5) * (real)DENSITY))
GRADIENT(gelu_tanh_grad, g[i] * gelu_tanh_slope(v))
