/* x86-64 with AVX2, BMI2 and AES-NI (2013 on). */
#define VARIANT avx2
#include "lanes_avx2.h"
#include "elementwise.h"
#include "convert.h"
#include "trees.h"
#include "bits.h"
#include "vectors.h"
#include "products_avx2.h"
#include "aes_ni.h"
#include "aes.h"
#include "orders.h"
