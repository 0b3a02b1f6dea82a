// Parts of losses.

// out = {sum(losses) / n, n}, n the number of targets that are not ignored, NaN for none.
extern "C" __global__ void mean_of_kept(
    const real* losses, const whole* target, real* mean, real* kept, whole ignored, whole rows,
    whole n) {
    real total = 0, count = 0;
    EACH_COLUMN(i, n) {
        total += losses[i];
        count += target[i] != ignored;
    }
    total = block_sum(total);
    count = block_sum(count);
    if (threadIdx.x == 0) {
        count = count > 0 ? count : (real)nan("");
        *kept = count;
        *mean = total / count;
    }
}
