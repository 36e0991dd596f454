/*
 * TCP (RFC 9293 3.1) and its options (3.2; RFC 7323, RFC 2018).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |          Source Port          |       Destination Port        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                        Sequence Number                        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                    Acknowledgment Number                      |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |  Data |       |C|E|U|A|P|R|S|F|                               |
 *     | Offset| Rsrvd |W|C|R|C|S|S|Y|I|            Window             |
 *     |       |       |R|E|G|K|H|T|N|N|                               |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |           Checksum            |         Urgent Pointer        |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           [Options]                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
#ifndef STACK_WIRE_TCP_H
#define STACK_WIRE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TCP_SRC_PORT = 0,
    TCP_DST_PORT = 2,
    TCP_SEQ = 4,
    TCP_ACK_NUMBER = 8,
    TCP_OFFSET_RSRVD = 12,
    TCP_FLAGS = 13,
    TCP_WINDOW = 14,
    TCP_CHECKSUM = 16,
    TCP_URGENT = 18,
    TCP_OPTIONS = 20,
    TCP_MIN_HDR_LEN = 20,
    TCP_MAX_HDR_LEN = 60,
    TCP_MAX_OPTIONS_LEN = 40,
};

/* What a parser finds wrong. Texts for people: tcp_fault_text. */
enum tcp_fault { TCP_SOUND, TCP_SHORT, TCP_OFFSET_BELOW_5, TCP_OFFSET_BEYOND, TCP_FAULTS };
extern const char *const tcp_fault_text[TCP_FAULTS];

enum tcp_flag {
    TCP_FLAG_FIN = 0x01,
    TCP_FLAG_SYN = 0x02,
    TCP_FLAG_RST = 0x04,
    TCP_FLAG_PSH = 0x08,
    TCP_FLAG_ACK = 0x10,
    TCP_FLAG_URG = 0x20,
    TCP_FLAG_ECE = 0x40,
    TCP_FLAG_CWR = 0x80,
};

struct tcp_hdr {
    uint16_t src_port, dst_port;
    uint32_t seq, ack;
    uint8_t hdr_len;  /* octets: 20 to 60. Emit derives it from options_len */
    uint8_t reserved; /* four bits: sent as zero, ignored when received (RFC 9293 3.1) */
    uint8_t flags;
    uint16_t window; /* as on the wire, not scaled */
    uint16_t checksum;
    uint16_t urgent;
    uint8_t options_len;    /* octets; a parsed one is a multiple of 4 */
    const uint8_t *options; /* into the parsed bytes; NULL when there are none */
};

/* Reads the header of a segment of len octets. The options are tcp_options_parse's. */
enum tcp_fault tcp_parse(const uint8_t *bytes, size_t len, struct tcp_hdr *out);

/*
 * Writes the header, its options padded with zeros (End of Option List) to 32 bits, the checksum as
 * it stands, and returns its length; 0 when room is less or options_len exceeds 40.
 */
size_t tcp_emit(const struct tcp_hdr *hdr, uint8_t *buf, size_t room);

enum tcp_option_kind {
    TCP_OPT_END = 0,
    TCP_OPT_NOP = 1,
    TCP_OPT_MSS = 2,
    TCP_OPT_WINDOW_SCALE = 3,
    TCP_OPT_SACK_PERMITTED = 4,
    TCP_OPT_SACK = 5,
    TCP_OPT_TIMESTAMPS = 8,
    TCP_OPT_FASTOPEN_COOKIE = 34,
    TCP_OPT_EXPERIMENT = 254, /* RFC 6994: an identifier of 16 bits follows */
};

enum {
    TCP_OPT_MSS_LEN = 4,
    TCP_OPT_WINDOW_SCALE_LEN = 3,
    TCP_OPT_SACK_PERMITTED_LEN = 2,
    TCP_OPT_SACK_BLOCK_LEN = 8,
    TCP_OPT_TIMESTAMPS_LEN = 10,
    TCP_FASTOPEN_EXPERIMENT = 0xf989, /* RFC 7413 appendix B */
    TCP_MIN_FASTOPEN_COOKIE = 4,      /* RFC 7413 4.1.1: octets, an even number */
    TCP_MAX_FASTOPEN_COOKIE = 16,
    TCP_MAX_SACK_BLOCKS = 4, /* what 40 octets of options can hold (RFC 2018 section 3) */
};

/* What a parser finds wrong. Texts for people: tcp_option_fault_text. */
enum tcp_option_fault {
    TCP_OPTION_SOUND,
    TCP_OPTION_NO_LENGTH,
    TCP_OPTION_LENGTH_BELOW_2,
    TCP_OPTION_LENGTH_BEYOND,
    TCP_OPTION_MSS_LENGTH,
    TCP_OPTION_WINDOW_SCALE_LENGTH,
    TCP_OPTION_SACK_PERMITTED_LENGTH,
    TCP_OPTION_SACK_EMPTY,
    TCP_OPTION_SACK_LENGTH,
    TCP_OPTION_SACK_BLOCKS,
    TCP_OPTION_TIMESTAMPS_LENGTH,
    TCP_OPTION_FAULTS
};
extern const char *const tcp_option_fault_text[TCP_OPTION_FAULTS];

struct tcp_sack_block {
    uint32_t left, right; /* SEG.SEQ of the first octet, and of the first after the last */
};

struct tcp_options {
    bool has_mss, has_wscale, sack_permitted, has_timestamps;
    bool scale_first; /* emit: window scale before SACK permitted, padding behind; as BSD does */
    uint16_t mss;
    uint8_t wscale; /* the shift as on the wire; RFC 7323 has more than 14 used as 14 */
    uint32_t ts_val, ts_ecr;
    bool has_fastopen;          /* RFC 7413; of a sound length */
    bool fastopen_experimental; /* as option 254 */
    uint8_t fastopen_len;       /* 0: a cookie is asked for */
    uint8_t fastopen[TCP_MAX_FASTOPEN_COOKIE];
    uint8_t sack_count;
    struct tcp_sack_block sack[TCP_MAX_SACK_BLOCKS]; /* in their order on the wire */
};

/*
 * Reads all options: unknown kinds are skipped by their length; of a repeated one the last counts,
 * SACK blocks add up. Whether an option may stand in this segment (MSS only with SYN...) is the
 * caller's to judge. Octets after End of Option List are padding.
 */
enum tcp_option_fault tcp_options_parse(const uint8_t *options, size_t len,
                                        struct tcp_options *out);

/*
 * Writes what is set, NOPs in front so that 32-bit values are aligned (RFC 7323 appendix A), in the
 * order MSS, SACK permitted, timestamps, window scale, Fast Open, SACK: at most 40 octets, a
 * multiple of 4. Returns their number, 0 when there is none or not all fit in room. buf may be a
 * header's TCP_OPTIONS, or a scratch area that tcp_hdr.options then points at.
 */
size_t tcp_options_emit(const struct tcp_options *options, uint8_t *buf, size_t room);

/*
 * The checksum of a segment of len octets whose field is 0, pseudo header included, to be stored at
 * TCP_CHECKSUM.
 */
uint16_t tcp_checksum4(uint32_t src, uint32_t dst, const uint8_t *segment, uint16_t len);
uint16_t tcp_checksum6(const uint8_t src[16], const uint8_t dst[16], const uint8_t *segment,
                       uint32_t len);
bool tcp_checksum4_ok(uint32_t src, uint32_t dst, const uint8_t *segment, uint16_t len);
bool tcp_checksum6_ok(const uint8_t src[16], const uint8_t dst[16], const uint8_t *segment,
                      uint32_t len);

#endif
