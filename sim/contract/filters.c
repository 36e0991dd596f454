/* Which frames the device lets through, by its driver's filter. A filter of groups may let more
 * through than was asked for: hash tables do. */
#include "sim/contract/check.h"

enum { GROUPS = 8 };
static const uint8_t groups[GROUPS][6] = {
    {0x01, 0x00, 0x5e, 0x00, 0x00, 0x01}, {0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb},
    {0x01, 0x00, 0x5e, 0x7f, 0xff, 0xfa}, {0x33, 0x33, 0x00, 0x00, 0x00, 0x01},
    {0x33, 0x33, 0xff, 0x12, 0x34, 0x56}, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x0e},
    {0x33, 0x33, 0x00, 0x01, 0x00, 0x03}, {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03},
};
static const uint8_t other[6] = {0x52, 0x54, 0x00, 0x99, 0x99, 0x99};
static const uint8_t near[6] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x57};
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void must_pass(struct rig *r, const uint8_t *to, const char *what)
{
    bool taken = rig_come_to(r, to, 100);
    if (!taken)
        rig_fail(r, NIC_RECEIVING,
                 "the device let a frame to %02x:%02x:%02x:%02x:%02x:%02x not pass, %s", to[0],
                 to[1], to[2], to[3], to[4], to[5], what);
    rig_judge_received(r);
}

static void must_not_pass(struct rig *r, const uint8_t *to, const char *what)
{
    rig_come_to(r, to, 100);
    if (r->up.count)
        rig_fail(r, NIC_RECEIVING, "a frame to %02x:%02x:%02x:%02x:%02x:%02x came up, %s", to[0],
                 to[1], to[2], to[3], to[4], to[5], what);
    rig_forget(r);
}

static void usual(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    if (r->row->passes_all && rig_driver(r)->filter)
        rig_filter(r, 0, 0, NULL, 0);
    must_pass(r, r->mac, "which is its own address");
    must_pass(r, everybody, "a broadcast: ARP needs it");
    if (r->row->passes_all && !rig_driver(r)->filter)
        return; /* whoever calls it sorts frames out himself */
    must_not_pass(r, other, "another station's");
    must_not_pass(r, near, "another station's");
    must_not_pass(r, groups[0], "a group's that nobody joined");
}

static void promiscuous(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 3; k++) {
        rig_filter(r, 1, 0, NULL, 0);
        must_pass(r, other, "though filter() asked for every frame");
        must_pass(r, groups[2], "though filter() asked for every frame");
        must_pass(r, r->mac, "though filter() asked for every frame");
        must_pass(r, everybody, "though filter() asked for every frame");
        rig_filter(r, 0, 0, NULL, 0);
        must_not_pass(r, other, "though filter() no longer asks for every frame");
        must_pass(r, r->mac, "which is its own address");
        must_pass(r, everybody, "a broadcast");
    }
}

static void all_groups(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    rig_filter(r, 0, 1, NULL, 0);
    for (int k = 0; k < GROUPS; k++)
        must_pass(r, groups[k], "though filter() asked for every group");
    must_not_pass(r, other, "another station's: filter() asked for groups");
    rig_filter(r, 0, 0, NULL, 0);
    must_not_pass(r, groups[0], "though filter() no longer asks for groups");
    must_pass(r, everybody, "a broadcast");
}

static void some_groups(struct rig *r, const struct contract_check *c)
{
    rig_start(r);
    for (int k = 0; k < GROUPS; k++) {
        int count = c->a ? k + 1 : 1;
        rig_filter(r, 0, 0, c->a ? groups : groups + k, count);
        must_pass(r, groups[k], "though filter() asked for this group");
        must_pass(r, groups[c->a ? 0 : k], "though filter() asked for this group");
        must_not_pass(r, other, "another station's");
        must_pass(r, r->mac, "which is its own address");
        must_pass(r, everybody, "a broadcast");
    }
    rig_filter(r, 0, 0, NULL, 0);
    for (int k = 0; k < GROUPS; k++)
        must_not_pass(r, groups[k], "though filter() no longer asks for any group");
}

/* Changing the filter loses no frame of ours: those before and after come up. */
static void while_receiving(struct rig *r, const struct contract_check *c)
{
    (void)c;
    rig_start(r);
    for (int k = 0; k < 100; k++) {
        r->held = true;
        rig_take(r, 100);
        rig_filter(r, k & 1, k & 2, groups, k % GROUPS);
        rig_take(r, 110);
        r->held = false;
        rig_interrupts(r);
        rig_judge_received(r);
    }
    rig_filter(r, 0, 0, NULL, 0);
    rig_judge_alive(r, "after the filter was changed 100 times");
}

const struct contract_check filter_checks[] = {
    {.name = "filter-usual",
     .what = "its own address and broadcasts pass, others do not",
     .play = usual},
    {.name = "filter-promiscuous",
     .what = "everything passes, and then no longer",
     .play = promiscuous,
     .needs = NEEDS_FILTER},
    {.name = "filter-all-groups",
     .what = "every group passes, and then no longer",
     .play = all_groups,
     .needs = NEEDS_FILTER},
    {.name = "filter-one-group",
     .what = "each of eight groups",
     .play = some_groups,
     .needs = NEEDS_FILTER},
    {.name = "filter-groups",
     .what = "one to eight groups at a time",
     .play = some_groups,
     .a = 1,
     .needs = NEEDS_FILTER},
    {.name = "filter-while-receiving",
     .what = "no frame is lost while the filter changes",
     .play = while_receiving,
     .needs = NEEDS_FILTER},
    {.name = NULL},
};
