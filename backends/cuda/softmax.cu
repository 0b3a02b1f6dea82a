// One block to a row.

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
    const real* logits, const whole* target, real* loss, real* probs, whole ignored, whole rows,
    whole columns) {
    EACH_ROW(row, rows) {
        const real* in = logits + row * columns;
        const real most = row_max(in, columns), total = row_sum_exp(in, columns, most);
        EACH_COLUMN(c, columns) probs[row * columns + c] = exp(in[c] - most) / total;
        if (threadIdx.x == 0) {
            const whole t = target[row];
            const bool there = 0 <= t && t < columns;
            const real own = there ? log(total) - (in[t] - most) : (real)nan("");
            loss[row] = t == ignored ? 0 : own;
        }
    }
}

// g may be one number repeated (g_stride 0), as a mean's gradient is.
extern "C" __global__ void softmax_cross_entropy_grad(
    const real* g, whole g_stride, const real* probs, const whole* target, real* out,
    whole n, whole columns, whole ignored) {
    EACH(i, n) {
        whole row = i;
        const whole c = digit(row, columns);
        const real hit = target[row] == c ? 1 : 0;
        out[i] = target[row] == ignored ? 0 : g[row * g_stride] * (probs[i] - hit);
    }
}
