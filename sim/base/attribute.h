/* NAME VALUE pairs behind link, host, sut. A value may be VALUE_USE (a parameter). `on lan` is
 * attribute "on". A flag has VALUE_NONE. */
#ifndef SIM_BASE_ATTRIBUTE_H
#define SIM_BASE_ATTRIBUTE_H

#include "sim/base/place.h"
#include "sim/base/value.h"

struct attribute {
    const char *name;
    struct value value;
    struct place place;
};

#endif
