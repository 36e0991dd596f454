/* How many ICMP errors go out, to whom. */
#include <criterion/criterion.h>
#include "stack/net/error_rate.h"
#include "tests/core/rig.h"

#define MS INT64_C(1000000)

static struct rig *rig;
static struct error_rate rate;

static void open_rig(void)
{
    rig = rig_full();
    rate = (struct error_rate){0};
}

static void close_rig(void)
{
    rig_close(rig);
}

TestSuite(error_rate, .init = open_rig, .fini = close_rig);

/* 20 ms an error, a burst of 3. */
static bool take(uint32_t to, int64_t now_ns)
{
    struct ip_addr a = addr_ipv4(to);
    return error_rate_take(rig->s, &rate, &a, 20 * MS, 3, now_ns);
}

static int takes(uint32_t to, int times, int64_t now_ns)
{
    int taken = 0;
    while (times-- > 0)
        taken += take(to, now_ns);
    return taken;
}

/* Every place is in use: its destination has drawn all that it gets. Who comes next is nobody's. */
static uint32_t fill_places(int64_t now_ns)
{
    uint32_t to = 1;
    for (int held = 0; held < ERROR_RATE_PLACES; to++) {
        takes(to, 3, now_ns);
        held = 0;
        for (int i = 0; i < ERROR_RATE_PLACES; i++)
            held += rate.place[i].full_ns > now_ns;
    }
    return to;
}

Test(error_rate, a_destination_has_a_burst_and_then_one_in_an_interval)
{
    cr_assert_eq(takes(1, 10, 0), 3);
    cr_assert_eq(takes(1, 10, 20 * MS - 1), 0);
    cr_assert_eq(takes(1, 10, 20 * MS), 1);
    cr_assert_eq(takes(1, 10, 60 * MS), 2);
    cr_assert_eq(takes(1, 10, 3600000 * MS), 3);
}

Test(error_rate, no_interval_is_no_limit)
{
    struct ip_addr a = addr_ipv4(1);
    for (int i = 0; i < 1000; i++)
        cr_assert(error_rate_take(rig->s, &rate, &a, 0, 1, 0));
}

/* An address of the other family, or in another zone, is another destination. */
Test(error_rate, families_and_zones_are_told_apart)
{
    struct ip_addr four = addr_ipv4(1), six = {.word = {1}, .family = ADDR_IPV6}, zone = six;
    zone.zone = 2;
    struct ip_addr *all[] = {&four, &six, &zone};
    for (int i = 0; i < 3; i++)
        cr_assert(error_rate_take(rig->s, &rate, all[i], 20 * MS, 1, 0));
}

/* RFC 5961 10's lesson: errors to others are not seen in how many come to oneself. */
Test(error_rate, others_take_nothing_from_who_has_a_place)
{
    cr_assert_eq(takes(1000000, 2, 0), 2);
    fill_places(0);
    cr_assert_eq(takes(1000000, 5, 0), 1);
    cr_assert_eq(takes(1000000, 5, 20 * MS), 1);
}

/* A place is given away when it says no more of whom it was, and not before. */
Test(error_rate, places_in_use_are_kept)
{
    uint32_t next = fill_places(0);
    struct error_rate before = rate;
    takes(next, 5, 0);
    cr_assert_arr_eq(rate.place, before.place, sizeof rate.place);
    takes(next, 1, 60 * MS);
    bool has_place = false;
    for (int i = 0; i < ERROR_RATE_PLACES; i++)
        has_place |= rate.place[i].to.word[0] == next;
    cr_assert(has_place);
}

/* 1,000 destinations at once share what is left, so that no flood is answered in full. */
Test(error_rate, the_rest_share_one_bucket)
{
    uint32_t next = fill_places(0);
    int taken = 0;
    for (uint32_t i = 0; i < 1000; i++)
        taken += take(next + i, 0);
    cr_assert_leq(taken, 20);
}

/* How many are let go of the shared bucket differs from time to time, and is one an interval on
 * the average. */
Test(error_rate, the_shared_bucket_is_not_predictable)
{
    enum { TIMES = 400 };
    int of[8] = {0}, sum = 0;
    for (int k = 1; k <= TIMES; k++) {
        int64_t now_ns = k * 1000 * MS;
        uint32_t next = fill_places(now_ns);
        rate.shared.full_ns = now_ns;
        int taken = 0;
        for (uint32_t i = 0; i < 1000 && taken < 7; i++)
            taken += take(next + i, now_ns);
        of[taken]++;
        sum += taken;
    }
    cr_assert(of[2] > 20 && of[3] > 20 && of[4] > 20, "%d %d %d", of[2], of[3], of[4]);
    cr_assert(3 * TIMES <= sum && sum <= 4 * TIMES, "%d in %d", sum, TIMES);
}
