// Runs CUDA source on the host: the threads of a block are fibers that take turns at
// __syncthreads(), the blocks of a grid run one after another. Launch sizes are the real ones.

#include <math.h>
#include <ucontext.h>

#include <functional>
#include <vector>

struct dim3 {
    unsigned x, y, z;
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;

#define __global__
#define __device__
#define __shared__ static

static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}
static inline double normcdf(double x) { return 0.5 * erfc(-x * sqrt(0.5)); }
static inline float normcdf(float x) { return 0.5f * erfc(-x * sqrtf(0.5f)); }

// The order in which threads take turns. A result that depends on it is a race.
extern "C" {
int backwards = 0;
}

static ucontext_t scheduler;
static std::vector<ucontext_t> fibers;
static std::vector<char> stacks, finished;
static unsigned running;
static std::function<void()> body;

static void __syncthreads() { swapcontext(&fibers[running], &scheduler); }

static void fiber() {
    body();
    finished[running] = 1;
}

// 0, or 1 where some threads of a block ended while others waited for them at a barrier.
static int on_host(const unsigned* grid, const unsigned* block, std::function<void()> call) {
    const size_t stack = 1 << 16;
    body = call;
    gridDim = {grid[0], grid[1], grid[2]};
    blockDim = {block[0], block[1], block[2]};
    const unsigned threads = block[0] * block[1] * block[2];
    if (fibers.size() < threads) {
        fibers.resize(threads);
        stacks.resize(threads * stack);
    }
    for (unsigned b = 0; b < grid[0] * grid[1] * grid[2]; b++) {
        blockIdx = {b % grid[0], b / grid[0] % grid[1], b / grid[0] / grid[1]};
        finished.assign(threads, 0);
        for (unsigned t = 0; t < threads; t++) {
            getcontext(&fibers[t]);
            fibers[t].uc_stack.ss_sp = &stacks[t * stack];
            fibers[t].uc_stack.ss_size = stack;
            fibers[t].uc_link = &scheduler;
            makecontext(&fibers[t], fiber, 0);
        }
        for (unsigned ended = 0; ended == 0;) {
            for (unsigned k = 0; k < threads; k++) {
                const unsigned t = running = backwards ? threads - 1 - k : k;
                threadIdx = {t % block[0], t / block[0] % block[1], t / block[0] / block[1]};
                swapcontext(&scheduler, &fibers[t]);
            }
            for (unsigned t = 0; t < threads; t++) ended += finished[t];
            if (ended != 0 && ended != threads) return 1;
        }
    }
    return 0;
}
