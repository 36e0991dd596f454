/*
 * Checks of a device: what must be seen at its registers, its rings, its wire and its interrupt
 * line after a driver did something. The expected value is the data sheet's or specification's, as
 * `source` names it; where neither is at hand the source says that the value was measured.
 */
#ifndef TESTS_DEVICES_CHECK_H
#define TESTS_DEVICES_CHECK_H

#include "tests/devices/side.h"

enum { SEEN_MAX = 32, SEEN_TEXT = 72 };

struct seen {
    const char *what; /* one of a check's; no two are the same */
    char actual[SEEN_TEXT], expected[SEEN_TEXT];
};

/* A check being made on one side. */
struct probe {
    struct side *side;
    const char *violation; /* what the model is to say that the driver did wrong; NULL: nothing */
    struct seen seen[SEEN_MAX];
    int count;
};

struct check {
    const char *name, *source;
    void (*run)(struct probe *p, const uint32_t *with);
    uint32_t with[4]; /* for `run`, where one serves several rows */
};

/* The checks of a NIC, ended by a NULL name; NULL: there are none. */
const struct check *checks_of(const char *nic);
enum { CHECK_LISTS = 5 };
/* The lists that a NIC's checks are joined from, as many as there are. */
struct check_lists {
    const char *nic;
    const struct check *list[CHECK_LISTS];
};
extern const struct check_lists virtio_check_lists[]; /* of the four transports; ended by NULL */
extern const struct check e1000_register_checks[], e1000_receive_checks[], e1000_send_checks[],
    rtl8139_register_checks[], rtl8139_packet_checks[];

void see(struct probe *p, const char *what, uint64_t actual, uint64_t expected);
/* Octets: "same", or how many and where they differ first. */
void see_octets(struct probe *p, const char *what, const uint8_t *actual, uint32_t len,
                const uint8_t *expected, uint32_t expected_len);
/* The nth frame that left the device, from 0. */
void see_sent(struct probe *p, const char *what, uint32_t nth, const uint8_t *expected,
              uint32_t len);
/* From here on the driver does what is forbidden: our model must say so in these words. QEMU says
 * nothing. */
void forbidden(struct probe *p, const char *words);
/* What comes next is seen on QEMU as well but is our model's own way to go on after a violation:
 * true on our side. */
bool is_ours(const struct probe *p);

#endif
