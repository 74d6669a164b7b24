/* Any machine with a 64-bit multiplier. */
#define VARIANT portable
#include "lanes_scalar.h"
#include "elementwise.h"
#include "convert.h"
#include "trees.h"
#include "bits.h"
#include "vectors.h"
#include "products_scalar.h"
#include "orders.h"
