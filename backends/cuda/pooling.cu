// Windows that slide over the last three axes (fewer axes come with others of length 1 in front).
//
// Along one axis: n elements, m windows of k, s from one window to the next, p of padding, e from
// one element of a window to the next. A thread takes one element of the result, and adds up in
// the order of a window's elements: no two threads write to one place.

#define GEOMETRY                                                                         \
    whole n0, whole n1, whole n2, whole m0, whole m1, whole m2, whole k0, whole k1,      \
    whole k2, whole s0, whole s1, whole s2, whole p0, whole p1, whole p2, whole e0,      \
    whole e1, whole e2

// The indices (a, b, c) of element i of planes of the sizes d0, d1, d2.
#define UNRAVEL(i, d0, d1, d2)                                                   \
    whole plane = i;                                                             \
    const whole c = digit(plane, d2), b = digit(plane, d1), a = digit(plane, d0)

// A loop over the elements of window (a, b, c): number j at (z, y, x), where inside.
#define EACH_INSIDE                                                                      \
    whole j = 0;                                                                         \
    for (whole j0 = 0, z = a * s0 - p0; j0 < k0; j0++, z += e0)                          \
        for (whole j1 = 0, y = b * s1 - p1; j1 < k1; j1++, y += e1)                      \
            for (whole j2 = 0, x = c * s2 - p2; j2 < k2; j2++, x += e2, j++)             \
                if (0 <= z && z < n0 && 0 <= y && y < n1 && 0 <= x && x < n2)

// A loop over the windows that element (a, b, c) is in: of window (z, y, x) it is number j.
#define EACH_AROUND                                                                      \
    for (whole j0 = 0, z; j0 < k0; j0++)                                                 \
        if ((z = window_at(a + p0 - j0 * e0, s0, m0)) >= 0)                              \
            for (whole j1 = 0, y; j1 < k1; j1++)                                         \
                if ((y = window_at(b + p1 - j1 * e1, s1, m1)) >= 0)                      \
                    for (whole j2 = 0, x, j = (j0 * k1 + j1) * k2; j2 < k2; j2++, j++)   \
                        if ((x = window_at(c + p2 - j2 * e2, s2, m2)) >= 0)

extern "C" __global__ void max_pool(
    const real* in, real* out, byte* winners, whole size, GEOMETRY) {
    EACH(i, size) {
        UNRAVEL(i, m0, m1, m2);
        const real* here = in + plane * n0 * n1 * n2;
        real best = 0;
        whole winner = -1;
        EACH_INSIDE {
            const real v = here[(z * n1 + y) * n2 + x];
            if (winner < 0 || v > best || v != v) {
                best = v;
                winner = j;
            }
        }
        out[i] = winner < 0 ? log((real)0) : best;
        winners[i] = (byte)(winner < 0 ? 0 : winner);
    }
}

extern "C" __global__ void max_pool_grad(
    const real* g, const byte* winners, real* out, whole size, GEOMETRY) {
    EACH(i, size) {
        UNRAVEL(i, n0, n1, n2);
        real total = 0;
        EACH_AROUND {
            const whole w = ((plane * m0 + z) * m1 + y) * m2 + x;
            if (winners[w] == j) total += g[w];
        }
        out[i] = total;
    }
}

extern "C" __global__ void max_pool_at(
    const real* in, const byte* winners, real* out, whole size, GEOMETRY) {
    EACH(i, size) {
        UNRAVEL(i, m0, m1, m2);
        whole winner = winners[i];
        const whole x = c * s2 - p2 + digit(winner, k2) * e2;
        const whole y = b * s1 - p1 + digit(winner, k1) * e1, z = a * s0 - p0 + winner * e0;
        const bool inside = 0 <= z && z < n0 && 0 <= y && y < n1 && 0 <= x && x < n2;
        out[i] = inside ? in[((plane * n0 + z) * n1 + y) * n2 + x] : (real)0;
    }
}

extern "C" __global__ void window_sum(const real* in, real* out, whole size, GEOMETRY) {
    EACH(i, size) {
        UNRAVEL(i, m0, m1, m2);
        const real* here = in + plane * n0 * n1 * n2;
        real total = 0;
        EACH_INSIDE total += here[(z * n1 + y) * n2 + x];
        out[i] = total;
    }
}

extern "C" __global__ void window_spread(const real* g, real* out, whole size, GEOMETRY) {
    EACH(i, size) {
        UNRAVEL(i, n0, n1, n2);
        real total = 0;
        EACH_AROUND total += g[((plane * m0 + z) * m1 + y) * m2 + x];
        out[i] = total;
    }
}
