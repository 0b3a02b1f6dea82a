// cuBLASLt on the host: the functions that are called by name, and that refuse what the library
// refuses: unknown attributes, sizes that do not fit, addresses that are not aligned as was promised.
// It has no algorithm for a bias of double precision, so that somebody sees what follows from that.

#include <complex.h>

#include "capture.h"

enum { OK = 0, UNINITIALIZED = 1, INVALID = 7, UNSUPPORTED = 15 };
typedef struct {
    int32_t compute, scale, turn_a, turn_b, epilogue;
    uint64_t bias;
} Description;
typedef struct {
    int32_t type, count;
    uint64_t rows, columns;
    int64_t leading, apart;
} Layout;
typedef struct {
    uint64_t workspace;
    uint32_t aligned[4];
} Preference;
typedef struct {
    uint64_t magic, workspace, aligned[4], more[2];
} Algorithm;
typedef struct {
    Algorithm algorithm;
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
} Found;
typedef struct {
    Description how;
    Layout a, b, out;
    const char *pa, *pb;
    char* pout;
} Product;
static const uint64_t MAGIC = 0x600DC0DE;

int cublasLtCreate(void** out) {
    *out = (void*)0x1234;
    return OK;
}
int cublasLtMatmulDescCreate(Description** out, int compute, int scale) {
    *out = calloc(1, sizeof(Description));
    (*out)->compute = compute, (*out)->scale = scale, (*out)->epilogue = 1;
    return OK;
}
static int put(void* to, const void* from, size_t size, size_t given) {
    if (size != given || !from) return INVALID;
    memcpy(to, from, size);
    return OK;
}
int cublasLtMatmulDescSetAttribute(Description* d, int attribute, const void* from, size_t size) {
    switch (attribute) {
        case 3: return put(&d->turn_a, from, 4, size);
        case 4: return put(&d->turn_b, from, 4, size);
        case 7: return put(&d->epilogue, from, 4, size);
        case 8: return put(&d->bias, from, 8, size);
    }
    return INVALID;
}
int cublasLtMatrixLayoutCreate(Layout** out, int type, uint64_t rows, uint64_t columns,
                               int64_t leading) {
    if (!rows || !columns || leading < (int64_t)rows) return INVALID;
    *out = calloc(1, sizeof(Layout));
    **out = (Layout){type, 1, rows, columns, leading, 0};
    return OK;
}
int cublasLtMatrixLayoutSetAttribute(Layout* l, int attribute, const void* from, size_t size) {
    switch (attribute) {
        case 5: return put(&l->count, from, 4, size);
        case 6: return put(&l->apart, from, 8, size);
    }
    return INVALID;
}
int cublasLtMatmulPreferenceCreate(Preference** out) {
    *out = calloc(1, sizeof(Preference));
    **out = (Preference){0, {256, 256, 256, 256}};
    return OK;
}
int cublasLtMatmulPreferenceSetAttribute(Preference* p, int attribute, const void* from,
                                         size_t size) {
    if (attribute == 1) return put(&p->workspace, from, 8, size);
    if (attribute >= 5 && attribute <= 8) return put(&p->aligned[attribute - 5], from, 4, size);
    return INVALID;
}

// op(a) (m, k) op(b) (k, n) = out (m, n), of one type each and of one batch.
static int fits(const Description* d, const Layout* a, const Layout* b, const Layout* out) {
    const int floating = out->type == 0 || out->type == 4;
    const int compute = floating ? d->compute == 68 || d->compute == 77 || d->compute == 75 : d->compute == 70;
    const uint64_t m = d->turn_a ? a->columns : a->rows, k = d->turn_a ? a->rows : a->columns;
    const uint64_t n = d->turn_b ? b->rows : b->columns, l = d->turn_b ? b->columns : b->rows;
    return compute && d->scale == out->type && a->type == out->type && b->type == out->type &&
           k == l && m == out->rows && n == out->columns && a->count == out->count &&
           b->count == out->count && d->turn_a >> 1 == 0 && d->turn_b >> 1 == 0 &&
           (d->epilogue == 1 || d->epilogue == 2 || d->epilogue == 4 || d->epilogue == 6);
}
int cublasLtMatmulAlgoGetHeuristic(void* handle, Description* d, Layout* a, Layout* b, Layout* c,
                                   Layout* out, Preference* p, int wanted, Found* found,
                                   int* count) {
    *count = 0;
    if (!handle) return UNINITIALIZED;
    if (!fits(d, a, b, out) || wanted < 1) return INVALID;
    if (d->epilogue & 4 && (out->type != 0 || !d->bias)) return UNSUPPORTED;
    memset(found, 0, sizeof *found);
    found->algorithm.magic = MAGIC;
    found->algorithm.workspace = found->workspace = p->workspace;
    for (int i = 0; i < 4; i++) found->algorithm.aligned[i] = p->aligned[i];
    *count = 1;
    return OK;
}

// A factor with as many bits of fraction as TF32 and bfloat16 have, the nearest.
static float rounded(float x, int compute) {
    const int drop = compute == 77 ? 13 : compute == 75 ? 16 : 0;
    uint32_t bits;
    memcpy(&bits, &x, 4);
    if (drop) bits = (bits + (1u << (drop - 1))) & ~((1u << drop) - 1);
    memcpy(&x, &bits, 4);
    return x;
}
#define EXACT(x, compute) (x)
#define ROUNDED_F(x, compute) rounded(x, compute)
#define ROUNDED_C(x, compute) (rounded(crealf(x), compute) + I * (double)rounded(cimagf(x), compute))

#define PRODUCT(name, real, number, floor, factor)                                                        \
    static void name(const Product* p, int i) {                                                   \
        const Description* d = &p->how;                                                           \
        const real* a = (const real*)p->pa + i * p->a.apart;                                      \
        const real* b = (const real*)p->pb + i * p->b.apart;                                      \
        real* out = (real*)p->pout + i * p->out.apart;                                            \
        const int64_t k = d->turn_a ? p->a.rows : p->a.columns;                                   \
        const int64_t down_a = d->turn_a ? p->a.leading : 1, along_a = d->turn_a ? 1 : p->a.leading; \
        const int64_t down_b = d->turn_b ? p->b.leading : 1, along_b = d->turn_b ? 1 : p->b.leading; \
        for (int64_t c = 0; c < (int64_t)p->out.columns; c++)                                     \
            for (int64_t r = 0; r < (int64_t)p->out.rows; r++) {                                  \
                number sum = 0;                                                                   \
                for (int64_t j = 0; j < k; j++)                                                   \
                    sum += (number)factor(a[r * down_a + j * along_a], d->compute) *              \
                           factor(b[j * down_b + c * along_b], d->compute);                       \
                if (d->epilogue & 4) sum += ((const real*)d->bias)[r];                            \
                if (d->epilogue & 2 && floor) sum = 0;                                            \
                out[c * p->out.leading + r] = sum;                                                \
            }                                                                                     \
    }
PRODUCT(product_f, float, double, sum < 0, ROUNDED_F)
PRODUCT(product_d, double, double, sum < 0, EXACT)
PRODUCT(product_F, float complex, double complex, 0, ROUNDED_C)
PRODUCT(product_D, double complex, double complex, 0, EXACT)

static void multiply(void* with) {
    const Product* p = with;
    for (int i = 0; i < p->out.count; i++) switch (p->out.type) {
            case 0: product_f(p, i); break;
            case 1: product_d(p, i); break;
            case 4: product_F(p, i); break;
            case 5: product_D(p, i); break;
        }
}
int cublasLtMatmul(void* handle, Description* d, const void* alpha, const char* a, Layout* of_a,
                   const char* b, Layout* of_b, const void* beta, const char* c, Layout* of_c,
                   char* out, Layout* of_out, const Algorithm* how, void* workspace, size_t size,
                   intptr_t stream) {
    const int wide = of_out->type & 1;
    if (!handle) return UNINITIALIZED;
    if (wide ? *(const double*)alpha != 1 || *(const double*)beta != 0
             : *(const float*)alpha != 1 || *(const float*)beta != 0)
        return INVALID;
    if (how->magic != MAGIC || !workspace || size < how->workspace || (intptr_t)workspace % 256)
        return INVALID;
    if (!fits(d, of_a, of_b, of_out) || c != out || (d->epilogue & 4 && !d->bias)) return INVALID;
    const intptr_t addresses[] = {(intptr_t)a, (intptr_t)b, (intptr_t)c, (intptr_t)out};
    for (int i = 0; i < 4; i++)
        if (!addresses[i] || addresses[i] % how->aligned[i]) return INVALID;
    memset(workspace, 0xFF, size < 4096 ? size : 4096);
    const Product product = {*d, *of_a, *of_b, *of_out, a, b, out};
    work(stream, multiply, &product, sizeof product);
    return OK;
}
