/*
 * NTP version 4, also in SNTP's use (RFC 5905 7.3).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |LI | VN  |Mode |    Stratum     |     Poll      |  Precision   |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         Root Delay                            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         Root Dispersion                       |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                          Reference ID                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                                                               |
 *     +                     Reference Timestamp (64)                  +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                                                               |
 *     +                      Origin Timestamp (64)                    +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                                                               |
 *     +                      Receive Timestamp (64)                   +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                                                               |
 *     +                      Transmit Timestamp (64)                  +
 *     |                                                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef STACK_WIRE_NTP_H
#define STACK_WIRE_NTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NTP_LI_VN_MODE = 0,
    NTP_STRATUM = 1,
    NTP_POLL = 2,
    NTP_PRECISION = 3,
    NTP_ROOT_DELAY = 4,
    NTP_ROOT_DISPERSION = 8,
    NTP_REFERENCE_ID = 12,
    NTP_REFERENCE_TIME = 16,
    NTP_ORIGIN_TIME = 24,
    NTP_RECEIVE_TIME = 32,
    NTP_TRANSMIT_TIME = 40,
    NTP_HDR_LEN = 48,
    NTP_VERSION = 4,
    NTP_PORT = 123,
};

/* What a parser finds wrong. Texts for people: ntp_fault_text. */
enum ntp_fault { NTP_SOUND, NTP_SHORT, NTP_VERSION_UNKNOWN, NTP_FAULTS };
extern const char *const ntp_fault_text[NTP_FAULTS];

enum ntp_leap { NTP_LEAP_NONE, NTP_LEAP_INSERT, NTP_LEAP_DELETE, NTP_LEAP_UNSYNCHRONIZED };

enum ntp_mode {
    NTP_MODE_RESERVED,
    NTP_MODE_SYMMETRIC_ACTIVE,
    NTP_MODE_SYMMETRIC_PASSIVE,
    NTP_MODE_CLIENT,
    NTP_MODE_SERVER,
    NTP_MODE_BROADCAST,
    NTP_MODE_CONTROL,
    NTP_MODE_PRIVATE,
};

struct ntp_hdr {
    uint8_t leap, version, mode;
    uint8_t stratum;     /* 0: unspecified, a kiss-o'-death when a server sends it */
    int8_t poll;         /* log2 of seconds */
    int8_t precision;    /* log2 of seconds */
    uint32_t root_delay; /* NTP short format: 16.16 seconds */
    uint32_t root_dispersion;
    uint32_t reference_id; /* stratum 0: the four letters of the kiss code */
    uint64_t reference_time, origin_time, receive_time, transmit_time; /* 32.32, 0: unknown */
};

/* Extension fields and a MAC may follow the 48 octets; they are not looked at. */
enum ntp_fault ntp_parse(const uint8_t *bytes, size_t len, struct ntp_hdr *out);

/* Writes NTP_HDR_LEN octets and returns their number; 0 when room is less. */
size_t ntp_emit(const struct ntp_hdr *hdr, uint8_t *buf, size_t room);

/*
 * A timestamp as nanoseconds since 1970-01-01 00:00 UTC, and back. A timestamp has no era number:
 * with its top bit set it is taken in era 0 (from 1968), else in era 1 (from 2036-02-07 06:28:16
 * UTC), which holds until 2104. The fraction is rounded down one way and up the other, so that
 * nanoseconds survive the round trip. unix_ns before 1968 or after 2104 wraps into that range.
 */
int64_t ntp_to_unix_ns(uint64_t timestamp);
uint64_t ntp_from_unix_ns(int64_t unix_ns);

/* later - earlier in nanoseconds, modulo the era: right for anything less than 68 years apart. */
int64_t ntp_difference_ns(uint64_t later, uint64_t earlier);

#endif
