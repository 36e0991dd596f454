/* DNS records: what stands in them, by type, as the values of a clause. */
#ifndef SIM_PACKET_LAYERS_DNS_RECORD_H
#define SIM_PACKET_LAYERS_DNS_RECORD_H

#include "sim/packet/spec.h"

/*
 * A question's values: name, type, class. A record's: name, type, class, ttl, then its data's
 * parts. One value alone: the record's octets, raw. A name given as octets ("hex c00c") is written
 * as they are: its `name` is "hex".
 */
enum {
    RECORD_NAME,
    RECORD_TYPE,
    RECORD_CLASS,
    RECORD_TTL,
    RECORD_DATA,
    RECORD_VALUES = RECORD_DATA + 8
};

extern const struct field dns_field_name, dns_field_type, dns_field_class, dns_field_ttl;

/* The field of a record's k-th part of data; NULL: no more. Types without a table of parts have
 * their octets. */
const struct field *dns_data_field(uint32_t type, uint32_t k);
const struct field *dns_value_field(const struct match *m, uint32_t k, bool question);
/* The type's data have a form of their own (text is a string with its length), so that octets must
 * be told from it. */
bool dns_marks_octets(uint32_t type);
bool dns_is_raw(const struct match *name);

/* Reads the record at *at of the layer at view i into values of the pool; 0: it cannot be read. */
uint32_t dns_read(const struct shape *s, int i, uint32_t *at, bool question, struct pool *pool,
                  struct match *out, bool *compressed);

#endif
