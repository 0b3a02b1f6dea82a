// Half precision, of which CuPy's kernels for 8-bit integers make some use.
#pragma once

struct __half_raw {
    unsigned short x;
};

// Rounded to the nearest, of two equally near ones to the even.
static inline unsigned short half_bits(float value) {
    unsigned u;
    memcpy(&u, &value, 4);
    const unsigned sign = (u >> 16) & 0x8000, biased = (u >> 23) & 255;
    unsigned mantissa = u & 0x7fffff, bits, rest, middle;
    if (biased == 255) return sign | 0x7c00 | (mantissa ? 0x200 : 0);
    const int exponent = (int)biased - 112;
    if (exponent >= 31) return sign | 0x7c00;
    if (exponent < -10) return sign;
    if (exponent <= 0) {
        const unsigned shift = 14 - exponent;
        mantissa |= 0x800000;
        bits = mantissa >> shift, rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
    } else {
        bits = (exponent << 10) | (mantissa >> 13), rest = mantissa & 0x1fff, middle = 0x1000;
    }
    return sign | (bits + (rest > middle || (rest == middle && (bits & 1))));
}

static inline float half_value(unsigned short bits) {
    const int exponent = (bits >> 10) & 31, mantissa = bits & 1023;
    float size = exponent == 0    ? ldexpf(mantissa, -24)
                 : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                  : ldexpf(mantissa + 1024, exponent - 25);
    return bits >> 15 ? -size : size;
}

struct half {
    unsigned short x;
    half() {}
    half(const __half_raw& raw) : x(raw.x) {}
    half(float v) : x(half_bits(v)) {}
    template <class T>
    explicit half(T v) : x(half_bits((float)v)) {}
    operator float() const { return half_value(x); }
    operator __half_raw() const { return __half_raw{x}; }
};
typedef half __half;
static inline unsigned short __half_as_ushort(half h) { return h.x; }
static inline half __ushort_as_half(unsigned short v) { return half(__half_raw{v}); }
