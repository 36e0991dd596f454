/* What JSON is written with: a string, whatever its octets are. */
#ifndef SIM_RECORD_JSON_H
#define SIM_RECORD_JSON_H

#include <stdio.h>

/* With its quotation marks; an octet that is no text becomes U+FFFD. NULL is "". */
void json_string(FILE *out, const char *text);

#endif
