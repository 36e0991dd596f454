/* The resolver's memory: RFC 1035 7.4, RFC 2308, RFC 8020. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/service/dns_inside.h"

#define SECOND INT64_C(1000000000)

static struct dns_entry entries[3];
static struct dns_cache cache = {entries, 3};

static struct dns_name name(const char *text)
{
    struct dns_name n;
    cr_assert_eq(dns_name_from_text(text, &n), DNS_SOUND);
    return n;
}

static void put(const char *text, uint16_t type, int result, uint32_t ttl_s, int64_t now_ns)
{
    struct dns_name n = name(text);
    struct dns_result data;
    memset(&data, 0, sizeof data);
    data.count = ttl_s;
    dns_cache_put(&cache, &n, type, result, &data, ttl_s, now_ns);
}

static const struct dns_entry *find(const char *text, uint16_t type, int64_t now_ns)
{
    struct dns_name n = name(text);
    return dns_cache_find(&cache, &n, type, now_ns);
}

static void empty(void)
{
    dns_cache_clear(&cache);
}

/* RFC1035-7.4-1: until the TTL, not at it. Names without regard to case. */
Test(dns_cache, serves_for_its_ttl, .init = empty)
{
    put("a.example", DNS_A, 0, 10, 5 * SECOND);
    cr_assert_not_null(find("A.EXAMPLE", DNS_A, 15 * SECOND - 1));
    cr_assert_null(find("a.example", DNS_A, 15 * SECOND));
    cr_assert_null(find("a.example", DNS_AAAA, 6 * SECOND));
    cr_assert_null(find("b.example", DNS_A, 6 * SECOND));
}

/* RFC1035-4.1.3-2. */
Test(dns_cache, ttl_0_is_not_kept, .init = empty)
{
    put("a.example", DNS_A, 0, 0, 0);
    cr_assert_null(find("a.example", DNS_A, 0));
}

/* RFC2308-2.1-1, RFC8020-2-1: all types, and all that is below; not what only ends alike. */
Test(dns_cache, no_name_covers_types_and_what_is_below, .init = empty)
{
    put("b.example", DNS_ANY_TYPE, -ERR_NOENT, 10, 0);
    cr_assert_not_null(find("b.example", DNS_A, SECOND));
    cr_assert_not_null(find("b.example", DNS_AAAA, SECOND));
    cr_assert_not_null(find("x.a.b.example", DNS_A, SECOND));
    cr_assert_null(find("ab.example", DNS_A, SECOND));
    cr_assert_null(find("example", DNS_A, SECOND));
}

/* RFC2308-2.2-1: no data is of one type. */
Test(dns_cache, no_data_is_of_its_type, .init = empty)
{
    put("a.example", DNS_AAAA, -ERR_NOENT, 10, 0);
    cr_assert_null(find("a.example", DNS_A, SECOND));
    cr_assert_eq(find("a.example", DNS_AAAA, SECOND)->result, -ERR_NOENT);
}

Test(dns_cache, full_what_expires_first_gives_way, .init = empty)
{
    put("a.example", DNS_A, 0, 30, 0);
    put("b.example", DNS_A, 0, 10, 0);
    put("c.example", DNS_A, 0, 20, 0);
    put("d.example", DNS_A, 0, 15, 0);
    cr_assert_null(find("b.example", DNS_A, SECOND));
    cr_assert_not_null(find("a.example", DNS_A, SECOND));
    cr_assert_not_null(find("c.example", DNS_A, SECOND));
    cr_assert_not_null(find("d.example", DNS_A, SECOND));
}

Test(dns_cache, again_replaces, .init = empty)
{
    put("a.example", DNS_A, 0, 30, 0);
    put("a.example", DNS_A, 0, 7, 0);
    cr_assert_eq(find("a.example", DNS_A, SECOND)->data.count, 7);
    cr_assert_null(find("a.example", DNS_A, 8 * SECOND));
}

/* Other servers may know: what failed is forgotten, what does not exist is not. */
Test(dns_cache, failures_are_forgotten_alone, .init = empty)
{
    put("a.example", DNS_A, -ERR_TIMEDOUT, 60, 0);
    put("b.example", DNS_A, -ERR_IO, 60, 0);
    put("c.example", DNS_ANY_TYPE, -ERR_NOENT, 60, 0);
    dns_cache_forget_failures(&cache);
    cr_assert_null(find("a.example", DNS_A, SECOND));
    cr_assert_null(find("b.example", DNS_A, SECOND));
    cr_assert_not_null(find("c.example", DNS_A, SECOND));
}
