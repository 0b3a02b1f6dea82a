// What all CUDA sources here begin with. Each is compiled on its own, once with REAL = float and
// once with REAL = double.
//
// Every scalar argument is 8 bytes wide (long long, unsigned long long or double), whatever REAL
// is, so that the Python side has one rule to keep. Arrays are C-contiguous. Nothing here uses
// atomics: the same input gives the same bits, always.

typedef REAL real;
typedef long long whole;
typedef unsigned long long word;
typedef unsigned char byte;

// A loop over 0 .. n - 1 that any number of blocks shares.
#define EACH(i, n)                                                    \
    for (whole i = (whole)blockIdx.x * blockDim.x + threadIdx.x; i < n; \
         i += (whole)gridDim.x * blockDim.x)

// A block for each row, its threads for the columns.
#define EACH_ROW(row, rows) for (whole row = blockIdx.x; row < rows; row += gridDim.x)
#define EACH_COLUMN(c, columns) for (whole c = threadIdx.x; c < columns; c += blockDim.x)

// rest / n, and the remainder is left in its place. A division of half the width is several times
// as fast, and almost always wide enough; a negative number takes the other way.
__device__ whole divide(whole& rest, whole n) {
    if (((rest | n) >> 32) == 0) {
        const unsigned quotient = (unsigned)rest / (unsigned)n;
        rest = (unsigned)rest - quotient * (unsigned)n;
        return quotient;
    }
    const whole quotient = rest / n;
    rest -= quotient * n;
    return quotient;
}

// rest % n, and rest becomes rest / n: the last digit of an index, which is taken off.
__device__ whole digit(whole& rest, whole n) {
    const whole quotient = divide(rest, n), last = rest;
    rest = quotient;
    return last;
}

// Which of m windows, s apart, begins `from` behind the first one; -1 for none.
__device__ whole window_at(whole from, whole s, whole m) {
    if (from < 0) return -1;
    const whole found = divide(from, s);
    return from == 0 && found < m ? found : -1;
}

// ------------------------------------------- numbers that change from replay to replay

// In a CUDA graph a kernel's own numbers are those of its recording; what changes is in memory, and
// `live` (otherwise null) says where. LIVE(a, b, c) at a kernel's beginning takes it from there.
#define LIVE(...) \
    if (live) take(live, __VA_ARGS__)

__device__ void take(const word* live) {}
template <class First, class... Rest>
__device__ void take(const word* live, First& first, Rest&... rest) {
    static_assert(sizeof(First) == sizeof(word), "a number of 8 bytes");
    first = *(const First*)live;
    take(live + 1, rest...);
}

// -------------------------------------------------------------- sums over a block

#define THREADS 256  // the most threads a block has; a power of two, as are all block sizes

// Each thread's v, combined in a tree whose shape depends on the block size alone.
__device__ real block_sum(real v) {
    __shared__ real cache[THREADS];
    __syncthreads();  // the last call's result has been read by all
    cache[threadIdx.x] = v;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) cache[threadIdx.x] += cache[threadIdx.x + half];
        __syncthreads();
    }
    return cache[0];
}

__device__ real block_max(real v) {
    __shared__ real cache[THREADS];
    __syncthreads();
    cache[threadIdx.x] = v;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half)
            cache[threadIdx.x] = fmax(cache[threadIdx.x], cache[threadIdx.x + half]);
        __syncthreads();
    }
    return cache[0];
}
