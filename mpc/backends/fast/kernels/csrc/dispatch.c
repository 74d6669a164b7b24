/* What this machine can run, asked of the processor itself, and what this library was built from. */
#include "field.h"

EXPORT const char tallystick_source[] = SOURCE_DIGEST;

#if defined(__x86_64__)
#include <cpuid.h>

static unsigned enabled_states(void) {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

/* bit 0: AVX2, BMI2, AES-NI; bit 1: AVX-512 F, BW, DQ, VL, IFMA, VAES (and bit 0) */
EXPORT i64 tallystick_levels(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const int aes = c >> 25 & 1, osxsave = c >> 27 & 1;
  if (!aes || !osxsave || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  const unsigned states = enabled_states();
  const int avx2 = (states & 0x06) == 0x06 && (b >> 5 & 1) && (b >> 8 & 1);
  const int avx512 = (states & 0xe6) == 0xe6 && (b >> 16 & 1) && (b >> 17 & 1) && (b >> 21 & 1) && (b >> 30 & 1) && (b >> 31 & 1);
  const int vaes = c >> 9 & 1;
  return avx2 + 2 * (avx2 && avx512 && vaes);
}
#else
EXPORT i64 tallystick_levels(void) { return 0; }
#endif
