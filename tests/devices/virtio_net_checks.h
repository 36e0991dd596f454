/* The checks of virtio_net_checks.c, for the tables of virtio_checks.c; what `with` says is said
 * there. */
#ifndef TESTS_DEVICES_VIRTIO_NET_CHECKS_H
#define TESTS_DEVICES_VIRTIO_NET_CHECKS_H

#include "tests/devices/virtio_bench.h"

typedef void virtio_check(struct probe *p, const uint32_t *with);

virtio_check send_size, send_nothing, send_split, send_pieces, send_several, send_around,
    send_before_ok, send_interrupts, send_event_index, send_notification_wish, send_table,
    send_loop, send_too_many, receive_size, receive_split, receive_too_long, receive_in_order,
    receive_around, receive_interrupts, receive_event_index, receive_without_buffers,
    receive_before_ok, receive_to, receive_merged, receive_merged_short, receive_counts_one,
    receive_table, link_up, link_falls, link_down_sends, after_reset, control_modes, control_tables,
    control_tables_replaced, control_unknown, control_interrupts, generation_moves,
    acknowledged_apart;

#endif
