#include "sim/suite/insight.h"

const struct insight *insight;
