// out[i, o, c] is the sum of weights[j] in[i, places[j], c] for j from start[o] to start[o + 1] - 1.
extern "C" __global__ void resample(
    const real* in, const whole* start, const whole* places, const real* weights, real* out,
    whole size, whole length, whole rows, whole columns) {
    EACH(i, size) {
        whole plane = i;
        const whole c = digit(plane, columns), o = digit(plane, rows);
        const real* here = in + plane * length * columns + c;
        real total = 0;
        for (whole j = start[o]; j < start[o + 1]; j++) total += weights[j] * here[places[j] * columns];
        out[i] = total;
    }
}
