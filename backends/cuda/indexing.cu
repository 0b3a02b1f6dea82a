// out[r, :] is the sum of x[order[j], :] for j from start[r] to start[r + 1] - 1, in that order.
extern "C" __global__ void add_rows(
    const real* x, const whole* order, const whole* start, real* out, whole rows, whole columns) {
    EACH(i, rows * columns) {
        whole row = i;
        const whole column = digit(row, columns);
        real total = 0;
        for (whole j = start[row]; j < start[row + 1]; j++) total += x[order[j] * columns + column];
        out[i] = total;
    }
}
