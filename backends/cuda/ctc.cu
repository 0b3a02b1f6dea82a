// Connectionist temporal classification: a block for each sequence, its threads for the places.
//
// A step of the recursion reads what the step before has written, by other threads of the same
// block: they meet at __syncthreads() between the steps.

#define NEVER ((real)-1e30)  // the logarithm of what is impossible, as in the portable kernels

__device__ real either(real a, real b, real c) {
    const real top = fmax(fmax(a, b), c);
    return log(exp(a - top) + exp(b - top) + exp(c - top)) + top;
}

// A label that is none gives NaN: to raise an error the device would have to be waited for.
__device__ bool is_symbol(whole symbol, whole symbols) { return 0 <= symbol && symbol < symbols; }

__device__ real emitted(const real* log_probs, whole t, whole n, whole batch, whole symbols,
                        whole symbol) {
    if (!is_symbol(symbol, symbols)) return (real)nan("");
    return fmax(log_probs[(t * batch + n) * symbols + symbol], NEVER);
}

__device__ bool passes(const whole* labels, whole place) {
    return place >= 2 && labels[place] != labels[place - 2];
}

__device__ bool is_end(whole place, whole length) {
    return place == 2 * length || place == 2 * length - 1;
}

extern "C" __global__ void ctc_likelihood(
    const real* log_probs, const whole* labels, const whole* steps, const whole* lengths,
    real* likelihood, real* walks, whole count, whole symbols, whole batch, whole width) {
    EACH_ROW(n, batch) {
        const whole* own = labels + n * width;
        for (whole t = 0; t < count; t++) {
            real* row = walks + (t * batch + n) * width;
            const real* last = row - batch * width;
            EACH_COLUMN(s, width) {
                const real e = emitted(log_probs, t, n, batch, symbols, own[s]);
                if (t == 0) {
                    row[s] = s < 2 ? e : NEVER;
                } else {
                    const real one = s > 0 ? last[s - 1] : NEVER;
                    const real two = passes(own, s) ? last[s - 2] : NEVER;
                    row[s] = either(last[s], one, two) + e;
                }
            }
            __syncthreads();
        }
        if (threadIdx.x == 0) {
            const whole behind = 2 * lengths[n];
            real found = lengths[n] == 0 ? 0 : NEVER;  // no step leaves no label
            if (0 < steps[n] && steps[n] <= count && 0 <= behind && behind < width) {
                const real* row = walks + ((steps[n] - 1) * batch + n) * width;
                found = either(row[behind], behind > 0 ? row[behind - 1] : NEVER, NEVER);
            }
            likelihood[n] = found <= NEVER / 2 ? log((real)0) : found;
        }
    }
}

// The probability of being at each place, through (T, N, width), and then of each symbol, out.
// `rests` (2, N, width) holds the walks from this step and the next to the end.
extern "C" __global__ void ctc_occupancy(
    const real* g, const real* walks, const real* log_probs, const whole* labels,
    const whole* steps, const whole* lengths, real* rests, real* through, real* out,
    double impossible, whole count, whole symbols, whole batch, whole width) {
    EACH_ROW(n, batch) {
        const whole* own = labels + n * width;
        for (whole t = count - 1; t >= 0; t--) {
            real* row = rests + ((t % 2) * batch + n) * width;
            const real* next = rests + (((t + 1) % 2) * batch + n) * width;
            EACH_COLUMN(s, width) {
                real rest = is_end(s, lengths[n]) ? 0 : NEVER;
                if (t + 1 < steps[n] && t + 1 < count) {
                    real ways[3] = {NEVER, NEVER, NEVER};
                    for (whole by = 0; by < 3 && s + by < width; by++) {
                        if (by == 2 && !passes(own, s + 2)) continue;
                        ways[by] = next[s + by] +
                                   emitted(log_probs, t + 1, n, batch, symbols, own[s + by]);
                    }
                    rest = either(ways[0], ways[1], ways[2]);
                }
                row[s] = rest;
                through[(t * batch + n) * width + s] = walks[(t * batch + n) * width + s] + rest;
            }
            __syncthreads();
        }
        real top = NEVER * 4;
        EACH_COLUMN(s, width) top = fmax(top, through[n * width + s]);
        const bool possible = block_max(top) > NEVER / 2;
        for (whole t = 0; t < count && t < steps[n]; t++) {
            real* row = through + (t * batch + n) * width;
            real most = row[0];
            EACH_COLUMN(s, width) most = fmax(most, row[s]);
            most = block_max(most);
            real sum = 0;
            EACH_COLUMN(s, width) {
                row[s] = exp(row[s] - most);
                sum += row[s];
            }
            const real scale = g[n] / block_sum(sum);
            real* to = out + (t * batch + n) * symbols;
            if (!possible) {
                EACH_COLUMN(c, symbols) to[c] = (real)impossible * g[n];
                continue;
            }
            // The first place of each symbol adds up all of that symbol, in the places' order.
            EACH_COLUMN(s, width) {
                whole before = 0;
                while (before < s && own[before] != own[s]) before++;
                if (before < s) continue;
                real share = 0;
                for (whole place = s; place < width; place++)
                    if (own[place] == own[s]) share += row[place];
                if (is_symbol(own[s], symbols)) to[own[s]] = share * scale;
            }
            __syncthreads();
        }
    }
}
