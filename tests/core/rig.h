/* A stack on an interface that the test itself drives: frames out are kept, frames in are handed
 * over. */
#ifndef TESTS_CORE_RIG_H
#define TESTS_CORE_RIG_H

#include "stack/core/module.h"
#include "stack/stack.h"

enum { RIG_FRAMES = 256, RIG_FRAME_BYTES = 1600, RIG_FATES = 4096 };

struct rig_frame {
    int64_t at_ns;
    uint32_t len;
    uint8_t bytes[RIG_FRAME_BYTES];
};

struct rig_fate {
    uint32_t told; /* how often: must be 1 */
    enum frame_fate fate;
    char reason[64];
};

struct rig {
    struct stack *s;
    struct netif *nif;
    int64_t now_ns;
    uint64_t random; /* state of the port's generator */
    struct rig_frame sent[RIG_FRAMES];
    uint32_t sent_count;
    struct rig_fate fate[RIG_FATES];
    /* When a kernel that sleeps would wake: what port.due and port.wake told since the last poll,
     * and what that returned. */
    int64_t sleep_ns;
    int send_error; /* what the driver answers, when not 0 */
    void *region;
};

extern const uint8_t rig_mac[6];  /* of the interface: 52:54:00:12:34:56 */
extern const uint8_t rig_peer[6]; /* 52:55:0a:00:02:02 */

#define RIG_ADDRESS 0x0a00020fu /* 10.0.2.15/24 */
#define RIG_PEER    0x0a000202u /* 10.0.2.2 */
#define RIG_SECOND  INT64_C(1000000000)

/* eth0 is up and running; with `address` it has 10.0.2.15/24. `modules` are the test's own, NULL:
 * those of stack_full_config. `limits` NULL: small ones. */
struct rig *rig_open(const struct module *const *modules, const struct stack_limits *limits,
                     bool address);
struct rig *rig_full(void);
/* Checks that every received frame had one fate and that every buffer is back, then frees. */
void rig_close(struct rig *r);

/* Polls at every deadline up to `until_ns`. */
void rig_run(struct rig *r, int64_t until_ns);
/* As a kernel that sleeps: polls at sleep_ns and at no other time. */
void rig_sleep(struct rig *r, int64_t until_ns);
/* A frame arrives; returns its number. Polls. */
uint32_t rig_receive(struct rig *r, const void *frame, uint32_t len);
uint64_t rig_counter(struct rig *r, const char *name);

/* Packets' builders for tests, from hand-written offsets: never stack/wire. */
uint32_t rig_ethernet(uint8_t *out, const uint8_t to[6], const uint8_t from[6], uint16_t type);
uint32_t rig_arp(uint8_t *out, const uint8_t eth_to[6], uint16_t op, const uint8_t sha[6],
                 uint32_t spa, const uint8_t tha[6], uint32_t tpa);
/* An IPv4 packet in a frame from the peer to us; its header checksum is right. Returns the frame's
 * length. */
struct rig_ip {
    uint32_t src, dst;
    uint16_t id, frag; /* frag: the whole flags and offset word */
    uint8_t tos, ttl, proto;
    const uint8_t *options;
    uint32_t options_len;
};
uint32_t rig_ipv4(uint8_t *out, const struct rig_ip *ip, const void *payload, uint32_t len);
uint16_t rig_sum(const uint8_t *bytes, uint32_t len); /* ready for the field */
void rig_put16(uint8_t *p, unsigned v);
void rig_put32(uint8_t *p, uint32_t v);
unsigned rig_get16(const uint8_t *p);
uint32_t rig_get32(const uint8_t *p);

#endif
