/* Any bytes as a DHCP message; all options read; the same message after emit and parse. */
#include "fuzz/wire_fuzz.h"
#include "stack/wire/dhcp.h"

static void check_options(const struct dhcp_msg *a, const struct dhcp_msg *b)
{
    struct dhcp_option_iter ia = dhcp_option_iter(a), ib = dhcp_option_iter(b);
    struct dhcp_option oa, ob;
    while (dhcp_option_next(&ia, &oa)) {
        CHECK(oa.code != DHCP_OPT_PAD && oa.code != DHCP_OPT_END);
        CHECK(dhcp_option_next(&ib, &ob));
        CHECK(oa.code == ob.code && oa.len == ob.len && memcmp(oa.data, ob.data, oa.len) == 0);
    }
    CHECK(!dhcp_option_next(&ib, &ob));
}

static void check_same(const struct dhcp_msg *a, const struct dhcp_msg *b)
{
    CHECK(a->op == b->op && a->htype == b->htype && a->hlen == b->hlen && a->hops == b->hops);
    CHECK(a->xid == b->xid && a->secs == b->secs && a->flags == b->flags);
    CHECK(a->ciaddr == b->ciaddr && a->yiaddr == b->yiaddr);
    CHECK(a->siaddr == b->siaddr && a->giaddr == b->giaddr);
    CHECK(memcmp(a->chaddr, b->chaddr, sizeof a->chaddr) == 0);
    CHECK(memcmp(a->sname, b->sname, DHCP_SNAME_LEN) == 0);
    CHECK(memcmp(a->file, b->file, DHCP_FILE_LEN) == 0);
    CHECK(a->options_len == b->options_len && a->overload == b->overload);
    CHECK(memcmp(a->options, b->options, a->options_len) == 0);
    check_options(a, b);
}

/* Every code, joined: at most what was sent, and never past the buffer. */
static void read_all(const struct dhcp_msg *m)
{
    uint8_t buf[64];
    for (unsigned code = 0; code < 256; code++) {
        size_t len = 0;
        uint32_t v32;
        bool found = dhcp_option_get(m, (uint8_t)code, buf, sizeof buf, &len);
        CHECK(found || len == 0);
        CHECK(dhcp_option_get32(m, (uint8_t)code, &v32) == (found && len == 4));
    }
}

/* What the writer takes, the message holds. */
static void write_again(const uint8_t *data, size_t size)
{
    uint8_t options[700], message[1200], back[600];
    struct dhcp_writer w = {.buf = options, .room = sizeof options};
    size_t len = size < 600 ? size : 600, got = 0;
    dhcp_put(&w, 224, data, len);
    CHECK(!w.full);
    struct dhcp_msg m = {.op = DHCP_BOOTREQUEST, .options = options, .options_len = w.len}, parsed;
    size_t message_len = dhcp_emit(&m, message, sizeof message);
    CHECK(message_len >= DHCP_MIN_LEN && dhcp_parse(message, message_len, &parsed) == DHCP_SOUND);
    CHECK(dhcp_option_get(&parsed, 224, back, sizeof back, &got));
    CHECK(got == len && memcmp(back, data, len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dhcp_msg first, second;
    uint8_t buf[4096];
    write_again(data, size);
    if (size > sizeof buf - 1 || !SOUND(dhcp, DHCP_FAULTS, dhcp_parse(data, size, &first)))
        return 0;
    size_t len = dhcp_emit(&first, buf, sizeof buf);
    CHECK(len >= DHCP_MIN_LEN && dhcp_parse(buf, len, &second) == DHCP_SOUND);
    check_same(&first, &second);
    read_all(&first);
    return 0;
}
