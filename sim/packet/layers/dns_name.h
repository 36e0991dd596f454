/* DNS names: octets as RFC 1035, section 3.1 has them, and text as section 5.1 writes them. */
#ifndef SIM_PACKET_LAYERS_DNS_NAME_H
#define SIM_PACKET_LAYERS_DNS_NAME_H

#include <stdbool.h>
#include <stdint.h>

enum { DNS_NAME_OCTETS = 255, DNS_NAME_TEXT = 4 * DNS_NAME_OCTETS + 1 };

/* Octets of a name, with the root's zero; -1: no name (a label above 63 octets, an empty label, 255
 * in all). */
int dns_name_octets(const uint8_t *text, uint32_t len, uint8_t out[DNS_NAME_OCTETS]);
/* The name at *at of a message, which moves behind it; its text's length, -1: it runs over the end
 * or its pointers run in circles. */
int dns_name_text(const uint8_t *message, uint32_t len, uint32_t *at, char out[DNS_NAME_TEXT],
                  bool *compressed);

#endif
