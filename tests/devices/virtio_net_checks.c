/*
 * virtio-net behind any transport, check by check: frames out and in, interrupts, receive filters.
 * The sources are sections of virtio 1.2: 2.7 for split queues, 5.1 for the network device.
 */
#include <string.h>

#include "tests/devices/virtio_net_checks.h"

enum { CLASS_RX = 0, CLASS_MAC = 1, CLASS_ANNOUNCE = 3, PROMISCUOUS = 0, ALL_GROUPS = 1 };
enum { ANSWER_OK = 0, ANSWER_ERROR = 1, EIGHT = 8, MACS = 6 };

static const uint8_t group[6] = {1, 0, 0x5e, 0, 0, 1}, stranger[6] = {2, 0, 0, 0, 0, 9};

/* --- sending --- */

static void send_one(struct probe *p, uint32_t octets)
{
    chain(p, TX, 0, BUFFERS, packet(p, octets, 3), 0);
    offer(p, TX, 0);
    ring(p, TX);
}

static void see_one(struct probe *p, uint32_t octets)
{
    see(p, "frames", p->side->sents, 1);
    see_sent(p, "frame", 0, p->side->ram + BUFFERS + header_octets(p), octets);
    see(p, "used index", used_index(p, TX), 1);
    see(p, "used head", used_head(p, TX, 0), 0);
    see(p, "used length", used_length(p, TX, 0), 0);
}

void send_size(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    send_one(p, with[0]);
    see_one(p, with[0]);
}

/* A header and nothing behind it: the device cannot go on. */
void send_nothing(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    packet(p, 0, 3);
    descriptor(p, TX, 0, BUFFERS, header_octets(p), 0, 0);
    offer(p, TX, 0);
    forbidden(p, way_of(p)->legacy ? "a buffer is not a header" : "a buffer to be sent has");
    ring(p, TX);
    see(p, "frames", p->side->sents, 0);
}

/* Descriptors of a chain stand where the driver likes; where framing is the driver's the header
 * ends where it likes, too. */
void send_split(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    uint32_t len = packet(p, 100, 4), first = with[0] ? with[0] : header_octets(p);
    descriptor(p, TX, 5, BUFFERS, first, DESC_NEXT, 9);
    descriptor(p, TX, 9, BUFFERS + first, len - first, 0, 0);
    offer(p, TX, 5);
    ring(p, TX);
    see_sent(p, "frame", 0, p->side->ram + BUFFERS + header_octets(p), 100);
    see(p, "used head", used_head(p, TX, 0), 5);
}

/* As send_split, in with[0] pieces of almost one size. */
void send_pieces(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    uint32_t len = packet(p, 500, 4), step = len / with[0], at = 0;
    for (uint32_t k = 0; k < with[0]; k++, at += step) {
        bool last = k + 1 == with[0];
        descriptor(p, TX, k, BUFFERS + at, last ? len - at : step, last ? 0 : DESC_NEXT, k + 1);
    }
    offer(p, TX, 0);
    ring(p, TX);
    see_sent(p, "frame", 0, p->side->ram + BUFFERS + header_octets(p), 500);
    see(p, "used index", used_index(p, TX), 1);
}

void send_several(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    uint32_t len = packet(p, 60, 5);
    for (uint32_t k = 0; k < with[0]; k++) {
        chain(p, TX, k, BUFFERS, len, 0);
        offer(p, TX, k);
    }
    ring(p, TX);
    see(p, "frames", p->side->sents, with[0]);
    see(p, "used index", used_index(p, TX), with[0]);
}

/* The available ring comes around, its index goes on; with[0] buffers at a time, with[1] times. */
void send_around(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    chain(p, TX, 0, BUFFERS, packet(p, 60, 6), 0);
    for (uint32_t k = 0; k < with[1]; k++) {
        for (uint32_t i = 0; i < with[0]; i++)
            offer(p, TX, 0);
        p->side->sents = 0;
        ring(p, TX);
    }
    see(p, "frames of the last round", p->side->sents, with[0]);
    see(p, "used index", used_index(p, TX), (with[0] * with[1]) & 0xffff);
}

void send_before_ok(struct probe *p, const uint32_t *with)
{
    (void)with;
    negotiate(p, 0);
    start_queue(p, TX);
    chain(p, TX, 0, BUFFERS, packet(p, 60, 3), 0);
    offer(p, TX, 0);
    forbidden(p, "DRIVER_OK");
    ring(p, TX);
    see(p, "frames", p->side->sents, 0);
}

void send_interrupts(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    way_of(p)->isr(p);
    side_put(p->side, avail_at(p, TX), with[0], 2);
    send_one(p, 60);
    see(p, "line", side_line(p->side), !with[0]);
    see(p, "ISR", way_of(p)->isr(p) & 1, !with[0]);
    see(p, "ISR again", way_of(p)->isr(p), 0);
    see(p, "line after ISR", side_line(p->side), 0);
}

/* 2.7.7: an interrupt when the index passes used_event, and only then. */
void send_event_index(struct probe *p, const uint32_t *with)
{
    begin(p, F_EVENT_IDX);
    way_of(p)->isr(p);
    uint32_t len = packet(p, 60, 5), size = way_of(p)->queue_size(p, TX);
    side_put(p->side, avail_at(p, TX) + 4 + 2 * size, with[0], 2);
    for (uint32_t k = 0; k < 3; k++) {
        static const char *const after[] = {"line after the first", "line after the second",
                                            "line after the third"};
        chain(p, TX, k, BUFFERS, len, 0);
        offer(p, TX, k);
        ring(p, TX);
        see(p, after[k], side_line(p->side), with[0] == k);
        way_of(p)->isr(p);
    }
}

/* 2.7.10: the device says how far the driver may go without a notification. */
void send_notification_wish(struct probe *p, const uint32_t *with)
{
    begin(p, with[0] ? F_EVENT_IDX : 0);
    send_one(p, 60);
    uint32_t size = way_of(p)->queue_size(p, TX);
    if (with[0])
        see(p, "avail_event", side_get(p->side, used_at(p, TX) + 4 + 8 * size, 2), 1);
    else
        see(p, "flags", side_get(p->side, used_at(p, TX), 2), 0);
}

/* 2.7.5.3: one descriptor that leads to a table. with[0]: what is wrong with it. */
void send_table(struct probe *p, const uint32_t *with)
{
    static const char *const words[] = {NULL, "no multiple of 16", "leads to another",
                                        "indirect and has a next"};
    struct side *s = p->side;
    begin(p, with[0] == 4 ? 0 : F_INDIRECT);
    uint32_t header = header_octets(p), len = packet(p, 100, 4);
    side_put(s, TABLES, s->ram_at + BUFFERS, 8);
    side_put(s, TABLES + 8, header | (uint64_t)DESC_NEXT << 32 | UINT64_C(1) << 48, 8);
    side_put(s, TABLES + 16, s->ram_at + (with[0] == 2 ? TABLES : BUFFERS + header), 8);
    side_put(s, TABLES + 24, with[0] == 2 ? 32 | (uint64_t)DESC_INDIRECT << 32 : len - header, 8);
    descriptor(p, TX, 3, TABLES, with[0] == 1 ? 31 : 32,
               DESC_INDIRECT | (with[0] == 3 ? DESC_NEXT : 0), 4);
    descriptor(p, TX, 4, BUFFERS, 60, 0, 0);
    offer(p, TX, 3);
    if (with[0])
        forbidden(p, with[0] == 4 ? "not negotiated" : words[with[0]]);
    ring(p, TX);
    if (with[0]) {
        see(p, "frames", p->side->sents, 0);
        return;
    }
    see_sent(p, "frame", 0, s->ram + BUFFERS + header, 100);
    see(p, "used head", used_head(p, TX, 0), 3);
}

/* 2.7.5.2 */
void send_loop(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    packet(p, 100, 4);
    descriptor(p, TX, 0, BUFFERS, header_octets(p), DESC_NEXT, 1);
    descriptor(p, TX, 1, BUFFERS + header_octets(p), 60, DESC_NEXT, 0);
    offer(p, TX, 0);
    forbidden(p, "goes round");
    ring(p, TX);
    see(p, "frames", p->side->sents, 0);
}

/* 2.7.6.1: no more than the queue holds. */
void send_too_many(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    chain(p, TX, 0, BUFFERS, packet(p, 60, 3), 0);
    side_put(p->side, avail_at(p, TX) + 2, way_of(p)->queue_size(p, TX) + 1, 2);
    forbidden(p, "the available index");
    ring(p, TX);
    see(p, "frames", p->side->sents, 0);
}

/* --- receiving --- */

void receive_size(struct probe *p, const uint32_t *with)
{
    uint8_t frame[2048];
    uint32_t len = side_make(frame, side_mac, with[0], 7), header;
    begin(p, 0);
    header = header_octets(p);
    buffers(p, 4, 2000);
    side_receive(p->side, frame, len);
    see(p, "used index", used_index(p, RX), 1);
    see(p, "used length", used_length(p, RX, 0), header + len);
    see(p, "header's flags", side_get(p->side, BUFFERS, 1), 0);
    see(p, "header's kind", side_get(p->side, BUFFERS + 1, 1), 0);
    see_octets(p, "octets", p->side->ram + BUFFERS + header, len, frame, len);
    see(p, "octet behind", side_get(p->side, BUFFERS + header + len, 1), 0);
}

/* A header, and frame octets in it where framing is the driver's: with[0] octets, 0: the header's.
 */
void receive_split(struct probe *p, const uint32_t *with)
{
    uint8_t frame[200];
    begin(p, 0);
    uint32_t header = header_octets(p), first = with[0] ? with[0] : header;
    descriptor(p, RX, 0, BUFFERS, first, DESC_NEXT | DESC_WRITE, 1);
    descriptor(p, RX, 1, BUFFERS + first, 1000, DESC_WRITE, 0);
    offer(p, RX, 0);
    ring(p, RX);
    side_receive(p->side, frame, side_make(frame, side_mac, sizeof frame, 8));
    see(p, "used length", used_length(p, RX, 0), header + sizeof frame);
    see_octets(p, "octets", p->side->ram + BUFFERS + header, sizeof frame, frame, sizeof frame);
}

/* Without MRG_RXBUF a frame has one buffer (5.1.6.3.1): one that it does not fit in stays. */
void receive_too_long(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    buffers(p, 2, 100);
    side_receive_to(p->side, side_mac, 500);
    see(p, "used index", used_index(p, RX), 0);
    side_receive_to(p->side, side_mac, 80);
    see(p, "used index after a short one", used_index(p, RX), 1);
    see(p, "its head", used_head(p, RX, 0), 0);
}

void receive_in_order(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    buffers(p, 4, 2000);
    for (uint32_t k = 0; k < 3; k++)
        side_receive_to(p->side, side_mac, 60 + k);
    see(p, "used index", used_index(p, RX), 3);
    see(p, "length of the third", used_length(p, RX, 2), header_octets(p) + 62);
    see(p, "head of the third", used_head(p, RX, 2), 2);
}

/* The queue comes around: buffers are offered again as they come back. */
void receive_around(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    buffers(p, EIGHT, 2000);
    for (uint32_t k = 0; k < with[0]; k++) {
        side_receive_to(p->side, side_mac, 60 + k % 100);
        offer(p, RX, k % EIGHT);
        ring(p, RX);
    }
    uint32_t last = (with[0] - 1) % way_of(p)->queue_size(p, RX);
    see(p, "used index", used_index(p, RX), with[0]);
    see(p, "head of the last", used_head(p, RX, last), (with[0] - 1) % EIGHT);
    see(p, "length of the last", used_length(p, RX, last),
        header_octets(p) + 60 + (with[0] - 1) % 100);
}

void receive_interrupts(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    way_of(p)->isr(p);
    side_put(p->side, avail_at(p, RX), with[0], 2);
    buffers(p, 4, 2000);
    side_receive_to(p->side, side_mac, 60);
    see(p, "line", side_line(p->side), !with[0]);
    see(p, "ISR", way_of(p)->isr(p) & 1, !with[0]);
}

void receive_event_index(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, F_EVENT_IDX);
    way_of(p)->isr(p);
    side_put(p->side, avail_at(p, RX) + 4 + 2 * way_of(p)->queue_size(p, RX), 1, 2);
    buffers(p, 4, 2000);
    side_receive_to(p->side, side_mac, 60);
    see(p, "line after the first", side_line(p->side), 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "line after the second", side_line(p->side), 1);
}

/* The device has no buffer: a wire does not wait. */
void receive_without_buffers(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_receive_to(p->side, side_mac, 60);
    buffers(p, 4, 2000);
    see(p, "used index", used_index(p, RX), 0);
}

void receive_before_ok(struct probe *p, const uint32_t *with)
{
    (void)with;
    negotiate(p, 0);
    start_queue(p, RX);
    chain(p, RX, 0, BUFFERS, header_octets(p) + 2000, DESC_WRITE);
    offer(p, RX, 0);
    side_receive_to(p->side, side_mac, 60);
    see(p, "used index", used_index(p, RX), 0);
}

/* Until the control queue says something nothing is filtered. */
void receive_to(struct probe *p, const uint32_t *with)
{
    const uint8_t *const to[] = {side_broadcast, group, stranger};
    begin(p, 0);
    buffers(p, 4, 2000);
    side_receive_to(p->side, to[with[0]], 60);
    see(p, "used index", used_index(p, RX), 1);
}

/* 5.1.6.4: over several buffers, the first of which counts them. */
void receive_merged(struct probe *p, const uint32_t *with)
{
    uint8_t frame[1000];
    begin(p, F_MRG_RXBUF);
    for (uint32_t k = 0; k < EIGHT; k++) {
        descriptor(p, RX, k, BUFFERS + with[0] * k, with[0], DESC_WRITE, 0);
        offer(p, RX, k);
    }
    ring(p, RX);
    uint32_t header = header_octets(p), all = header + sizeof frame, many = all / with[0];
    many += many * with[0] < all;
    side_receive(p->side, frame, side_make(frame, side_mac, sizeof frame, 9));
    see(p, "used index", used_index(p, RX), many);
    see(p, "num_buffers", side_get(p->side, BUFFERS + 10, 2), many);
    see(p, "length of the first", used_length(p, RX, 0), with[0] < all ? with[0] : all);
    see(p, "length of the last", used_length(p, RX, many - 1), all - (many - 1) * with[0]);
    see_octets(p, "octets", p->side->ram + BUFFERS + header, sizeof frame, frame, sizeof frame);
}

/* A frame for which there are too few buffers takes none of them. */
void receive_merged_short(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, F_MRG_RXBUF);
    for (uint32_t k = 0; k < 2; k++) {
        descriptor(p, RX, k, BUFFERS + 256 * k, 256, DESC_WRITE, 0);
        offer(p, RX, k);
    }
    ring(p, RX);
    side_receive_to(p->side, side_mac, 1000);
    see(p, "used index", used_index(p, RX), 0);
}

/* 5.1.6.4.1 */
void receive_counts_one(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_put(p->side, BUFFERS + 10, 0xeeee, 2);
    buffers(p, 1, 2000);
    side_receive_to(p->side, side_mac, 60);
    see(p, "num_buffers", side_get(p->side, BUFFERS + 10, 2), 1);
}

void receive_table(struct probe *p, const uint32_t *with)
{
    uint8_t frame[300];
    struct side *s = p->side;
    (void)with;
    begin(p, F_INDIRECT);
    uint32_t header = header_octets(p);
    side_put(s, TABLES, s->ram_at + BUFFERS, 8);
    side_put(s, TABLES + 8, header | (uint64_t)(DESC_NEXT | DESC_WRITE) << 32 | UINT64_C(1) << 48,
             8);
    side_put(s, TABLES + 16, s->ram_at + BUFFERS + header, 8);
    side_put(s, TABLES + 24, 1000 | (uint64_t)DESC_WRITE << 32, 8);
    descriptor(p, RX, 6, TABLES, 32, DESC_INDIRECT, 0);
    offer(p, RX, 6);
    ring(p, RX);
    side_receive(s, frame, side_make(frame, side_mac, sizeof frame, 9));
    see(p, "used head", used_head(p, RX, 0), 6);
    see(p, "used length", used_length(p, RX, 0), header + sizeof frame);
    see_octets(p, "octets", s->ram + BUFFERS + header, sizeof frame, frame, sizeof frame);
}

/* --- link --- */

static uint32_t link_of(struct probe *p)
{
    return way_of(p)->config(p, CONFIG_LINK, 2) & 1;
}

void link_up(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    see(p, "up", link_of(p), 1);
}

void link_falls(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    way_of(p)->isr(p);
    side_carrier(p->side, false);
    see(p, "line", side_line(p->side), 1);
    see(p, "configuration change", way_of(p)->isr(p) & 2, 2);
    see(p, "line after ISR", side_line(p->side), 0);
    see(p, "up", link_of(p), 0);
    side_carrier(p->side, true);
    see(p, "configuration change again", way_of(p)->isr(p) & 2, 2);
    see(p, "up again", link_of(p), 1);
}

/* When a value was read that changed its generation is another. with: where it is read, octets */
void generation_moves(struct probe *p, const uint32_t *with)
{
    begin(p, 0);
    uint32_t before = field_get(p, with[0], (int)with[1]);
    see(p, "when nothing changed", field_get(p, with[0], (int)with[1]), before);
    side_carrier(p->side, false);
    see(p, "link", way_of(p)->config(p, CONFIG_LINK, 2) & 1, 0);
    see(p, "moved", field_get(p, with[0], (int)with[1]) != before, 1);
}

/* MMIO: what is acknowledged is cleared, and nothing besides. */
void acknowledged_apart(struct probe *p, const uint32_t *with)
{
    enum { STATUS = 0x60, ACK = 0x64 };
    (void)with;
    begin(p, 0);
    side_carrier(p->side, false);
    field_put(p, ACK, 4, 1);
    see(p, "configuration change", field_get(p, STATUS, 4), 2);
    see(p, "line", side_line(p->side), 1);
    field_put(p, ACK, 4, 2);
    see(p, "acknowledged", field_get(p, STATUS, 4), 0);
    see(p, "line after", side_line(p->side), 0);
}

void link_down_sends(struct probe *p, const uint32_t *with)
{
    (void)with;
    begin(p, 0);
    side_carrier(p->side, false);
    send_one(p, 60);
    see(p, "frames", p->side->sents, 0);
    see(p, "used index", used_index(p, TX), 1);
}

void after_reset(struct probe *p, const uint32_t *with)
{
    send_size(p, with);
    memset(p->side->ram, 0, BUFFERS);
    p->side->sents = 0;
    p->count = 0;
    send_size(p, with);
}

/* --- the control queue (5.1.6.5) --- */

static void begin_control(struct probe *p, uint64_t features)
{
    begin(p, F_CTRL_VQ | F_CTRL_RX | features);
    buffers(p, EIGHT, 2000);
}

static void see_taken(struct probe *p, const char *what, const uint8_t to[6], bool expected)
{
    uint32_t before = used_index(p, RX);
    side_receive_to(p->side, to, 60);
    see(p, what, used_index(p, RX) - before, expected);
}

static void see_all_taken(struct probe *p, bool others, bool groups)
{
    see_taken(p, "to us", side_mac, true);
    see_taken(p, "to all", side_broadcast, true);
    see_taken(p, "to another", stranger, others);
    see_taken(p, "to a group", group, groups);
}

/* with: promiscuous, all groups. */
void control_modes(struct probe *p, const uint32_t *with)
{
    begin_control(p, 0);
    uint8_t everyone = (uint8_t)with[0], all = (uint8_t)with[1];
    see(p, "answer", command(p, CLASS_RX, PROMISCUOUS, &everyone, 1), ANSWER_OK);
    see(p, "second answer", command(p, CLASS_RX, ALL_GROUPS, &all, 1), ANSWER_OK);
    see_all_taken(p, everyone, everyone || all);
}

/* 5.1.6.5.2: a table of single addresses, then one of groups; with: entries of each. */
void control_tables(struct probe *p, const uint32_t *with)
{
    uint8_t off = 0, data[8 + 2 * MACS] = {0};
    uint32_t len = 4;
    begin_control(p, 0);
    data[0] = (uint8_t)with[0];
    memcpy(data + len, stranger, MACS * with[0]);
    len += MACS * with[0];
    data[len] = (uint8_t)with[1];
    memcpy(data + len + 4, group, MACS * with[1]);
    len += 4 + MACS * with[1];
    command(p, CLASS_RX, PROMISCUOUS, &off, 1);
    see(p, "answer", command(p, CLASS_MAC, 0, data, len), ANSWER_OK);
    see_all_taken(p, with[0], with[1]);
}

/* 5.1.6.5.2: a table takes the place of the one before. */
void control_tables_replaced(struct probe *p, const uint32_t *with)
{
    uint8_t off = 0, both[8 + 2 * MACS] = {1}, none[8] = {0};
    (void)with;
    begin_control(p, 0);
    memcpy(both + 4, stranger, MACS);
    both[4 + MACS] = 1;
    memcpy(both + 8 + MACS, group, MACS);
    command(p, CLASS_RX, PROMISCUOUS, &off, 1);
    see(p, "answer", command(p, CLASS_MAC, 0, both, sizeof both), ANSWER_OK);
    see(p, "answer again", command(p, CLASS_MAC, 0, none, sizeof none), ANSWER_OK);
    see_all_taken(p, 0, 0);
}

/* with: class, command. What the device does not know it refuses, and lives. */
void control_unknown(struct probe *p, const uint32_t *with)
{
    static const uint8_t one = 1;
    begin_control(p, 0);
    see(p, "answer", command(p, with[0], with[1], &one, 1), ANSWER_ERROR);
    see(p, "used length", used_length(p, CONTROL, 0), 1);
    see(p, "used index", used_index(p, CONTROL), 1);
}

void control_interrupts(struct probe *p, const uint32_t *with)
{
    static const uint8_t one = 1;
    begin_control(p, 0);
    way_of(p)->isr(p);
    side_put(p->side, avail_at(p, CONTROL), with[0], 2);
    command(p, CLASS_RX, PROMISCUOUS, &one, 1);
    see(p, "line", side_line(p->side), !with[0]);
}
