/* What an HTML page is written with: text that is nothing but text, whatever its octets are. */
#ifndef SIM_RECORD_HTML_H
#define SIM_RECORD_HTML_H

#include <stddef.h>
#include <stdio.h>

/* Of so many octets, for an element's content or a quoted attribute; an octet that is no text
 * becomes U+FFFD. */
void html_octets(FILE *out, const char *text, size_t octets);
void html_text(FILE *out, const char *text);

#endif
