/* What the tests of DNS messages, names and records share. */
#ifndef TESTS_WIRE_DNS_MESSAGES_H
#define TESTS_WIRE_DNS_MESSAGES_H

#include "tests/wire/packet.h"
#include "stack/wire/dns.h"

/* id abcd, a response, recursion desired and available; then the four counts */
#define RESPONSE(counts) "abcd 8180 " counts
#define EXAMPLE_ORG      "07 6578616d706c65 03 6f7267 00"

/* example.org A? with one answer, its name a pointer to the question's: 192.0.2.1, TTL 60 */
#define ANSWER                                                                                     \
    RESPONSE("0001 0001 0000 0000")                                                                \
    EXAMPLE_ORG "0001 0001 c00c 0001 0001 0000003c 0004 c0000201"

static inline struct dns_name name_of(const char *text)
{
    struct dns_name name;
    ASSERT_ACCEPTED(dns_name_from_text(text, &name));
    return name;
}

static inline void assert_name(const struct dns_name *name, const char *text)
{
    char buf[DNS_MAX_TEXT];
    cr_assert_eq(dns_name_to_text(name, buf, sizeof buf), strlen(text));
    cr_assert_str_eq(buf, text);
}

#endif
