#include "stack/wire/icmpv4.h"
#include "stack/core/bytes.h"
#include "stack/core/checksum.h"
#include "stack/core/mem.h"

enum {
    QUOTE_MIN_PAYLOAD = 8,       /* RFC 792: "64 bits of Original Data Datagram" */
    QUOTE_MIN_EXTENDED = 128,    /* RFC 4884: a quote with extensions behind it is padded to this */
    ADVERTISEMENT_MIN_WORDS = 2, /* RFC 1256: an address and its preference */
};

bool icmpv4_is_error(uint8_t type)
{
    switch (type) {
    case ICMPV4_UNREACHABLE:
    case ICMPV4_SOURCE_QUENCH:
    case ICMPV4_REDIRECT:
    case ICMPV4_TIME_EXCEEDED:
    case ICMPV4_PARAMETER_PROBLEM:
        return true;
    default:
        return false;
    }
}

/* Octets before the data; 0 for a type that is not known here. */
static uint8_t hdr_len_of(uint8_t type)
{
    switch ((enum icmpv4_type)type) {
    case ICMPV4_ECHO_REPLY:
    case ICMPV4_UNREACHABLE:
    case ICMPV4_SOURCE_QUENCH:
    case ICMPV4_REDIRECT:
    case ICMPV4_ECHO:
    case ICMPV4_ROUTER_ADVERTISEMENT:
    case ICMPV4_ROUTER_SOLICITATION:
    case ICMPV4_TIME_EXCEEDED:
    case ICMPV4_PARAMETER_PROBLEM:
    case ICMPV4_INFORMATION:
    case ICMPV4_INFORMATION_REPLY:
        return ICMPV4_HDR_LEN;
    case ICMPV4_TIMESTAMP:
    case ICMPV4_TIMESTAMP_REPLY:
        return ICMPV4_TIMESTAMP_HDR_LEN;
    case ICMPV4_ADDRESS_MASK:
    case ICMPV4_ADDRESS_MASK_REPLY:
        return ICMPV4_MASK_HDR_LEN;
    }
    return 0;
}

static enum icmpv4_fault check_advertisement(const uint8_t *bytes, size_t len)
{
    if (bytes[ICMPV4_ADDR_WORDS] < ADVERTISEMENT_MIN_WORDS)
        return ICMPV4_ADVERTISEMENT_WORDS;
    size_t entries = (size_t)bytes[ICMPV4_ADDR_COUNT] * bytes[ICMPV4_ADDR_WORDS] * 4u;
    if (entries > len - ICMPV4_HDR_LEN)
        return ICMPV4_ADVERTISEMENT_SHORT;
    return ICMPV4_SOUND;
}

static enum icmpv4_fault check_message(const uint8_t *bytes, size_t len)
{
    if (len < ICMPV4_HDR_LEN)
        return ICMPV4_SHORT;
    uint8_t type = bytes[ICMPV4_TYPE], hdr_len = hdr_len_of(type);
    if (hdr_len == 0)
        return ICMPV4_TYPE_UNKNOWN;
    if (len < hdr_len)
        return hdr_len == ICMPV4_MASK_HDR_LEN ? ICMPV4_MASK_SHORT : ICMPV4_TIMESTAMP_SHORT;
    if (type == ICMPV4_ROUTER_ADVERTISEMENT)
        return check_advertisement(bytes, len);
    if (icmpv4_is_error(type) && len < ICMPV4_HDR_LEN + IPV4_MIN_HDR_LEN)
        return ICMPV4_ERROR_SHORT;
    return ICMPV4_SOUND;
}

/* The second word and what the type has behind it. */
static void read_body(const uint8_t *bytes, struct icmpv4_hdr *out)
{
    switch ((enum icmpv4_type)out->type) {
    case ICMPV4_TIMESTAMP:
    case ICMPV4_TIMESTAMP_REPLY:
        out->originate = get32(bytes + ICMPV4_ORIGINATE);
        out->receive = get32(bytes + ICMPV4_RECEIVE);
        out->transmit = get32(bytes + ICMPV4_TRANSMIT);
        break;
    case ICMPV4_ADDRESS_MASK:
    case ICMPV4_ADDRESS_MASK_REPLY:
        out->mask = get32(bytes + ICMPV4_MASK);
        break;
    case ICMPV4_UNREACHABLE:
        out->quote_words = bytes[ICMPV4_QUOTE_WORDS];
        if (out->code == ICMPV4_FRAGMENTATION_NEEDED)
            out->mtu = get16(bytes + ICMPV4_MTU);
        return;
    case ICMPV4_PARAMETER_PROBLEM:
        out->pointer = bytes[ICMPV4_POINTER];
        out->quote_words = bytes[ICMPV4_QUOTE_WORDS];
        return;
    case ICMPV4_TIME_EXCEEDED:
        out->quote_words = bytes[ICMPV4_QUOTE_WORDS];
        return;
    case ICMPV4_REDIRECT:
        out->gateway = get32(bytes + ICMPV4_GATEWAY);
        return;
    case ICMPV4_ROUTER_ADVERTISEMENT:
        out->addr_count = bytes[ICMPV4_ADDR_COUNT];
        out->addr_words = bytes[ICMPV4_ADDR_WORDS];
        out->lifetime_s = get16(bytes + ICMPV4_LIFETIME);
        return;
    case ICMPV4_SOURCE_QUENCH:
    case ICMPV4_ROUTER_SOLICITATION:
        return;
    case ICMPV4_ECHO:
    case ICMPV4_ECHO_REPLY:
    case ICMPV4_INFORMATION:
    case ICMPV4_INFORMATION_REPLY:
        break;
    }
    out->id = get16(bytes + ICMPV4_ID);
    out->seq = get16(bytes + ICMPV4_SEQ);
}

enum icmpv4_fault icmpv4_parse(const uint8_t *bytes, size_t len, struct icmpv4_hdr *out)
{
    enum icmpv4_fault fault = check_message(bytes, len);
    if (fault != ICMPV4_SOUND)
        return fault;
    *out = (struct icmpv4_hdr){
        .type = bytes[ICMPV4_TYPE],
        .code = bytes[ICMPV4_CODE],
        .checksum = get16(bytes + ICMPV4_CHECKSUM),
        .hdr_len = hdr_len_of(bytes[ICMPV4_TYPE]),
    };
    read_body(bytes, out);
    return ICMPV4_SOUND;
}

/*
 * Where the quote ends. RFC 4884's length counts only when it is 128 octets or more and fits; a
 * smaller or larger one is noise in a field that RFC 792 called unused.
 */
static size_t quote_len(const uint8_t *bytes, size_t len)
{
    size_t quote = len - ICMPV4_HDR_LEN;
    uint8_t type = bytes[ICMPV4_TYPE];
    bool extended = type == ICMPV4_UNREACHABLE || type == ICMPV4_TIME_EXCEEDED ||
                    type == ICMPV4_PARAMETER_PROBLEM;
    size_t stated = bytes[ICMPV4_QUOTE_WORDS] * 4u;
    if (extended && stated >= QUOTE_MIN_EXTENDED && stated < quote)
        quote = stated;
    return quote;
}

enum icmpv4_fault icmpv4_parse_quote(const uint8_t *bytes, size_t len, struct ipv4_hdr *quoted,
                                     size_t *payload_len)
{
    if (len < ICMPV4_HDR_LEN || !icmpv4_is_error(bytes[ICMPV4_TYPE]))
        return ICMPV4_NOT_QUOTING;
    size_t quote = quote_len(bytes, len);
    if (ipv4_parse_quoted(bytes + ICMPV4_HDR_LEN, quote, quoted) != IPV4_SOUND)
        return ICMPV4_QUOTE_HEADER;
    size_t sent = (size_t)quoted->total_len - quoted->hdr_len;
    size_t held = quote - quoted->hdr_len;
    if (held < sent && held < QUOTE_MIN_PAYLOAD)
        return ICMPV4_QUOTE_SHORT;
    *payload_len = held < sent ? held : sent;
    return ICMPV4_SOUND;
}

static void write_body(const struct icmpv4_hdr *hdr, uint8_t *buf)
{
    switch ((enum icmpv4_type)hdr->type) {
    case ICMPV4_TIMESTAMP:
    case ICMPV4_TIMESTAMP_REPLY:
        put32(buf + ICMPV4_ORIGINATE, hdr->originate);
        put32(buf + ICMPV4_RECEIVE, hdr->receive);
        put32(buf + ICMPV4_TRANSMIT, hdr->transmit);
        break;
    case ICMPV4_ADDRESS_MASK:
    case ICMPV4_ADDRESS_MASK_REPLY:
        put32(buf + ICMPV4_MASK, hdr->mask);
        break;
    case ICMPV4_UNREACHABLE:
        buf[ICMPV4_QUOTE_WORDS] = hdr->quote_words;
        if (hdr->code == ICMPV4_FRAGMENTATION_NEEDED)
            put16(buf + ICMPV4_MTU, hdr->mtu);
        return;
    case ICMPV4_PARAMETER_PROBLEM:
        buf[ICMPV4_POINTER] = hdr->pointer;
        buf[ICMPV4_QUOTE_WORDS] = hdr->quote_words;
        return;
    case ICMPV4_TIME_EXCEEDED:
        buf[ICMPV4_QUOTE_WORDS] = hdr->quote_words;
        return;
    case ICMPV4_REDIRECT:
        put32(buf + ICMPV4_GATEWAY, hdr->gateway);
        return;
    case ICMPV4_ROUTER_ADVERTISEMENT:
        buf[ICMPV4_ADDR_COUNT] = hdr->addr_count;
        buf[ICMPV4_ADDR_WORDS] = hdr->addr_words;
        put16(buf + ICMPV4_LIFETIME, hdr->lifetime_s);
        return;
    case ICMPV4_SOURCE_QUENCH:
    case ICMPV4_ROUTER_SOLICITATION:
        return;
    case ICMPV4_ECHO:
    case ICMPV4_ECHO_REPLY:
    case ICMPV4_INFORMATION:
    case ICMPV4_INFORMATION_REPLY:
        break;
    }
    put16(buf + ICMPV4_ID, hdr->id);
    put16(buf + ICMPV4_SEQ, hdr->seq);
}

size_t icmpv4_emit(const struct icmpv4_hdr *hdr, uint8_t *buf, size_t room)
{
    size_t hdr_len = hdr_len_of(hdr->type);
    if (hdr_len == 0 || room < hdr_len)
        return 0;
    memset(buf, 0, hdr_len);
    buf[ICMPV4_TYPE] = hdr->type;
    buf[ICMPV4_CODE] = hdr->code;
    put16(buf + ICMPV4_CHECKSUM, hdr->checksum);
    write_body(hdr, buf);
    return hdr_len;
}

bool icmpv4_checksum_ok(const uint8_t *message, size_t len)
{
    return checksum_sum(message, len) == CHECKSUM_OK;
}

void icmpv4_checksum_set(uint8_t *message, size_t len)
{
    put16(message + ICMPV4_CHECKSUM, 0);
    put16(message + ICMPV4_CHECKSUM, checksum_finish(checksum_sum(message, len)));
}
