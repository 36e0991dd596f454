/* TCP's options: RFC 9293 3.2 (MSS), RFC 7323 (window scale, timestamps), RFC 2018 (SACK), RFC 7413
 * (Fast Open). */
#include "stack/wire/tcp.h"
#include "stack/core/bytes.h"
#include "stack/core/mem.h"

static enum tcp_option_fault read_sack(const uint8_t *option, uint8_t len, struct tcp_options *out)
{
    if (len == 2)
        return TCP_OPTION_SACK_EMPTY;
    if ((len - 2) % TCP_OPT_SACK_BLOCK_LEN != 0)
        return TCP_OPTION_SACK_LENGTH;
    for (const uint8_t *p = option + 2; p < option + len; p += TCP_OPT_SACK_BLOCK_LEN) {
        if (out->sack_count == TCP_MAX_SACK_BLOCKS)
            return TCP_OPTION_SACK_BLOCKS;
        out->sack[out->sack_count].left = get32(p);
        out->sack[out->sack_count].right = get32(p + 4);
        out->sack_count++;
    }
    return TCP_OPTION_SOUND;
}

/* RFC 7413 4.1.1: no octets ask for a cookie, 4 to 16 are one; what is neither is ignored. */
static void read_fastopen(const uint8_t *cookie, int len, bool experimental,
                          struct tcp_options *out)
{
    bool sound = len == 0 ||
                 (len % 2 == 0 && len >= TCP_MIN_FASTOPEN_COOKIE && len <= TCP_MAX_FASTOPEN_COOKIE);
    if (!sound)
        return;
    out->has_fastopen = true;
    out->fastopen_experimental = experimental;
    out->fastopen_len = (uint8_t)len;
    if (len)
        memcpy(out->fastopen, cookie, (size_t)len);
}

/* An option whose length octet lies inside the options; `option` is its first octet. */
static enum tcp_option_fault read_option(const uint8_t *option, uint8_t len,
                                         struct tcp_options *out)
{
    switch (option[0]) {
    case TCP_OPT_MSS:
        if (len != TCP_OPT_MSS_LEN)
            return TCP_OPTION_MSS_LENGTH;
        out->has_mss = true;
        out->mss = get16(option + 2);
        return TCP_OPTION_SOUND;
    case TCP_OPT_WINDOW_SCALE:
        if (len != TCP_OPT_WINDOW_SCALE_LEN)
            return TCP_OPTION_WINDOW_SCALE_LENGTH;
        out->has_wscale = true;
        out->wscale = option[2];
        return TCP_OPTION_SOUND;
    case TCP_OPT_SACK_PERMITTED:
        if (len != TCP_OPT_SACK_PERMITTED_LEN)
            return TCP_OPTION_SACK_PERMITTED_LENGTH;
        out->sack_permitted = true;
        return TCP_OPTION_SOUND;
    case TCP_OPT_SACK:
        return read_sack(option, len, out);
    case TCP_OPT_TIMESTAMPS:
        if (len != TCP_OPT_TIMESTAMPS_LEN)
            return TCP_OPTION_TIMESTAMPS_LENGTH;
        out->has_timestamps = true;
        out->ts_val = get32(option + 2);
        out->ts_ecr = get32(option + 6);
        return TCP_OPTION_SOUND;
    case TCP_OPT_FASTOPEN_COOKIE:
        read_fastopen(option + 2, len - 2, false, out);
        return TCP_OPTION_SOUND;
    case TCP_OPT_EXPERIMENT:
        if (len >= 4 && get16(option + 2) == TCP_FASTOPEN_EXPERIMENT)
            read_fastopen(option + 4, len - 4, true, out);
        return TCP_OPTION_SOUND;
    default:
        return TCP_OPTION_SOUND;
    }
}

/* MUST-4 to MUST-7 of RFC 9293 3.1: any option anywhere, unknown ones skipped, illegal lengths. */
enum tcp_option_fault tcp_options_parse(const uint8_t *options, size_t len, struct tcp_options *out)
{
    memset(out, 0, sizeof *out);
    size_t at = 0;
    while (at < len && options[at] != TCP_OPT_END) {
        if (options[at] == TCP_OPT_NOP) {
            at++;
            continue;
        }
        if (len - at < 2)
            return TCP_OPTION_NO_LENGTH;
        uint8_t option_len = options[at + 1];
        if (option_len < 2)
            return TCP_OPTION_LENGTH_BELOW_2;
        if (option_len > len - at)
            return TCP_OPTION_LENGTH_BEYOND;
        enum tcp_option_fault fault = read_option(options + at, option_len, out);
        if (fault != TCP_OPTION_SOUND)
            return fault;
        at += option_len;
    }
    return TCP_OPTION_SOUND;
}

static uint8_t *put_nops(uint8_t *p, int count)
{
    while (count-- > 0)
        *p++ = TCP_OPT_NOP;
    return p;
}

static uint8_t *put_start(uint8_t *p, enum tcp_option_kind kind, int len)
{
    p[0] = (uint8_t)kind;
    p[1] = (uint8_t)len;
    return p + 2;
}

/* SACK permitted takes the place of the two NOPs that timestamps would need in front. */
static uint8_t *put_sack_permitted_and_timestamps(uint8_t *p, const struct tcp_options *options)
{
    if (options->sack_permitted) {
        if (!options->has_timestamps && !options->scale_first)
            p = put_nops(p, 2);
        p = put_start(p, TCP_OPT_SACK_PERMITTED, TCP_OPT_SACK_PERMITTED_LEN);
    }
    if (options->has_timestamps) {
        if (!options->sack_permitted)
            p = put_nops(p, 2);
        p = put_start(p, TCP_OPT_TIMESTAMPS, TCP_OPT_TIMESTAMPS_LEN);
        put32(p, options->ts_val);
        put32(p + 4, options->ts_ecr);
        p += 8;
    }
    return p;
}

static uint8_t *put_scale(uint8_t *p, const struct tcp_options *options)
{
    if (!options->has_wscale)
        return p;
    p = put_nops(p, 1);
    p = put_start(p, TCP_OPT_WINDOW_SCALE, TCP_OPT_WINDOW_SCALE_LEN);
    *p++ = options->wscale;
    return p;
}

static uint8_t *put_sack(uint8_t *p, const struct tcp_options *options)
{
    p = put_nops(p, 2);
    p = put_start(p, TCP_OPT_SACK, 2 + options->sack_count * TCP_OPT_SACK_BLOCK_LEN);
    for (int i = 0; i < options->sack_count; i++) {
        put32(p, options->sack[i].left);
        put32(p + 4, options->sack[i].right);
        p += TCP_OPT_SACK_BLOCK_LEN;
    }
    return p;
}

static size_t fastopen_len(const struct tcp_options *options)
{
    if (!options->has_fastopen)
        return 0;
    return (options->fastopen_experimental ? 4u : 2u) + options->fastopen_len;
}

/* NOPs behind it, so that what follows is aligned. */
static uint8_t *put_fastopen(uint8_t *p, const struct tcp_options *options)
{
    size_t len = fastopen_len(options);
    if (!len)
        return p;
    if (options->fastopen_experimental) {
        p = put_start(p, TCP_OPT_EXPERIMENT, (int)len);
        put16(p, TCP_FASTOPEN_EXPERIMENT);
        p += 2;
    } else {
        p = put_start(p, TCP_OPT_FASTOPEN_COOKIE, (int)len);
    }
    memcpy(p, options->fastopen, options->fastopen_len);
    return put_nops(p + options->fastopen_len, (int)(-len & 3u));
}

static size_t emitted_len(const struct tcp_options *options)
{
    size_t len = 0;
    if (options->has_mss)
        len += 4;
    if (options->has_timestamps)
        len += 12;
    else if (options->sack_permitted)
        len += 4;
    if (options->has_wscale)
        len += 4;
    len += (fastopen_len(options) + 3u) & ~(size_t)3;
    if (options->sack_count)
        len += 4u + options->sack_count * (size_t)TCP_OPT_SACK_BLOCK_LEN;
    return len;
}

size_t tcp_options_emit(const struct tcp_options *options, uint8_t *buf, size_t room)
{
    size_t len = emitted_len(options);
    if (len > TCP_MAX_OPTIONS_LEN || len > room)
        return 0;
    uint8_t *p = buf;
    if (options->has_mss) {
        p = put_start(p, TCP_OPT_MSS, TCP_OPT_MSS_LEN);
        put16(p, options->mss);
        p += 2;
    }
    if (options->scale_first)
        p = put_scale(p, options);
    p = put_sack_permitted_and_timestamps(p, options);
    if (!options->scale_first)
        p = put_scale(p, options);
    p = put_fastopen(p, options);
    if (options->sack_count)
        p = put_sack(p, options);
    memset(p, TCP_OPT_END, (size_t)(buf + len - p));
    return len;
}
