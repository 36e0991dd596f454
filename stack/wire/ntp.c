#include "stack/wire/ntp.h"
#include "stack/core/bytes.h"
#include "stack/core/div.h"

#define NS_PER_S       INT64_C(1000000000)
#define UNIX_EPOCH_S   UINT32_C(2208988800) /* 1970-01-01 in seconds of era 0: RFC 5905 figure 4 */
#define ERA_S          (INT64_C(1) << 32)
#define ERA_0_TOP_HALF (UINT32_C(1) << 31)

enum ntp_fault ntp_parse(const uint8_t *bytes, size_t len, struct ntp_hdr *out)
{
    if (len < NTP_HDR_LEN)
        return NTP_SHORT;
    uint8_t first = bytes[NTP_LI_VN_MODE];
    uint8_t version = first >> 3 & 7;
    if (version == 0 || version > NTP_VERSION)
        return NTP_VERSION_UNKNOWN;
    out->leap = first >> 6;
    out->version = version;
    out->mode = first & 7;
    out->stratum = bytes[NTP_STRATUM];
    out->poll = (int8_t)bytes[NTP_POLL];
    out->precision = (int8_t)bytes[NTP_PRECISION];
    out->root_delay = get32(bytes + NTP_ROOT_DELAY);
    out->root_dispersion = get32(bytes + NTP_ROOT_DISPERSION);
    out->reference_id = get32(bytes + NTP_REFERENCE_ID);
    out->reference_time = get64(bytes + NTP_REFERENCE_TIME);
    out->origin_time = get64(bytes + NTP_ORIGIN_TIME);
    out->receive_time = get64(bytes + NTP_RECEIVE_TIME);
    out->transmit_time = get64(bytes + NTP_TRANSMIT_TIME);
    return NTP_SOUND;
}

size_t ntp_emit(const struct ntp_hdr *hdr, uint8_t *buf, size_t room)
{
    if (room < NTP_HDR_LEN)
        return 0;
    buf[NTP_LI_VN_MODE] =
        (uint8_t)((hdr->leap & 3u) << 6 | (hdr->version & 7u) << 3 | (hdr->mode & 7u));
    buf[NTP_STRATUM] = hdr->stratum;
    buf[NTP_POLL] = (uint8_t)hdr->poll;
    buf[NTP_PRECISION] = (uint8_t)hdr->precision;
    put32(buf + NTP_ROOT_DELAY, hdr->root_delay);
    put32(buf + NTP_ROOT_DISPERSION, hdr->root_dispersion);
    put32(buf + NTP_REFERENCE_ID, hdr->reference_id);
    put64(buf + NTP_REFERENCE_TIME, hdr->reference_time);
    put64(buf + NTP_ORIGIN_TIME, hdr->origin_time);
    put64(buf + NTP_RECEIVE_TIME, hdr->receive_time);
    put64(buf + NTP_TRANSMIT_TIME, hdr->transmit_time);
    return NTP_HDR_LEN;
}

/* The low half of 32.32 seconds as nanoseconds, rounded down. */
static int64_t fraction_to_ns(uint64_t fixed)
{
    return (int64_t)((fixed & 0xffffffffu) * (uint64_t)NS_PER_S >> 32);
}

/* 32.32 seconds as nanoseconds: at most 4.3e18, which fits 63 bits. */
static int64_t fixed_to_ns(uint64_t fixed)
{
    return (int64_t)(fixed >> 32) * NS_PER_S + fraction_to_ns(fixed);
}

int64_t ntp_to_unix_ns(uint64_t timestamp)
{
    uint32_t s = (uint32_t)(timestamp >> 32);
    int64_t unix_s =
        (uint32_t)(s - UNIX_EPOCH_S); /* era 1 begins in 2036: modulo 2^32 it is the same */
    if (s >= ERA_0_TOP_HALF && s < UNIX_EPOCH_S)
        unix_s -= ERA_S;
    return unix_s * NS_PER_S + fraction_to_ns(timestamp);
}

uint64_t ntp_from_unix_ns(int64_t unix_ns)
{
    /* ~x is -x - 1: complementing before and after rounds down below 1970 as well. */
    bool before_1970 = unix_ns < 0;
    uint64_t rest;
    uint64_t s = div_u64(before_1970 ? ~(uint64_t)unix_ns : (uint64_t)unix_ns, NS_PER_S, &rest);
    if (before_1970) {
        s = ~s;
        rest = NS_PER_S - 1 - rest;
    }
    uint64_t fraction = div_u64((rest << 32) + NS_PER_S - 1, NS_PER_S, NULL);
    return (s + (uint64_t)UNIX_EPOCH_S) << 32 | fraction;
}

int64_t ntp_difference_ns(uint64_t later, uint64_t earlier)
{
    uint64_t ahead = later - earlier, behind = earlier - later;
    if (ahead <= behind)
        return fixed_to_ns(ahead);
    return -fixed_to_ns(behind);
}
