// Columns of a convolution over the last three axes (fewer come with others of length 1 in front).
//
// Along one axis: n elements, m places of the window, k elements of the kernel, s from one place to
// the next, p of padding in front, e from one element of the kernel to the next. Images are
// (images, channels, n0, n1, n2), columns (channels, k0, k1, k2, images, m0, m1, m2). A thread
// takes one element of the result: no two write to one place.

#define GEOMETRY                                                                         \
    whole channels, whole images, whole n0, whole n1, whole n2, whole m0, whole m1,      \
    whole m2, whole k0, whole k1, whole k2, whole s0, whole s1, whole s2, whole p0,      \
    whole p1, whole p2, whole e0, whole e1, whole e2

// What each element of the kernel sees from each place; 0 outside the image.
extern "C" __global__ void image_to_columns(
    const real* x, real* columns, whole size, GEOMETRY) {
    EACH(i, size) {
        whole rest = i;
        const whole c = digit(rest, m2), b = digit(rest, m1), a = digit(rest, m0);
        const whole image = digit(rest, images);
        const whole j2 = digit(rest, k2), j1 = digit(rest, k1), j0 = digit(rest, k0);
        const whole channel = rest;
        const whole z = a * s0 + j0 * e0 - p0, y = b * s1 + j1 * e1 - p1, w = c * s2 + j2 * e2 - p2;
        const bool inside = 0 <= z && z < n0 && 0 <= y && y < n1 && 0 <= w && w < n2;
        columns[i] = inside ? x[(((image * channels + channel) * n0 + z) * n1 + y) * n2 + w] : 0;
    }
}

// The transpose: each element of the images is the sum of what was seen of it, in the kernel's
// order.
extern "C" __global__ void columns_to_image(
    const real* columns, real* x, whole size, GEOMETRY) {
    EACH(i, size) {
        whole rest = i;
        const whole c = digit(rest, n2), b = digit(rest, n1), a = digit(rest, n0);
        const whole channel = digit(rest, channels), image = rest;
        real total = 0;
        for (whole j0 = 0; j0 < k0; j0++) {
            const whole z = window_at(a + p0 - j0 * e0, s0, m0);
            if (z < 0) continue;
            for (whole j1 = 0; j1 < k1; j1++) {
                const whole y = window_at(b + p1 - j1 * e1, s1, m1);
                if (y < 0) continue;
                for (whole j2 = 0; j2 < k2; j2++) {
                    const whole w = window_at(c + p2 - j2 * e2, s2, m2);
                    if (w < 0) continue;
                    const whole row = ((channel * k0 + j0) * k1 + j1) * k2 + j2;
                    total += columns[(((row * images + image) * m0 + z) * m1 + y) * m2 + w];
                }
            }
        }
        x[i] = total;
    }
}
