// One step of a recurrent layer, or of its gradient, between the matrix products: one thread for
// each feature of each state. States are (N, H), with `size` = N H and `features` = H; gates are
// (N, 4, H). `product` is W h. On the way back `carried` is d W of the step after; it and what
// else is `later` are null in the last step, and so are gradients that are not given.

__device__ real squashed(real x) {  // sigmoid
    const real e = exp(-fabs(x));
    return (x < 0 ? e : (real)1) / (1 + e);
}

extern "C" __global__ void rnn_step(const real* x, const real* product, real* h, whole size,
                                    whole relu) {
    EACH(i, size) {
        const real a = x[i] + product[i];
        h[i] = relu ? (a > 0 || isnan(a) ? a : (real)0) : tanh(a);
    }
}

extern "C" __global__ void rnn_step_grad(const real* g, const real* carried, const real* h,
                                         real* d, whole size, whole relu) {
    EACH(i, size) {
        const real s = g[i] + (carried ? carried[i] : (real)0);
        d[i] = relu ? (h[i] > 0 ? s : (real)0) : s * (1 - h[i] * h[i]);
    }
}

extern "C" __global__ void lstm_step(const real* x, const real* product, const real* last, real* h,
                                     real* c, real* gates, whole size, whole features) {
    EACH(j, size) {
        whole row = j;
        const whole k = digit(row, features), at = row * 4 * features + k;
        const real i = squashed(x[at] + product[at]);
        const real f = squashed(x[at + features] + product[at + features]);
        const real g = tanh(x[at + 2 * features] + product[at + 2 * features]);
        const real o = squashed(x[at + 3 * features] + product[at + 3 * features]);
        c[j] = f * last[j] + i * g;
        h[j] = o * tanh(c[j]);
        gates[at] = i;
        gates[at + features] = f;
        gates[at + 2 * features] = g;
        gates[at + 3 * features] = o;
    }
}

extern "C" __global__ void lstm_step_grad(const real* gates, const real* c, const real* last,
                                          const real* of_h, const real* of_c, const real* of_gates,
                                          const real* carried, const real* later_gates,
                                          const real* later_s, real* d, real* s, whole size,
                                          whole features) {
    EACH(j, size) {
        whole row = j;
        const whole k = digit(row, features), at = row * 4 * features + k;
        const real i = gates[at], f = gates[at + features];
        const real g = gates[at + 2 * features], o = gates[at + 3 * features];
        const real tanh_c = tanh(c[j]);
        const real e = (of_h ? of_h[j] : (real)0) + (carried ? carried[j] : (real)0);
        real total = e * o * (1 - tanh_c * tanh_c) + (of_c ? of_c[j] : (real)0);
        if (later_s) total += later_s[j] * later_gates[at + features];
        real p_i = total * g, p_f = total * last[j], p_g = total * i, p_o = e * tanh_c;
        if (of_gates) {
            p_i += of_gates[at];
            p_f += of_gates[at + features];
            p_g += of_gates[at + 2 * features];
            p_o += of_gates[at + 3 * features];
        }
        s[j] = total;
        d[at] = p_i * (i * (1 - i));
        d[at + features] = p_f * (f * (1 - f));
        d[at + 2 * features] = p_g * (1 - g * g);
        d[at + 3 * features] = p_o * (o * (1 - o));
    }
}

extern "C" __global__ void gru_step(const real* x, const real* product, const real* u_bias,
                                    const real* last, real* h, real* gates, whole size,
                                    whole features) {
    EACH(j, size) {
        whole row = j;
        const whole k = digit(row, features);
        const whole at = row * 3 * features + k, out = row * 4 * features + k;
        real u_r = product[at], u_z = product[at + features], v = product[at + 2 * features];
        if (u_bias) {
            u_r += u_bias[k];
            u_z += u_bias[k + features];
            v += u_bias[k + 2 * features];
        }
        const real r = squashed(x[at] + u_r), z = squashed(x[at + features] + u_z);
        const real n = tanh(x[at + 2 * features] + r * v);
        h[j] = n + z * (last[j] - n);
        gates[out] = r;
        gates[out + features] = z;
        gates[out + 2 * features] = n;
        gates[out + 3 * features] = v;
    }
}

extern "C" __global__ void gru_step_grad(const real* gates, const real* last, const real* of_h,
                                         const real* of_gates, const real* carried,
                                         const real* later_gates, const real* later_s, real* d,
                                         real* u, real* s, whole size, whole features) {
    EACH(j, size) {
        whole row = j;
        const whole k = digit(row, features);
        const whole at = row * 4 * features + k, out = row * 3 * features + k;
        const real r = gates[at], z = gates[at + features];
        const real n = gates[at + 2 * features], v = gates[at + 3 * features];
        real total = (of_h ? of_h[j] : (real)0) + (carried ? carried[j] : (real)0);
        if (later_s) total += later_s[j] * later_gates[at + features];
        real p_r = 0, p_z = 0, p_n = 0, p_v = 0;
        if (of_gates) {
            p_r = of_gates[at];
            p_z = of_gates[at + features];
            p_n = of_gates[at + 2 * features];
            p_v = of_gates[at + 3 * features];
        }
        const real d_n = (p_n + total * (1 - z)) * (1 - n * n);
        const real d_z = (p_z + total * (last[j] - n)) * (z * (1 - z));
        const real d_r = (p_r + d_n * v) * (r * (1 - r));
        s[j] = total;
        d[out] = u[out] = d_r;
        d[out + features] = u[out + features] = d_z;
        d[out + 2 * features] = d_n;
        u[out + 2 * features] = p_v + d_n * r;
    }
}
