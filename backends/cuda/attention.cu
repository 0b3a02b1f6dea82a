// Rows of attention's scores, between the matrix products: one block to a row.
//
// Row number r of a launch belongs to head r / queries and to query first + r % queries. A mask is
// `allowed` (0: takes no part) or `added` to the scores; of each head it is the same where `apart`,
// the distance from one head's to the next, is 0, and likewise of each query (`down`) and key
// (`along`).

#define NOTHING log((real)0)  // -infinity, which has no name here

#define MASK const byte* allowed, const real* added, whole apart, whole down, whole along, \
    whole causal, whole first, whole queries

__device__ real masked(real score, whole row, whole c, MASK) {
    const whole query = first + row % queries;
    const whole at = row / queries * apart + query * down + c * along;
    if ((causal && c > query) || (allowed && !allowed[at])) return NOTHING;
    return added ? score + added[at] : score;
}

#define MASKED(score, row, c) \
    masked(score, row, c, allowed, added, apart, down, along, causal, first, queries)

// s <- softmax(s), and the rows' log-sum-exp; a row in which no key takes part is 0.
extern "C" __global__ void attention_rows(
    real* s, real* lse, MASK, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        real* at = s + row * columns;
        real top = NOTHING;
        EACH_COLUMN(c, columns) {
            at[c] = MASKED(at[c], row, c);
            top = fmax(top, at[c]);
        }
        top = block_max(top);
        const real shift = top == NOTHING ? (real)0 : top;
        real total = 0;  // fmax drops NaN, but the sum brings it back
        EACH_COLUMN(c, columns) {
            at[c] = exp(at[c] - shift);
            total += at[c];
        }
        total = block_sum(total);
        EACH_COLUMN(c, columns) at[c] = total == 0 ? (real)0 : at[c] / total;
        if (threadIdx.x == 0) lse[row] = total == 0 ? NOTHING : shift + log(total);
    }
}

// s <- P = exp(s - lse), slopes <- P (slopes - less).
extern "C" __global__ void attention_slopes(
    real* s, real* slopes, const real* lse, const real* less, MASK, whole rows, whole columns) {
    EACH_ROW(row, rows) {
        const real level = lse[row], off = less[row];
        EACH_COLUMN(c, columns) {
            const whole at = row * columns + c;
            const real p = level == NOTHING ? (real)0 : exp(MASKED(s[at], row, c) - level);
            s[at] = p;
            slopes[at] = p * (slopes[at] - off);
        }
    }
}
