// The CUDA kernels behind kernels.py, compiled once with REAL = float and once with REAL = double.
//
// Every scalar argument is 8 bytes wide (long long, unsigned long long or double), whatever REAL
// is, so that the Python side has one rule to keep. Arrays are C-contiguous. Nothing here uses
// atomics: the same input gives the same bits, always.

typedef REAL real;
typedef long long whole;
typedef unsigned long long word;

// A loop over 0 .. n - 1 that any number of blocks shares.
#define EACH(i, n)                                                    \
    for (whole i = (whole)blockIdx.x * blockDim.x + threadIdx.x; i < n; \
         i += (whole)gridDim.x * blockDim.x)

// ------------------------------------------------------------------- activations

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

extern "C" __global__ void relu_grad(const real* g, const real* y, real* out, whole n) {
    EACH(i, n) out[i] = y[i] > 0 ? g[i] : (real)0;
}

// -------------------------------------------------------------- sums over a block

#define THREADS 256  // the most threads a block has; a power of two, as are all block sizes

// Each thread's v, combined in a tree whose shape depends on the block size alone.
__device__ real block_sum(real v) {
    __shared__ real cache[THREADS];
    __syncthreads();  // the last call's result has been read by all
    cache[threadIdx.x] = v;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) cache[threadIdx.x] += cache[threadIdx.x + half];
        __syncthreads();
    }
    return cache[0];
}

__device__ real block_max(real v) {
    __shared__ real cache[THREADS];
    __syncthreads();
    cache[threadIdx.x] = v;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            cache[threadIdx.x] = fmax(cache[threadIdx.x], cache[threadIdx.x + half]);
        __syncthreads();
    }
    return cache[0];
}

// One partial sum a block; a second launch with one block adds those up.
extern "C" __global__ void sum_of_squares(const real* x, real* out, whole n) {
    real total = 0;
    EACH(i, n) total += x[i] * x[i];
    total = block_sum(total);
    if (threadIdx.x == 0) out[blockIdx.x] = total;
}

extern "C" __global__ void sum_all(const real* x, real* out, whole n) {
    real total = 0;
    EACH(i, n) total += x[i];
    total = block_sum(total);
    if (threadIdx.x == 0) out[blockIdx.x] = total;
}

// out[k, :] is the sum of rows k chunk .. (k + 1) chunk - 1 of x; block (i, k) does one tile of
// columns. A warp reads neighbouring columns of one row, its neighbours the next rows.
extern "C" __global__ void column_sum(
    const real* x, real* out, whole rows, whole columns, whole chunk) {
    __shared__ real cache[8][32];
    const whole column = (whole)blockIdx.x * blockDim.x + threadIdx.x;
    const whole first = blockIdx.y * chunk;
    const whole last = first + chunk < rows ? first + chunk : rows;
    real total = 0;
    if (column < columns)
        for (whole row = first + threadIdx.y; row < last; row += blockDim.y)
            total += x[row * columns + column];
    cache[threadIdx.y][threadIdx.x] = total;
    __syncthreads();
    if (threadIdx.y == 0 && column < columns) {
        for (unsigned k = 1; k < blockDim.y; k++) total += cache[k][threadIdx.x];
        out[blockIdx.y * columns + column] = total;
    }
}

// out[r, :] is the sum of x[order[j], :] for j from start[r] to start[r + 1] - 1, in that order.
extern "C" __global__ void add_rows(
    const real* x, const whole* order, const whole* start, real* out, whole rows, whole columns) {
    EACH(i, rows * columns) {
        const whole row = i / columns, column = i % columns;
        real total = 0;
        for (whole j = start[row]; j < start[row + 1]; j++) total += x[order[j] * columns + column];
        out[i] = total;
    }
}

// ---------------------------------------------------- softmax: one block to a row

#define EACH_ROW(row, rows) for (whole row = blockIdx.x; row < rows; row += gridDim.x)
#define EACH_COLUMN(c, columns) for (whole c = threadIdx.x; c < columns; c += blockDim.x)

__device__ real row_max(const real* row, whole columns) {
    real most = row[0];
    EACH_COLUMN(c, columns) most = fmax(most, row[c]);
    return block_max(most);
}

__device__ real row_sum_exp(const real* row, whole columns, real most) {
    real total = 0;  // fmax drops NaN, but the sum brings it back
    EACH_COLUMN(c, columns) total += exp(row[c] - most);
    return block_sum(total);
}

extern "C" __global__ void softmax(const real* x, real* out, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        const real* in = x + row * columns;
        const real most = row_max(in, columns), total = row_sum_exp(in, columns, most);
        EACH_COLUMN(c, columns) out[row * columns + c] = exp(in[c] - most) / total;
    }
}

extern "C" __global__ void log_softmax(const real* x, real* out, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        const real* in = x + row * columns;
        const real most = row_max(in, columns);
        const real log_total = log(row_sum_exp(in, columns, most));
        EACH_COLUMN(c, columns) out[row * columns + c] = in[c] - most - log_total;
    }
}

extern "C" __global__ void softmax_grad(
    const real* g, const real* y, real* out, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        const whole at = row * columns;
        real inner = 0;
        EACH_COLUMN(c, columns) inner += g[at + c] * y[at + c];
        inner = block_sum(inner);
        EACH_COLUMN(c, columns) out[at + c] = y[at + c] * (g[at + c] - inner);
    }
}

extern "C" __global__ void log_softmax_grad(
    const real* g, const real* y, real* out, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        const whole at = row * columns;
        real total = 0;
        EACH_COLUMN(c, columns) total += g[at + c];
        total = block_sum(total);
        EACH_COLUMN(c, columns) out[at + c] = g[at + c] - exp(y[at + c]) * total;
    }
}

// A target that is no class gives NaN: to raise an error the device would have to be waited for.
extern "C" __global__ void softmax_cross_entropy(
    const real* logits, const whole* target, real* loss, real* probs, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        const real* in = logits + row * columns;
        const real most = row_max(in, columns), total = row_sum_exp(in, columns, most);
        EACH_COLUMN(c, columns) probs[row * columns + c] = exp(in[c] - most) / total;
        if (threadIdx.x == 0) {
            const whole t = target[row];
            loss[row] = 0 <= t && t < columns ? log(total) - (in[t] - most) : (real)nan("");
        }
    }
}

// g may be one number repeated (g_stride 0), as a mean's gradient is.
extern "C" __global__ void softmax_cross_entropy_grad(
    const real* g, whole g_stride, const real* probs, const whole* target, real* out,
    whole n, whole columns) {
    EACH(i, n) {
        const whole row = i / columns;
        const real hit = target[row] == i % columns ? 1 : 0;
        out[i] = g[row * g_stride] * (probs[i] - hit);
    }
}

// ------------------------------------------------------------ optimizers, in place

extern "C" __global__ void sgd_step(
    real* p, const real* g, real* momentum_buffer, whole n,
    double lr, double momentum, double taken, whole nesterov, double weight_decay) {
    EACH(i, n) {
        real d = g[i];
        if (weight_decay != 0) d += p[i] * (real)weight_decay;
        if (momentum_buffer) {
            const real m = momentum_buffer[i] * (real)momentum + d * (real)taken;
            momentum_buffer[i] = m;
            d = nesterov ? d + m * (real)momentum : m;
        }
        p[i] -= d * (real)lr;
    }
}

extern "C" __global__ void adam_step(
    real* p, const real* g, real* mean, real* square, whole n,
    double step, double beta1, double rest1, double beta2, double rest2, double eps,
    double root_correction2, double weight_decay, double shrink) {
    EACH(i, n) {
        real d = g[i];
        if (weight_decay != 0) d += p[i] * (real)weight_decay;
        const real m = mean[i] * (real)beta1 + d * (real)rest1;
        const real v = square[i] * (real)beta2 + d * d * (real)rest2;
        mean[i] = m;
        square[i] = v;
        const real root = sqrt(v) / (real)root_correction2 + (real)eps;
        p[i] = p[i] * (real)shrink - m / root * (real)step;
    }
}

extern "C" __global__ void rmsprop_step(
    real* p, const real* g, real* square, real* average, real* buffer, whole n,
    double lr, double alpha, double rest, double eps, double weight_decay, double momentum) {
    EACH(i, n) {
        real d = g[i];
        if (weight_decay != 0) d += p[i] * (real)weight_decay;
        real v = square[i] * (real)alpha + d * d * (real)rest;
        square[i] = v;
        if (average) {
            const real a = average[i] * (real)alpha + d * (real)rest;
            average[i] = a;
            v -= a * a;
        }
        d /= sqrt(v) + (real)eps;
        if (buffer) {
            d += buffer[i] * (real)momentum;
            buffer[i] = d;
        }
        p[i] -= d * (real)lr;
    }
}

// -------------------------------------------------------------------- random bits

// Philox4x64-10 at the counters start, start + 1, ..., four words each.
extern "C" __global__ void philox(word* out, whole blocks, word start, word key0, word key1) {
    EACH(i, blocks) {
        word c0 = start + (word)i, c1 = 0, c2 = 0, c3 = 0, k0 = key0, k1 = key1;
        for (int round = 0; round < 10; round++) {
            const word high0 = __umul64hi(c0, 0xD2E7470EE14C6C93ull);
            const word low0 = c0 * 0xD2E7470EE14C6C93ull;
            const word high1 = __umul64hi(c2, 0xCA5A826395121157ull);
            const word low1 = c2 * 0xCA5A826395121157ull;
            c0 = high1 ^ c1 ^ k0;
            c1 = low1;
            c2 = high0 ^ c3 ^ k1;
            c3 = low0;
            k0 += 0x9E3779B97F4A7C15ull;
            k1 += 0xBB67AE8584CAA73Bull;
        }
        out[4 * i] = c0;
        out[4 * i + 1] = c1;
        out[4 * i + 2] = c2;
        out[4 * i + 3] = c3;
    }
}

extern "C" __global__ void dropout_mask(
    const unsigned* bits, real* out, whole n, whole threshold, double scale) {
    EACH(i, n) out[i] = bits[i] < threshold ? (real)scale : (real)0;
}
