// Standardising. The values are seen as (outer, middle, inner); the statistics run either over
// inner (a row: outer x middle of them) or over outer and inner (a channel: middle of them).

// Element k of a channel's values: sample k / inner, position k % inner.
__device__ whole in_channel(whole k, whole channel, whole channels, whole inner) {
    const whole sample = divide(k, inner);
    return (sample * channels + channel) * inner + k;
}

// One block to each set of n values: their mean, then the mean square of their distances from it,
// less what the mean's own rounding adds.
extern "C" __global__ void moments(
    const real* x, real* mean, real* var, whole channels, whole inner, whole rows, whole n) {
    EACH_ROW(row, rows) {
        real total = 0;
        EACH_COLUMN(k, n) total += x[in_channel(k, row, channels, inner)];
        const real first = block_sum(total) / n;
        real once = 0, twice = 0;
        EACH_COLUMN(k, n) {
            const real far = x[in_channel(k, row, channels, inner)] - first;
            once += far;
            twice += far * far;
        }
        once = block_sum(once) / n;
        twice = block_sum(twice) / n;
        if (threadIdx.x == 0) {
            mean[row] = first + once;
            var[row] = twice - once * once;
        }
    }
}

extern "C" __global__ void mean_square(const real* x, real* out, whole rows, whole n) {
    EACH_ROW(row, rows) {
        real total = 0;
        EACH_COLUMN(k, n) total += x[row * n + k] * x[row * n + k];
        total = block_sum(total);
        if (threadIdx.x == 0) out[row] = total / n;
    }
}

// Where element i of (outer, middle, inner) values finds its statistics, and its weight.
__device__ whole at_statistic(whole i, whole per, whole sets) {
    whole set = divide(i, per);
    return digit(set, sets);
}

// A statistic serves `per` neighbours, and there are `sets` of them before they repeat; the same
// of weights. A null pointer: none.
extern "C" __global__ void standardize(
    const real* x, const real* centre, const real* var, const real* factor, const real* added,
    real* out, whole n, whole per, whole sets, whole w_per, whole w_sets, double eps) {
    EACH(i, n) {
        const whole s = at_statistic(i, per, sets), w = at_statistic(i, w_per, w_sets);
        real v = x[i];
        if (centre) v -= centre[s];
        v /= sqrt(var[s] + (real)eps);
        if (factor) v *= factor[w];
        out[i] = added ? v + added[w] : v;
    }
}

// One block to each set of n values: mean(h) and mean(h z), for h = g weight.
extern "C" __global__ void standardize_sums(
    const real* g, const real* x, const real* centre, const real* var, const real* factor,
    real* of_h, real* of_hz, whole channels, whole inner, whole w_per, whole w_sets, double eps,
    whole rows, whole n) {
    EACH_ROW(row, rows) {
        const real m = centre ? centre[row] : 0, r = 1 / sqrt(var[row] + (real)eps);
        real h = 0, hz = 0;
        EACH_COLUMN(k, n) {
            const whole i = in_channel(k, row, channels, inner);
            const real v = factor ? g[i] * factor[at_statistic(i, w_per, w_sets)] : g[i];
            h += v;
            hz += v * ((x[i] - m) * r);
        }
        h = block_sum(h);
        hz = block_sum(hz);
        if (threadIdx.x == 0) {
            of_h[row] = centre ? h / n : 0;
            of_hz[row] = hz / n;
        }
    }
}

extern "C" __global__ void standardize_slopes(
    const real* g, const real* x, const real* centre, const real* var, const real* factor,
    const real* of_h, const real* of_hz, real* out,
    whole n, whole per, whole sets, whole w_per, whole w_sets, double eps) {
    EACH(i, n) {
        const whole s = at_statistic(i, per, sets);
        const real r = 1 / sqrt(var[s] + (real)eps), z = (centre ? x[i] - centre[s] : x[i]) * r;
        const real h = factor ? g[i] * factor[at_statistic(i, w_per, w_sets)] : g[i];
        out[i] = r * (h - of_h[s] - z * of_hz[s]);
    }
}

// The sums of g z and of g over a part of the elements of one weight: a block to each weight and
// part. `parts` blocks share the `count` groups of `w_per` neighbours that a weight serves.
extern "C" __global__ void standardize_weights(
    const real* g, const real* x, const real* centre, const real* var, real* of_gz, real* of_g,
    whole per, whole sets, whole w_per, whole w_sets, whole parts, double eps,
    whole rows, whole n) {
    EACH_ROW(row, rows) {
        const whole w = row / parts, part = row % parts, each = (n + parts - 1) / parts;
        const whole stop = part * each + each < n ? part * each + each : n;
        real gz = 0, total = 0;
        for (whole k = part * each + threadIdx.x; k < stop; k += blockDim.x) {
            const whole i = in_channel(k, w, w_sets, w_per), s = at_statistic(i, per, sets);
            const real far = centre ? x[i] - centre[s] : x[i];
            gz += g[i] * (far / sqrt(var[s] + (real)eps));
            total += g[i];
        }
        gz = block_sum(gz);
        total = block_sum(total);
        if (threadIdx.x == 0) {
            of_gz[row] = gz;
            of_g[row] = total;
        }
    }
}

// The same where a weight's elements lie apart: a thread to each weight and part, so that
// neighbouring threads read neighbouring elements.
extern "C" __global__ void standardize_columns(
    const real* g, const real* x, const real* centre, const real* var, real* of_gz, real* of_g,
    whole threads, whole per, whole sets, whole w_per, whole w_sets, whole parts, whole n,
    double eps) {
    EACH(j, threads) {
        whole part = j;
        const whole w = digit(part, w_sets), each = (n + parts - 1) / parts;
        const whole stop = part * each + each < n ? part * each + each : n;
        real gz = 0, total = 0;
        for (whole k = part * each; k < stop; k++) {
            const whole i = in_channel(k, w, w_sets, w_per), s = at_statistic(i, per, sets);
            const real far = centre ? x[i] - centre[s] : x[i];
            gz += g[i] * (far / sqrt(var[s] + (real)eps));
            total += g[i];
        }
        of_gz[w * parts + part] = gz;
        of_g[w * parts + part] = total;
    }
}
