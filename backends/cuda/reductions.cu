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
