// Optimizers' steps, in place: each element of every buffer is read once and written once.
//
// `turn` is -1 to maximize, else 1. Weight decay comes as `decay`, what p adds to the gradient, or
// as `shrink`, what p is multiplied by. In a CUDA graph the numbers are those at `live`.

#define DIRECTION(d)                  \
    real d = g[i] * (real)turn;       \
    if (decay != 0) d += p[i] * (real)decay

__device__ real averaged(real* average, whole i, real value, double beta, double rest) {
    const real moved = average[i] * (real)beta + value * (real)rest;
    average[i] = moved;
    return moved;
}

__device__ real sign_of(real x) { return x > 0 ? (real)1 : x < 0 ? (real)-1 : x; }

// The larger one; NaN where one of them is.
__device__ real larger(real a, real b) { return a > b || a != a ? a : b; }

extern "C" __global__ void sgd_step(
    real* p, const real* g, real* momentum_buffer, whole n, const word* live,
    double lr, double momentum, double taken, whole nesterov, double decay, double turn) {
    LIVE(lr, momentum, taken, nesterov, decay, turn);
    EACH(i, n) {
        DIRECTION(d);
        if (momentum_buffer) {
            const real m = averaged(momentum_buffer, i, d, momentum, taken);
            d = nesterov ? d + m * (real)momentum : m;
        }
        p[i] -= d * (real)lr;
    }
}

extern "C" __global__ void adam_step(
    real* p, const real* g, real* mean, real* square, real* highest, whole n, const word* live,
    double step, double beta1, double rest1, double beta2, double rest2, double eps,
    double root_correction2, double decay, double shrink, double turn) {
    LIVE(step, beta1, rest1, beta2, rest2, eps, root_correction2, decay, shrink, turn);
    EACH(i, n) {
        DIRECTION(d);
        const real m = averaged(mean, i, d, beta1, rest1);
        real v = averaged(square, i, d * d, beta2, rest2);
        if (highest) {
            v = larger(highest[i], v);
            highest[i] = v;
        }
        const real root = sqrt(v) / (real)root_correction2 + (real)eps;
        p[i] = p[i] * (real)shrink - m / root * (real)step;
    }
}

extern "C" __global__ void nadam_step(
    real* p, const real* g, real* mean, real* square, whole n, const word* live,
    double of_gradient, double of_mean, double beta1, double rest1, double beta2, double rest2,
    double eps, double root_correction2, double decay, double shrink, double turn) {
    LIVE(of_gradient, of_mean, beta1, rest1, beta2, rest2, eps, root_correction2, decay, shrink,
         turn);
    EACH(i, n) {
        DIRECTION(d);
        const real m = averaged(mean, i, d, beta1, rest1);
        const real v = averaged(square, i, d * d, beta2, rest2);
        const real root = sqrt(v) / (real)root_correction2 + (real)eps;
        p[i] = p[i] * (real)shrink - (d * (real)of_gradient + m * (real)of_mean) / root;
    }
}

extern "C" __global__ void radam_step(
    real* p, const real* g, real* mean, real* square, whole n, const word* live,
    double step, double beta1, double rest1, double beta2, double rest2, double eps, whole adaptive,
    double decay, double shrink, double turn) {
    LIVE(step, beta1, rest1, beta2, rest2, eps, adaptive, decay, shrink, turn);
    EACH(i, n) {
        DIRECTION(d);
        const real m = averaged(mean, i, d, beta1, rest1);
        const real v = averaged(square, i, d * d, beta2, rest2);
        d = adaptive ? m / (sqrt(v) + (real)eps) : m;
        p[i] = p[i] * (real)shrink - d * (real)step;
    }
}

extern "C" __global__ void adamax_step(
    real* p, const real* g, real* mean, real* largest, whole n, const word* live,
    double step, double beta1, double rest1, double beta2, double eps, double decay, double turn) {
    LIVE(step, beta1, rest1, beta2, eps, decay, turn);
    EACH(i, n) {
        DIRECTION(d);
        const real m = averaged(mean, i, d, beta1, rest1);
        const real u = larger(largest[i] * (real)beta2, fabs(d) + (real)eps);
        largest[i] = u;
        p[i] -= m / u * (real)step;
    }
}

extern "C" __global__ void lion_step(
    real* p, const real* g, real* mean, whole n, const word* live,
    double lr, double beta1, double rest1, double beta2, double rest2, double shrink,
    double turn) {
    LIVE(lr, beta1, rest1, beta2, rest2, shrink, turn);
    EACH(i, n) {
        const real d = g[i] * (real)turn;
        const real m = mean[i];
        p[i] = p[i] * (real)shrink - sign_of(m * (real)beta1 + d * (real)rest1) * (real)lr;
        mean[i] = m * (real)beta2 + d * (real)rest2;
    }
}

extern "C" __global__ void rmsprop_step(
    real* p, const real* g, real* square, real* average, real* buffer, whole n, const word* live,
    double lr, double alpha, double rest, double eps, double momentum, double decay, double turn) {
    LIVE(lr, alpha, rest, eps, momentum, decay, turn);
    EACH(i, n) {
        DIRECTION(d);
        real v = averaged(square, i, d * d, alpha, rest);
        if (average) {
            const real a = averaged(average, i, d, alpha, rest);
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

extern "C" __global__ void adagrad_step(
    real* p, const real* g, real* total, whole n, const word* live,
    double lr, double eps, double decay, double turn) {
    LIVE(lr, eps, decay, turn);
    EACH(i, n) {
        DIRECTION(d);
        const real t = total[i] + d * d;
        total[i] = t;
        p[i] -= d / (sqrt(t) + (real)eps) * (real)lr;
    }
}

extern "C" __global__ void adadelta_step(
    real* p, const real* g, real* square, real* moved, whole n, const word* live,
    double lr, double rho, double rest, double eps, double decay, double turn) {
    LIVE(lr, rho, rest, eps, decay, turn);
    EACH(i, n) {
        DIRECTION(d);
        const real v = averaged(square, i, d * d, rho, rest);
        d *= sqrt(moved[i] + (real)eps) / sqrt(v + (real)eps);
        averaged(moved, i, d * d, rho, rest);
        p[i] -= d * (real)lr;
    }
}

extern "C" __global__ void asgd_step(
    real* p, const real* g, real* average, whole n, const word* live,
    double eta, double shrink, double mu, double decay, double turn) {
    LIVE(eta, shrink, mu, decay, turn);
    EACH(i, n) {
        DIRECTION(d);
        const real w = p[i] * (real)shrink - d * (real)eta;
        p[i] = w;
        const real a = average[i];
        average[i] = mu == 1 ? w : a + (w - a) * (real)mu;
    }
}

extern "C" __global__ void rprop_step(
    real* p, const real* g, real* previous, real* size, whole n, const word* live,
    double shrink, double grow, double smallest, double largest, double turn) {
    LIVE(shrink, grow, smallest, largest, turn);
    EACH(i, n) {
        real d = g[i] * (real)turn;
        const real product = d * previous[i];
        real s = size[i];
        if (product > 0) s *= (real)grow;
        if (product < 0) {
            s *= (real)shrink;
            d = 0;
        }
        s = s < (real)smallest ? (real)smallest : s > (real)largest ? (real)largest : s;
        size[i] = s;
        previous[i] = d;
        p[i] -= sign_of(d) * s;
    }
}

extern "C" __global__ void average_step(
    real* average, const real* x, whole n, const word* live,
    double weight) {
    LIVE(weight);
    EACH(i, n) average[i] += (x[i] - average[i]) * (real)weight;
}
