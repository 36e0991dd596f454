/*
 * The tables of checks of virtio-net, a list for each transport and one for all, and the checks of
 * the device itself: identity, status, features, queues. The sources are sections of virtio 1.2.
 */
#include <string.h>

#include "tests/devices/virtio_net_checks.h"

/* --- identity --- */

static void config_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", side_config(p->side, with[0], (int)with[1]) & with[3], with[2]);
}

/* Of the transport's own registers: at, width, value. */
static void field_value(struct probe *p, const uint32_t *with)
{
    see(p, "value", field_get(p, with[0], (int)with[1]), with[2]);
}

/* at, width, what is written, what is read then. */
static void field_holds(struct probe *p, const uint32_t *with)
{
    field_put(p, with[0], (int)with[1], with[2]);
    see(p, "reads", field_get(p, with[0], (int)with[1]), with[3]);
}

/* 4.1.4: the capability of that type, and what lies in it. */
static void capability(struct probe *p, const uint32_t *with)
{
    struct side *s = p->side;
    uint32_t at = side_config(s, 0x34, 1) & 0xfc;
    for (int k = 0; k < 48 && at; k++, at = side_config(s, at + 1, 1) & 0xfc)
        if (side_config(s, at, 1) == 9 && side_config(s, at + 3, 1) == with[0])
            break;
    see(p, "there", at != 0, 1);
    if (!at)
        return;
    see(p, "octets", side_config(s, at + 2, 1) >= (with[0] == 2 ? 20 : 16), 1);
    see(p, "BAR", side_config(s, at + 4, 1), 4);
    see(p, "offset", side_config(s, at + 8, 4), with[1]);
    see(p, "long enough", side_config(s, at + 12, 4) >= with[2], 1);
}

static void feature(struct probe *p, const uint32_t *with)
{
    see(p, "offered", way_of(p)->offered(p) >> with[0] & 1, with[1]);
}

static void mac(struct probe *p, const uint32_t *with)
{
    (void)with;
    for (uint32_t k = 0; k < 6; k++) {
        static const char *const octet[] = {"1st", "2nd", "3rd", "4th", "5th", "6th"};
        see(p, octet[k], way_of(p)->config(p, CONFIG_MAC + k, 1), side_mac[k]);
    }
}

/* --- status (2.1) --- */

static void status_holds(struct probe *p, const uint32_t *with)
{
    way_of(p)->status(p); /* behind a reset */
    way_of(p)->set_status(p, with[0]);
    see(p, "reads", way_of(p)->status(p), with[0]);
}

static void status_is(struct probe *p, const uint32_t *with)
{
    (void)with;
    see(p, "status", way_of(p)->status(p), 0);
    see(p, "ISR", way_of(p)->isr(p), 0);
    see(p, "line", side_line(p->side), 0);
}

static void status_resets(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    way_of(p)->set_status(p, 0);
    see(p, "status", way_of(p)->status(p), 0);
    see(p, "queue", way_of(p)->queue_live(p, RX), 0);
    see(p, "ISR", way_of(p)->isr(p), 0);
}

static void reset_takes_the_line(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_carrier(p->side, false);
    see(p, "line", side_line(p->side), 1);
    way_of(p)->set_status(p, 0);
    see(p, "line after", side_line(p->side), 0);
}

static void status_bit_cleared(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    forbidden(p, "bits of the device status are cleared");
    way_of(p)->set_status(p, ACKNOWLEDGE);
}

/* 3.1.1: what the device agrees to stays set. with: feature bits, whether it agrees. */
static void features_ok(struct probe *p, const uint32_t *with)
{
    const struct virtio_way *way = way_of(p);
    uint64_t features = with[0] | (with[1] ? F_VERSION_1 : 0);
    way->set_status(p, 0);
    way->status(p);
    way->set_status(p, ACKNOWLEDGE);
    way->set_status(p, ACKNOWLEDGE | DRIVER);
    way->accept(p, features);
    way->set_status(p, ACKNOWLEDGE | DRIVER | FEATURES_OK);
    see(p, "FEATURES_OK", way->status(p) & FEATURES_OK, with[1] ? FEATURES_OK : 0);
}

static void features_unoffered(struct probe *p, const uint32_t *with)
{
    const struct virtio_way *way = way_of(p);
    way->set_status(p, 0);
    way->status(p);
    way->set_status(p, ACKNOWLEDGE);
    way->set_status(p, ACKNOWLEDGE | DRIVER);
    forbidden(p, "that were not offered");
    way->accept(p, (UINT64_C(1) << with[0]) | (way->legacy ? 0 : F_VERSION_1));
}

/* --- queues --- */

static void queue_there(struct probe *p, const uint32_t *with)
{
    uint32_t most = way_of(p)->queue_most(p, with[0]);
    see(p, "a power of two", most && (most & (most - 1)) == 0, 1);
    see(p, "live at first", way_of(p)->queue_live(p, with[0]), 0);
    negotiate(p, F_CTRL_VQ);
    start_queue(p, with[0]);
    see(p, "live", way_of(p)->queue_live(p, with[0]), 1);
}

static void queue_absent(struct probe *p, const uint32_t *with)
{
    see(p, "size", way_of(p)->queue_most(p, with[0]), 0);
}

static void queue_notified_absent(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    forbidden(p, "which is not set up");
    if (way_of(p)->pci && !way_of(p)->legacy)
        forbidden(p, "its place is");
    way_of(p)->notify(p, 77);
    see(p, "frames", p->side->sents, 0);
}

#define NETWORK "virtio 1.2 5.1"
#define SPLIT   "virtio 1.2 2.7"
#define STATUS  "virtio 1.2 2.1"
#define CVQ     "virtio 1.2 5.1.6.5"

/* Where framing is the driver's choice (VERSION_1). */
static const struct check framed_checks[] = {
    {"send, header split", SPLIT, send_split, {4}},
    {"send, frame begins with the header", SPLIT, send_split, {40}},
    {"send in 3 pieces", SPLIT, send_pieces, {3}},
    {"send in 17 pieces", SPLIT, send_pieces, {17}},
    {"receive, header split", SPLIT, receive_split, {4}},
    {"receive, frame begins with the header", SPLIT, receive_split, {100}},
    {"receive counts one buffer", "virtio 1.2 5.1.6.4.1", receive_counts_one, {0}},
    {"FEATURES_OK stays", "virtio 1.2 2.2.2", features_ok, {1 << 5, 1}},
    {"FEATURES_OK without VERSION_1", "virtio 1.2 6.1", features_ok, {1 << 5, 0}},
    {"feature VERSION_1", "virtio 1.2 6", feature, {32, 1}},
    {NULL, NULL, NULL, {0}},
};

static const struct check old_checks[] = {
    {"feature VERSION_1", "virtio 1.2 6", feature, {32, 0}},
    {NULL, NULL, NULL, {0}},
};

static const struct check merging_checks[] = {
    {"feature MRG_RXBUF", NETWORK, feature, {15, 1}},
    {"receive into buffers of 256", "virtio 1.2 5.1.6.4.1", receive_merged, {256}},
    {"receive into buffers of 1012", "virtio 1.2 5.1.6.4.1", receive_merged, {1012}},
    {"receive into buffers of 1011", "virtio 1.2 5.1.6.4.1", receive_merged, {1011}},
    {"receive with too few buffers", "virtio 1.2 5.1.6.4.1", receive_merged_short, {0}},
    {"feature EVENT_IDX", "virtio 1.2 6", feature, {29, 1}},
    {"send, used_event 0", "virtio 1.2 2.7.7", send_event_index, {0}},
    {"send, used_event 2", "virtio 1.2 2.7.7", send_event_index, {2}},
    {"send, used_event beyond", "virtio 1.2 2.7.7", send_event_index, {9}},
    {"receive, used_event 1", "virtio 1.2 2.7.7", receive_event_index, {0}},
    {"avail_event follows", "virtio 1.2 2.7.10", send_notification_wish, {1}},
    {NULL, NULL, NULL, {0}},
};

static const struct check table_checks[] = {
    {"feature INDIRECT_DESC", "virtio 1.2 6", feature, {28, 1}},
    {"send by a table", "virtio 1.2 2.7.5.3", send_table, {0}},
    {"send by a table of 31 octets", "virtio 1.2 2.7.5.3", send_table, {1}},
    {"send by a table in a table", "virtio 1.2 2.7.5.3.1", send_table, {2}},
    {"send by a table with a next", "virtio 1.2 2.7.5.3.1", send_table, {3}},
    {"receive by a table", "virtio 1.2 2.7.5.3", receive_table, {0}},
    {NULL, NULL, NULL, {0}},
};

static const struct check all_checks[] = {
    {"reset status, ISR, line", STATUS, status_is, {0}},
    {"feature MAC", NETWORK, feature, {5, 1}},
    {"feature STATUS", NETWORK, feature, {16, 1}},
    {"feature CTRL_VQ", NETWORK, feature, {17, 1}},
    {"feature CTRL_RX", NETWORK, feature, {18, 1}},
    {"feature GUEST_ANNOUNCE", NETWORK, feature, {21, 1}},
    {"feature that is not offered", "virtio 1.2 2.2.1", features_unoffered, {22}},
    {"MAC", NETWORK, mac, {0}},
    {"status ACKNOWLEDGE", STATUS, status_holds, {ACKNOWLEDGE}},
    {"status DRIVER", STATUS, status_holds, {ACKNOWLEDGE | DRIVER}},
    {"status FAILED", STATUS, status_holds, {ACKNOWLEDGE | FAILED}},
    {"status 0 resets", STATUS, status_resets, {0}},
    {"status 0 takes the line", STATUS, reset_takes_the_line, {0}},
    {"status bit cleared", "virtio 1.2 2.1.1", status_bit_cleared, {0}},
    {"queue for receiving", SPLIT, queue_there, {RX}},
    {"queue for sending", SPLIT, queue_there, {TX}},
    {"queue for commands", SPLIT, queue_there, {CONTROL}},
    {"queue that is not there", SPLIT, queue_absent, {77}},
    {"queue that is not there, notified", SPLIT, queue_notified_absent, {0}},
    {"link is up", NETWORK, link_up, {0}},
    {"link falls and rises", NETWORK, link_falls, {0}},
    {"link down, sending", "measured", link_down_sends, {0}},
    {"send nothing", NETWORK, send_nothing, {0}},
    {"send 14", NETWORK, send_size, {14}},
    {"send 59", NETWORK, send_size, {59}},
    {"send 60", NETWORK, send_size, {60}},
    {"send 61", NETWORK, send_size, {61}},
    {"send 1514", NETWORK, send_size, {1514}},
    {"send, header apart", SPLIT, send_split, {0}},
    {"send 8 at once", SPLIT, send_several, {8}},
    {"send 32 at once", SPLIT, send_several, {32}},
    {"send around the ring", SPLIT, send_around, {1, 300}},
    {"send until the index wraps", SPLIT, send_around, {32, 2049}},
    {"send interrupts", SPLIT, send_interrupts, {0}},
    {"send without interrupts", SPLIT, send_interrupts, {1}},
    {"send wants to be told", "virtio 1.2 2.7.10", send_notification_wish, {0}},
    {"send before DRIVER_OK", "virtio 1.2 3.1.1", send_before_ok, {0}},
    {"send a chain that goes round", "virtio 1.2 2.7.5.2", send_loop, {0}},
    {"send more than the ring holds", "virtio 1.2 2.7.6.1", send_too_many, {0}},
    {"send by a table, not negotiated", "virtio 1.2 2.7.5.3.1", send_table, {4}},
    {"send after a reset", STATUS, after_reset, {60}},
    {"receive 60", NETWORK, receive_size, {60}},
    {"receive 61", NETWORK, receive_size, {61}},
    {"receive 1500", NETWORK, receive_size, {1500}},
    {"receive 1514", NETWORK, receive_size, {1514}},
    {"receive, header apart", SPLIT, receive_split, {0}},
    {"receive in order", SPLIT, receive_in_order, {0}},
    {"receive around the ring", SPLIT, receive_around, {300}},
    {"receive what does not fit", "virtio 1.2 5.1.6.3.1", receive_too_long, {0}},
    {"receive without buffers", NETWORK, receive_without_buffers, {0}},
    {"receive before DRIVER_OK", STATUS, receive_before_ok, {0}},
    {"receive interrupts", SPLIT, receive_interrupts, {0}},
    {"receive without interrupts", SPLIT, receive_interrupts, {1}},
    {"receive broadcast", NETWORK, receive_to, {0}},
    {"receive a group", NETWORK, receive_to, {1}},
    {"receive another's", NETWORK, receive_to, {2}},
    {"command: not promiscuous", CVQ, control_modes, {0, 0}},
    {"command: promiscuous", CVQ, control_modes, {1, 0}},
    {"command: all groups", CVQ, control_modes, {0, 1}},
    {"command: tables of none", CVQ, control_tables, {0, 0}},
    {"command: a table of one address", CVQ, control_tables, {1, 0}},
    {"command: a table of one group", CVQ, control_tables, {0, 1}},
    {"command: both tables", CVQ, control_tables, {1, 1}},
    {"command: tables replaced", CVQ, control_tables_replaced, {0}},
    {"command of no class", CVQ, control_unknown, {99, 0}},
    {"command of no receive mode", CVQ, control_unknown, {0, 99}},
    {"command interrupts", CVQ, control_interrupts, {0}},
    {"command without interrupts", CVQ, control_interrupts, {1}},
    {NULL, NULL, NULL, {0}},
};

static const struct check legacy_checks[] = {
    {"PCI vendor and device", "virtio 1.2 4.1.2", config_value, {0, 4, 0x10001af4, UINT32_MAX}},
    {"PCI revision 0", "virtio 1.2 4.1.2", config_value, {8, 1, 0, 0xff}},
    {"PCI subsystem 1", "virtio 1.2 4.1.2", config_value, {0x2e, 2, 1, 0xffff}},
    {"PCI class", "PCI 3.0", config_value, {8, 4, 0x02000000, 0xffffff00}},
    {"PCI interrupt pin", "PCI 3.0", config_value, {0x3d, 1, 1, 0xff}},
    {"reset features of the driver", "virtio 1.2 4.1.4.10", field_value, {4, 4, 0}},
    {"reset queue page", "virtio 1.2 4.1.4.10", field_value, {8, 4, 0}},
    {NULL, NULL, NULL, {0}},
};

static const struct check pci_checks[] = {
    {"PCI vendor and device", "virtio 1.2 4.1.2", config_value, {0, 4, 0x10411af4, UINT32_MAX}},
    {"PCI revision 1 or more", "virtio 1.2 4.1.2", config_value, {8, 1, 1, 0xff}},
    {"PCI class", "PCI 3.0", config_value, {8, 4, 0x02000000, 0xffffff00}},
    {"PCI interrupt pin", "PCI 3.0", config_value, {0x3d, 1, 1, 0xff}},
    {"capability common", "virtio 1.2 4.1.4.3", capability, {1, 0, 56}},
    {"capability notify", "virtio 1.2 4.1.4.4", capability, {2, 0x3000, 2}},
    {"capability ISR", "virtio 1.2 4.1.4.5", capability, {3, 0x1000, 1}},
    {"capability device", "virtio 1.2 4.1.4.6", capability, {4, 0x2000, 8}},
    {"reset num_queues", "virtio 1.2 4.1.4.3", field_value, {18, 2, 3}},
    {"reset queue_enable", "virtio 1.2 4.1.4.3", field_value, {28, 2, 0}},
    {"configuration's generation moves", "virtio 1.2 4.1.4.3.1", generation_moves, {21, 1}},
    {"config_msix_vector without MSI-X", "virtio 1.2 4.1.5.1.2", field_holds, {16, 2, 7, 0xffff}},
    {"device_feature_select holds", "virtio 1.2 4.1.4.3", field_holds, {0, 4, 1, 1}},
    {"queue_select holds", "virtio 1.2 4.1.4.3", field_holds, {22, 2, 1, 1}},
    {"queue_size holds", "virtio 1.2 4.1.5.1.3", field_holds, {24, 2, 32, 32}},
    {NULL, NULL, NULL, {0}},
};

static const struct check mapped_checks[] = {
    {"MagicValue", "virtio 1.2 4.2.2", field_value, {0, 4, 0x74726976}},
    {"Version", "virtio 1.2 4.2.2", field_value, {4, 4, 2}},
    {"DeviceID", "virtio 1.2 4.2.2", field_value, {8, 4, 1}},
    {"VendorID", "measured", field_value, {12, 4, 0x554d4551}},
    {"configuration's generation moves", "virtio 1.2 4.2.2.1", generation_moves, {0xfc, 4}},
    {"interrupts acknowledged apart", "virtio 1.2 4.2.2.1", acknowledged_apart, {0}},
    {"reset QueueReady", "virtio 1.2 4.2.2", field_value, {0x44, 4, 0}},
    {NULL, NULL, NULL, {0}},
};

static const struct check old_mapped_checks[] = {
    {"MagicValue", "virtio 1.2 4.2.4", field_value, {0, 4, 0x74726976}},
    {"Version", "virtio 1.2 4.2.4", field_value, {4, 4, 1}},
    {"DeviceID", "virtio 1.2 4.2.4", field_value, {8, 4, 1}},
    {"VendorID", "measured", field_value, {12, 4, 0x554d4551}},
    {"interrupts acknowledged apart", "virtio 1.2 4.2.2.1", acknowledged_apart, {0}},
    {"reset QueuePFN", "virtio 1.2 4.2.4", field_value, {0x40, 4, 0}},
    {NULL, NULL, NULL, {0}},
};

const struct check_lists virtio_check_lists[] = {
    {"virtio", {pci_checks, all_checks, framed_checks, table_checks, merging_checks}},
    {"virtio-legacy", {legacy_checks, all_checks, old_checks, table_checks}},
    {"virtio-mmio", {mapped_checks, all_checks, framed_checks}},
    {"virtio-mmio-legacy",
     {old_mapped_checks, all_checks, old_checks, table_checks, merging_checks}},
    {NULL, {NULL}},
};
