/* Faults that a script asks for: which frames they count, and what they do. */
#include <criterion/criterion.h>
#include "tests/wire_sim/lan.h"

static struct lan *plain(void)
{
    return lan_new(&(struct link_config){.name = "lan", .latency_ns = 1000}, 1, 2);
}

/* Sends a, b, c, ... from port 0, one each microsecond, and runs until all is quiet. */
static const char *send_letters(struct lan *lan, int count)
{
    for (int i = 0; i < count; i++) {
        lan_send(lan, 0, 60, 'a' + i);
        lan_run(lan, world_now(lan->world) + 1000);
    }
    lan_run(lan, NEVER);
    return lan_tags(lan);
}

static bool is_even(const void *ctx, const uint8_t *bytes, uint32_t len)
{
    (void)ctx;
    return bytes[len - 1] % 2 == 0;
}

Test(link_fault, frame_n_is_lost_and_only_it)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.frame = 2;
    struct link_fault *added = link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 5), "acde");
    cr_assert_eq(added->applied, 1);
    cr_assert_eq(added->seen, 5);
    cr_assert_eq(link_count(lan->link, LINK_LOST), 1);
    cr_assert_eq(link_count(lan->link, LINK_SENT), 5);
}

/* Counting begins when the fault is added, and goes over both directions. */
Test(link_fault, frames_are_counted_from_the_fault_on_in_both_directions)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    lan_send(lan, 0, 60, 'a');
    fault.frame = 2;
    link_add_fault(lan->link, &fault);
    lan_send(lan, 1, 60, 'b');
    lan_send(lan, 0, 60, 'c');
    lan_send(lan, 1, 60, 'd');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "abd");
}

Test(link_fault, every_nth)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.every = 3;
    link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 9), "abdegh");
}

Test(link_fault, a_mask_names_the_first_64)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.mask = 0x8000000000000005u; /* 1st, 3rd, 64th */
    struct link_fault *added = link_add_fault(lan->link, &fault);
    send_letters(lan, 70);
    cr_assert_eq(added->applied, 3);
    cr_assert_eq(lan->arrivals, 67);
    cr_assert_eq(lan->arrival[0].tag, 'b');
    cr_assert_eq(lan->arrival[1].tag, 'd');
    cr_assert_eq(lan->arrival[60].tag, 'a' + 62);
    cr_assert_eq(lan->arrival[61].tag, 'a' + 64);
}

Test(link_fault, a_limit_ends_it)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.limit = 2;
    link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 5), "cde");
}

/* With a predicate, only the frames that it accepts are counted. */
Test(link_fault, match_selects_and_counts)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.match = is_even; /* 'b', 'd', 'f' */
    fault.frame = 2;
    link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 6), "abcef");
}

Test(link_fault, from_port_selects_a_direction)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.from_port = 1;
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'a');
    lan_send(lan, 1, 60, 'b');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "a");
}

Test(link_fault, a_duplicate_arrives_at_once)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_DUP);
    fault.frame = 2;
    link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 3), "abbc");
    cr_assert_eq(lan->arrival[1].time_ns, lan->arrival[2].time_ns);
    cr_assert_eq(link_count(lan->link, LINK_DUPLICATED), 1);
}

/* Bit 0 is the first byte's most significant one. */
Test(link_fault, flip_changes_one_bit_of_a_copy)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_FLIP);
    fault.bit = 9;
    link_add_fault(lan->link, &fault);
    struct frame *f = frame_new(lan->world, 60);
    link_send(lan->link, 0, f);
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrival[0].bytes[1], 0x40);
    cr_assert_eq(lan->arrival[0].bytes[0], 0);
    cr_assert_eq(lan->arrival[0].flags, 0, "past the check sequence");
    cr_assert_eq(f->bytes[1], 0, "the sender's frame is untouched");
    cr_assert_eq(f->refs, 1);
    cr_assert_eq(link_count(lan->link, LINK_CORRUPTED), 1);
}

Test(link_fault, a_bit_beyond_the_end_never_applies)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_FLIP);
    fault.bit = 480;
    struct link_fault *added = link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 1), "a");
    cr_assert_eq(added->applied, 0);
    cr_assert_eq(link_count(lan->link, LINK_CORRUPTED), 0);
}

Test(link_fault, a_bad_fcs_is_a_flag)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_FCS);
    fault.frame = 1;
    link_add_fault(lan->link, &fault);
    send_letters(lan, 2);
    cr_assert_eq(lan->arrival[0].flags, FRAME_BAD_FCS);
    cr_assert_eq(lan->arrival[1].flags, 0);
}

/* a is held back by 2.5 us, so b and c overtake it. */
Test(link_fault, a_delay_reorders)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_DELAY);
    fault.frame = 1;
    fault.delay_ns = 2500;
    link_add_fault(lan->link, &fault);
    cr_assert_str_eq(send_letters(lan, 4), "bcad");
    cr_assert_eq(lan->arrival[2].time_ns, 3500);
    cr_assert_eq(link_count(lan->link, LINK_DELAYED), 1);
}

Test(link_fault, truncation_leaves_so_many_bytes)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_TRUNCATE);
    fault.length = 20;
    struct link_fault *added = link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'a');
    lan_send(lan, 0, 20, 'b'); /* nothing to cut */
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrival[0].len, 20);
    cr_assert_eq(lan->arrival[1].len, 20);
    cr_assert_eq(added->applied, 1);
    cr_assert_eq(link_count(lan->link, LINK_TRUNCATED), 1);
}

/* Several faults on one frame add up; a loss takes all. */
Test(link_fault, faults_add_up)
{
    struct lan *lan = plain();
    struct link_fault dup = lan_fault(FAULT_DUP), delay = lan_fault(FAULT_DELAY);
    struct link_fault lose = lan_fault(FAULT_LOSE), flip = lan_fault(FAULT_FLIP);
    delay.delay_ns = 7;
    flip.bit = 0;
    lose.frame = 2;
    struct link_fault *dups = link_add_fault(lan->link, &dup);
    link_add_fault(lan->link, &delay);
    link_add_fault(lan->link, &flip);
    link_add_fault(lan->link, &lose);
    cr_assert_str_eq(send_letters(lan, 2), "aa");
    cr_assert_eq(lan->arrival[0].time_ns, 1007);
    cr_assert_eq(lan->arrival[1].bytes[0], 0x80);
    cr_assert_eq(dups->applied, 1, "what is lost is not duplicated");
}

/* Down: frames that enter are dropped, those in flight are lost, the carrier is told, in an event
 * of its own. */
Test(link_fault, down_loses_what_is_in_flight)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_DOWN);
    lan_send(lan, 0, 60, 'a');
    lan_run(lan, 500);
    struct link_fault *added = link_add_fault(lan->link, &fault);
    cr_assert_eq(added->applied, 1);
    cr_assert_not(link_is_up(lan->link));
    cr_assert_str_eq(lan->carrier, "", "nobody is called back from here");
    lan_send(lan, 0, 60, 'b');
    lan_run(lan, 5000);
    cr_assert_str_eq(lan->carrier, "-0 -1 ");
    cr_assert_eq(lan->arrivals, 0);
    cr_assert_eq(link_count(lan->link, LINK_IS_DOWN), 2);
    fault = lan_fault(FAULT_UP);
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'c');
    lan_run(lan, 10000);
    cr_assert_str_eq(lan->carrier, "-0 -1 +0 +1 ");
    cr_assert_str_eq(lan_tags(lan), "c");
}

/* Down and up at one instant: both are told, in order. */
Test(link_fault, a_flap_is_told_in_full)
{
    struct lan *lan = plain();
    link_set_up(lan->link, false, 0);
    link_set_up(lan->link, false, 0);
    link_set_up(lan->link, true, 0);
    lan_run(lan, 0);
    cr_assert_str_eq(lan->carrier, "-0 -1 +0 +1 ");
}

/* "down frame 2": the second frame finds the link down. */
Test(link_fault, down_at_the_nth_frame)
{
    struct lan *lan = plain();
    struct link_fault down = lan_fault(FAULT_DOWN), up = lan_fault(FAULT_UP);
    down.frame = 2;
    up.frame = 4;
    link_add_fault(lan->link, &down);
    link_add_fault(lan->link, &up);
    for (int i = 0; i < 5; i++)
        lan_send(lan, 0, 60, 'a' + i);
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "de", "a was in flight when it went down");
    cr_assert_eq(link_count(lan->link, LINK_IS_DOWN), 3);
}

/* A queue that was waiting is gone with the carrier: the next frame is sent at once. */
Test(link_fault, down_empties_the_queues)
{
    struct lan *lan = lan_new(
        &(struct link_config){.name = "lan", .rate_bps = 1000000000, .queue_frames = 1}, 1, 2);
    lan_send(lan, 0, 60, 'a');
    lan_send(lan, 0, 60, 'b');
    link_set_up(lan->link, false, 0);
    link_set_up(lan->link, true, 0);
    lan_send(lan, 0, 60, 'c');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "c");
    cr_assert_eq(lan->arrival[0].time_ns, 672);
}

/* Partition: the carrier stays, nothing passes, and what arrives during it is lost. */
Test(link_fault, partition_passes_nothing_until_healed)
{
    struct lan *lan = plain();
    struct link_fault fault = lan_fault(FAULT_PARTITION);
    lan_send(lan, 0, 60, 'a');
    lan_run(lan, 500);
    link_add_fault(lan->link, &fault);
    lan_send(lan, 1, 60, 'b');
    lan_run(lan, 5000);
    cr_assert(link_is_up(lan->link));
    cr_assert_str_eq(lan->carrier, "");
    cr_assert_eq(link_count(lan->link, LINK_LOST), 2);
    fault = lan_fault(FAULT_HEAL);
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'c');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "c");
}

Test(link_fault, partition_of_one_port_leaves_the_others)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan"}, 1, 3);
    struct link_fault fault = lan_fault(FAULT_PARTITION);
    fault.from_port = 2;
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'a');
    lan_send(lan, 2, 60, 'b');
    lan_run(lan, NEVER);
    cr_assert_str_eq(lan_tags(lan), "a");
    cr_assert_eq(lan->arrival[0].port, 1);
}

struct tapped {
    enum link_event event[16];
    int line[16], count;
};

static void tapped(void *ctx, struct link *l, int port, struct frame *f, enum link_event event,
                   int line, int64_t now_ns)
{
    struct tapped *t = ctx;
    (void)l, (void)port, (void)f, (void)now_ns;
    t->event[t->count] = event;
    t->line[t->count++] = line;
}

/* The tap hears of every frame once, with what became of it and the line that did it. */
Test(link_fault, the_tap_is_told_what_became_of_each)
{
    struct lan *lan = plain();
    struct tapped t = {.count = 0};
    link_watch(lan->link, tapped, &t);
    static const enum fault_kind kind[] = {FAULT_LOSE,  FAULT_DUP,      FAULT_FLIP,
                                           FAULT_DELAY, FAULT_TRUNCATE, FAULT_DOWN};
    static const enum link_event expected[] = {LINK_LOST,    LINK_DUPLICATED, LINK_CORRUPTED,
                                               LINK_DELAYED, LINK_TRUNCATED,  LINK_IS_DOWN};
    for (int i = 0; i < 6; i++) {
        struct link_fault fault = lan_fault(kind[i]);
        fault.frame = (uint64_t)i + 1;
        fault.line = 10 + i;
        link_add_fault(lan->link, &fault);
    }
    for (int i = 0; i < 6; i++)
        lan_send(lan, 0, 60, 'a');
    lan_send(lan, 0, 60, 'a');
    cr_assert_eq(t.count, 7);
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(t.event[i], expected[i], "frame %d", i + 1);
        cr_assert_eq(t.line[i], 10 + i);
    }
    cr_assert_eq(t.line[6], 15, "still down because of that line");
}

/* A lost frame was transmitted all the same: the next one waits for it. */
Test(link_fault, a_lost_frame_takes_its_time)
{
    struct lan *lan = lan_new(&(struct link_config){.name = "lan", .rate_bps = 1000000000}, 1, 2);
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.frame = 1;
    link_add_fault(lan->link, &fault);
    lan_send(lan, 0, 60, 'a');
    lan_send(lan, 0, 60, 'b');
    lan_run(lan, NEVER);
    cr_assert_eq(lan->arrival[0].time_ns, 1344);
}

/* Faults, what they counted and what is in flight are part of a snapshot. */
Test(link_fault, a_restored_link_repeats_itself)
{
    struct link_config config = {
        .name = "lan", .latency_ns = 1000, .loss_ppm = 300000, .jitter_ns = 5000};
    struct lan *lan = lan_new(&config, 9, 2);
    struct link_fault fault = lan_fault(FAULT_LOSE);
    fault.every = 4;
    link_add_fault(lan->link, &fault);
    send_letters(lan, 10);
    lan_send(lan, 0, 60, 'x');
    lan_send(lan, 1, 60, 'y');
    struct image *image = world_save(lan->world, NULL);
    lan->arrivals = 0;
    send_letters(lan, 20);
    char first[64];
    strcpy(first, lan_tags(lan));
    struct fingerprint print = *link_print_times(lan->link);
    world_restore(lan->world, image);
    lan->arrivals = 0;
    cr_assert_str_eq(send_letters(lan, 20), first);
    cr_assert_eq(link_print_times(lan->link)->a, print.a);
    image_free(image);
}
