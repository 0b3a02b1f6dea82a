// Philox4x64-10 at the counters start, start + 1, ..., four words each.
extern "C" __global__ void philox(
    word* out, whole blocks, const word* live, word start, word key0, word key1) {
    LIVE(start, key0, key1);
    EACH(i, blocks) {
        word c0 = start + (word)i, c1 = 0, c2 = 0, c3 = 0, k0 = key0, k1 = key1;
        for (int round = 0; round < 10; round++) {
            const word high0 = __umul64hi(c0, 0xD2E7470EE14C6C93ull);
            const word low0 = c0 * 0xD2E7470EE14C6C93ull;
            const word high1 = __umul64hi(c2, 0xCA5A826395121157ull);
            const word low1 = c2 * 0xCA5A826395121157ull;
            c0 = high1 ^ c1 ^ k0;
            c1 = low1;
            c2 = high0 ^ c3 ^ k1;
            c3 = low0;
            k0 += 0x9E3779B97F4A7C15ull;
            k1 += 0xBB67AE8584CAA73Bull;
        }
        out[4 * i] = c0;
        out[4 * i + 1] = c1;
        out[4 * i + 2] = c2;
        out[4 * i + 3] = c3;
    }
}

extern "C" __global__ void dropout_mask(
    const unsigned* bits, real* out, whole n, whole threshold, double scale) {
    EACH(i, n) out[i] = bits[i] < threshold ? (real)scale : (real)0;
}
