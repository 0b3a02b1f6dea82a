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

// ------------------------------------------------------------ which places have an index
//
// A stable sort for a CUDA graph: the keys (index, place) are all different, so that a bitonic sort
// will do. `total` is a power of two, at least TILE; what is beyond n keys comes last.

#define TILE (2 * THREADS)

extern "C" __global__ void sort_keys(
    const whole* index, word* keys, whole n, whole total, whole rows) {
    EACH(i, total) {
        whole row = i < n ? index[i] : 0;
        if (row < 0) row += rows;
        if (row < 0 || row > rows) row = rows;  // which is nobody's
        keys[i] = i < n ? (word)row << 32 | (word)i : ~(word)0;
    }
}

__device__ void put_in_order(word& first, word& second, bool upwards) {
    if (first > second == upwards) {
        const word other = first;
        first = second;
        second = other;
    }
}

// One step: keys that are `apart`, in runs of `length` that go up and down by turns.
extern "C" __global__ void sort_step(word* keys, whole total, whole length, whole apart) {
    const whole pairs = total / 2;
    EACH(t, pairs) {
        const whole i = t / apart * 2 * apart + t % apart;
        put_in_order(keys[i], keys[i + apart], (i & length) == 0);
    }
}

// All steps that stay within a tile, for runs from one length to another; a block to a tile.
extern "C" __global__ void sort_tiles(word* keys, whole total, whole from, whole to) {
    __shared__ word tile[TILE];
    for (whole base = (whole)blockIdx.x * TILE; base < total; base += (whole)gridDim.x * TILE) {
        for (unsigned i = threadIdx.x; i < TILE; i += blockDim.x) tile[i] = keys[base + i];
        for (whole length = from; length <= to; length *= 2)
            for (unsigned apart = length < TILE ? length / 2 : THREADS; apart > 0; apart /= 2) {
                __syncthreads();
                for (unsigned t = threadIdx.x; t < THREADS; t += blockDim.x) {
                    const unsigned i = t / apart * 2 * apart + t % apart;
                    put_in_order(tile[i], tile[i + apart], ((base + i) & length) == 0);
                }
            }
        __syncthreads();
        for (unsigned i = threadIdx.x; i < TILE; i += blockDim.x) keys[base + i] = tile[i];
        __syncthreads();
    }
}

// The places in the order of their rows, and where each row's begin (and the last one's end).
extern "C" __global__ void sorted_places(
    const word* keys, whole* order, whole* start, whole n, whole rows) {
    const whole most = n > rows ? n : rows + 1;
    EACH(i, most) {
        if (i < n) order[i] = (whole)(keys[i] & 0xffffffffull);
        if (i <= rows) {
            whole low = 0, high = n;
            while (low < high) {
                const whole middle = (low + high) / 2;
                if (keys[middle] >> 32 < (word)i) low = middle + 1;
                else high = middle;
            }
            start[i] = low;
        }
    }
}
