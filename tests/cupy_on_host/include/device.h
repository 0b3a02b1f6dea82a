// What CUDA source may use, on the host. The threads of a block run one after another, or, where
// they wait for each other at barriers, as fibers that take turns there.
#pragma once

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include <cmath>
#include <functional>
#include <type_traits>
#include <utility>
#include <vector>

struct dim3 {
    unsigned x, y, z;
};
static dim3 threadIdx, blockIdx, blockDim, gridDim;

#define __global__
#define __device__
#define __host__
#define __constant__ static
#define __shared__ static
#define __forceinline__ inline
#define __noinline__
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __align__(n) __attribute__((aligned(n)))
#define CUDART_VERSION 13000
#define __CUDACC_VER_MAJOR__ 13
#define __CUDA_ARCH__ 900

// --------------------------------------------------------------------------- functions

template <class To, class From>
static inline To same_bits(From from) {
    To to;
    static_assert(sizeof to == sizeof from);
    memcpy(&to, &from, sizeof to);
    return to;
}
static inline float __int_as_float(int x) { return same_bits<float>(x); }
static inline int __float_as_int(float x) { return same_bits<int>(x); }
static inline float __uint_as_float(unsigned x) { return same_bits<float>(x); }
static inline unsigned __float_as_uint(float x) { return same_bits<unsigned>(x); }
static inline double __longlong_as_double(long long x) { return same_bits<double>(x); }
static inline long long __double_as_longlong(double x) { return same_bits<long long>(x); }
static inline int __double2hiint(double x) { return __double_as_longlong(x) >> 32; }
static inline int __double2loint(double x) { return (int)__double_as_longlong(x); }
static inline double __hiloint2double(int high, int low) {
    return __longlong_as_double(((long long)high << 32) | (unsigned)low);
}
static inline int __clz(int x) { return x ? __builtin_clz(x) : 32; }
static inline int __clzll(long long x) { return x ? __builtin_clzll(x) : 64; }
static inline int __popc(unsigned x) { return __builtin_popcount(x); }
static inline int __popcll(unsigned long long x) { return __builtin_popcountll(x); }
static inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)(((unsigned __int128)a * b) >> 64);
}
static inline double normcdf(double x) { return 0.5 * erfc(-x * sqrt(0.5)); }
static inline float normcdf(float x) { return 0.5f * erfcf(-x * sqrtf(0.5f)); }
static inline double rsqrt(double x) { return 1 / sqrt(x); }
static inline float rsqrt(float x) { return 1 / sqrtf(x); }

using std::abs, std::acos, std::acosh, std::asin, std::asinh, std::atan, std::atan2, std::atanh;
using std::cbrt, std::ceil, std::copysign, std::cos, std::cosh, std::erf, std::erfc, std::exp;
using std::exp2, std::expm1, std::fabs, std::floor, std::fmax, std::fmin, std::fmod, std::frexp;
using std::hypot, std::isfinite, std::isinf, std::isnan, std::ldexp, std::lgamma, std::log;
using std::log10, std::log1p, std::log2, std::modf, std::nextafter, std::pow, std::rint, std::round;
using std::signbit, std::sin, std::sinh, std::sqrt, std::tan, std::tanh, std::trunc;

// CUDA's functions are right to an ulp or two where the host's are nearly exact: here they are off by
// one, except where few digits say the result. (A macro, since the host's names are taken.)
static inline double moved(double y) { return (float)y == y || y != y ? y : nextafter(y, INFINITY); }
static inline float moved(float y) {
    return (__float_as_uint(y) & 0xfff) && y == y ? nextafterf(y, INFINITY) : y;
}
#define MOVED(f)                                                        \
    static inline double moved_##f(double x) { return moved(f(x)); }    \
    static inline float moved_##f(float x) { return moved(std::f(x)); } \
    template <class T, class = std::enable_if_t<std::is_integral_v<T>>> \
    static inline double moved_##f(T x) { return moved(f((double)x)); }
MOVED(acos) MOVED(acosh) MOVED(asin) MOVED(asinh) MOVED(atan) MOVED(atanh) MOVED(cos) MOVED(cosh)
MOVED(erf) MOVED(erfc) MOVED(exp) MOVED(exp2) MOVED(expm1) MOVED(log) MOVED(log10) MOVED(log1p)
MOVED(log2) MOVED(sin) MOVED(sinh) MOVED(tan) MOVED(tanh)
#define acos moved_acos
#define acosh moved_acosh
#define asin moved_asin
#define asinh moved_asinh
#define atan moved_atan
#define atanh moved_atanh
#define cos moved_cos
#define cosh moved_cosh
#define erf moved_erf
#define erfc moved_erfc
#define exp moved_exp
#define exp2 moved_exp2
#define expm1 moved_expm1
#define log moved_log
#define log10 moved_log10
#define log1p moved_log1p
#define log2 moved_log2
#define sin moved_sin
#define sinh moved_sinh
#define tan moved_tan
#define tanh moved_tanh

#define FOR_INTEGERS(DO) \
    DO(int) DO(unsigned) DO(long) DO(unsigned long) DO(long long) DO(unsigned long long)
#define MIN_MAX(T)                                            \
    static inline T min(T a, T b) { return b < a ? b : a; } \
    static inline T max(T a, T b) { return a < b ? b : a; }
FOR_INTEGERS(MIN_MAX)
static inline float min(float a, float b) { return fminf(a, b); }
static inline float max(float a, float b) { return fmaxf(a, b); }
static inline double min(double a, double b) { return fmin(a, b); }
static inline double max(double a, double b) { return fmax(a, b); }

template <class T, class U>
static inline T atomicAdd(T* place, U value) {
    return std::exchange(*place, *place + (T)value);
}
template <class T>
static inline T atomicExch(T* place, T value) {
    return std::exchange(*place, value);
}
template <class T>
static inline T atomicCAS(T* place, T expected, T value) {
    return *place == expected ? std::exchange(*place, value) : *place;
}
#define ATOMIC(T)                                                                                 \
    static inline T atomicMax(T* p, T v) { return std::exchange(*p, max(*p, v)); }                \
    static inline T atomicMin(T* p, T v) { return std::exchange(*p, min(*p, v)); }                \
    static inline T atomicOr(T* p, T v) { return std::exchange(*p, (T)(*p | v)); }                \
    static inline T atomicAnd(T* p, T v) { return std::exchange(*p, (T)(*p & v)); }               \
    static inline T atomicXor(T* p, T v) { return std::exchange(*p, (T)(*p ^ v)); }
FOR_INTEGERS(ATOMIC)
static inline void __threadfence() {}

// A device takes shifts by too many bits as shifts by all of them; in C++ they are undefined.
template <class T, class U>
static inline T shifted_left(T x, U by) {
    return (unsigned)by < 8 * sizeof(x << by) ? x << by : 0;
}
template <class T, class U>
static inline T shifted_right(T x, U by) {
    return (unsigned)by < 8 * sizeof(x >> by) ? x >> by : x < 0 ? -1 : 0;
}

// ----------------------------------------------------------------------------- threads

static bool taking_turns = false;
static unsigned running;
static ucontext_t scheduler;
static std::vector<ucontext_t> fibers;
static std::vector<char> stacks, finished;
static std::function<void()> body;

static void __syncthreads() {
    if (taking_turns) swapcontext(&fibers[running], &scheduler);
}
static void __syncwarp(unsigned = 0) { __syncthreads(); }

// What the thread of the warp whose number differs in these bits has here.
template <class T>
static inline T __shfl_xor_sync(unsigned, T value, int bits, int = 32) {
    static T shown[1024];
    const unsigned own = running;
    shown[own] = value;
    __syncthreads();
    const T found = shown[own ^ bits];
    __syncthreads();
    return found;
}

static void fiber() {
    body();
    finished[running] = 1;
}

static void be_thread(unsigned t) {
    running = t;
    threadIdx = {t % blockDim.x, t / blockDim.x % blockDim.y, t / blockDim.x / blockDim.y};
}

static void run_block(unsigned threads) {
    if (!taking_turns) {
        for (unsigned t = 0; t < threads; t++) be_thread(t), body();
        return;
    }
    const size_t stack = 1 << 16;
    fibers.resize(threads), stacks.resize(threads * stack), finished.assign(threads, 0);
    for (unsigned t = 0; t < threads; t++) {
        getcontext(&fibers[t]);
        fibers[t].uc_stack.ss_sp = &stacks[t * stack];
        fibers[t].uc_stack.ss_size = stack;
        fibers[t].uc_link = &scheduler;
        makecontext(&fibers[t], fiber, 0);
    }
    for (unsigned ended = 0; ended < threads;) {
        ended = 0;
        for (unsigned t = 0; t < threads; t++) {
            if (!finished[t]) be_thread(t), swapcontext(&scheduler, &fibers[t]);
            ended += finished[t];
        }
    }
}

template <class... Arguments, size_t... I>
static void launch(void (*kernel)(Arguments...), const unsigned* grid, const unsigned* block,
                   void** given, std::index_sequence<I...>) {
    gridDim = {grid[0], grid[1], grid[2]}, blockDim = {block[0], block[1], block[2]};
    body = [&] { kernel(*(std::remove_cv_t<std::remove_reference_t<Arguments>>*)given[I]...); };
    const unsigned long blocks = (unsigned long)grid[0] * grid[1] * grid[2];
    for (unsigned long b = 0; b < blocks; b++) {
        blockIdx = {(unsigned)(b % grid[0]), (unsigned)(b / grid[0] % grid[1]),
                    (unsigned)(b / grid[0] / grid[1])};
        run_block(block[0] * block[1] * block[2]);
    }
}
template <class... Arguments>
static void launch(void (*kernel)(Arguments...), bool barriers, const unsigned* grid,
                   const unsigned* block, void** given) {
    taking_turns = barriers;
    launch(kernel, grid, block, given, std::index_sequence_for<Arguments...>());
}

// The arguments of a kernel, to outlive the call they were given in.
template <class... Arguments, size_t... I>
static void** copied(void (*)(Arguments...), void** given, std::index_sequence<I...>) {
    return new void*[sizeof...(Arguments) + 1]{
        new std::remove_cv_t<std::remove_reference_t<Arguments>>(
            *(std::remove_cv_t<std::remove_reference_t<Arguments>>*)given[I])...};
}
template <class... Arguments>
static void** copied(void (*kernel)(Arguments...), void** given) {
    return copied(kernel, given, std::index_sequence_for<Arguments...>());
}
