/* x86-64 with AVX-512 F, BW, DQ, VL, IFMA and VAES (2019 on, servers mostly). */
#define VARIANT avx512ifma
#include "lanes_avx512.h"
#include "elementwise.h"
#include "convert.h"
#include "trees.h"
#include "bits.h"
#include "vectors.h"
#include "products_avx512.h"
#include "aes_vaes.h"
#include "aes.h"
#include "orders.h"
