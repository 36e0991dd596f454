#include "sim/packet/layers/dns_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* One character of a label: itself, \C or \DDD. */
static uint32_t character(const uint8_t *text, uint32_t len, uint8_t *out)
{
    if (text[0] != '\\' || len < 2) {
        *out = text[0];
        return 1;
    }
    if (len >= 4 && isdigit(text[1]) && isdigit(text[2]) && isdigit(text[3])) {
        *out = (uint8_t)((text[1] - '0') * 100 + (text[2] - '0') * 10 + text[3] - '0');
        return 4;
    }
    *out = text[1];
    return 2;
}

int dns_name_octets(const uint8_t *text, uint32_t len, uint8_t out[DNS_NAME_OCTETS])
{
    uint32_t n = 0;
    if (len && text[len - 1] == '.' && (len < 2 || text[len - 2] != '\\'))
        len--;
    for (uint32_t i = 0; i < len;) {
        uint32_t head = n++;
        while (i < len && text[i] != '.') {
            if (n >= DNS_NAME_OCTETS - 1)
                return -1;
            i += character(text + i, len - i, &out[n++]);
        }
        if (n - head - 1 == 0 || n - head - 1 > 63 || n >= DNS_NAME_OCTETS)
            return -1;
        out[head] = (uint8_t)(n - head - 1);
        i += i < len;
    }
    out[n++] = 0;
    return (int)n;
}

static uint32_t label_text(const uint8_t *label, uint32_t len, char *out)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < len; i++) {
        uint8_t c = label[i];
        if (c == '.' || c == '\\') {
            out[n++] = '\\';
            out[n++] = (char)c;
        } else if (c < 0x21 || c > 0x7e) {
            snprintf(out + n, 5, "\\%03u", c);
            n += 4;
        } else
            out[n++] = (char)c;
    }
    return n;
}

int dns_name_text(const uint8_t *message, uint32_t len, uint32_t *at, char out[DNS_NAME_TEXT],
                  bool *compressed)
{
    uint32_t p = *at, n = 0, octets = 0, jumps = 0;
    for (;;) {
        if (p >= len)
            return -1;
        uint32_t c = message[p];
        if (c >= 0xc0) {
            if (p + 1 >= len || ++jumps > DNS_NAME_OCTETS)
                return -1;
            if (jumps == 1)
                *at = p + 2;
            p = (c & 0x3f) << 8 | message[p + 1];
            *compressed = true;
            continue;
        }
        if (c > 63 || p + 1 + c > len || (octets += c + 1) > DNS_NAME_OCTETS)
            return -1;
        p++;
        if (!c)
            break;
        if (n)
            out[n++] = '.';
        n += label_text(message + p, c, out + n);
        p += c;
    }
    if (!jumps)
        *at = p;
    out[n] = 0;
    return (int)n;
}
