/* Ethernet (RFC 894; RFC 1042 on receipt): who a frame is for, and which protocol. */
#include "stack/core/mem.h"
#include "stack/link/link.h"
#include "stack/wire/ethernet.h"

enum ethernet_counter {
    DROP_SHORT,
    DROP_TAG_SHORT,
    DROP_LENGTH_BEYOND,
    DROP_LENGTH_SHORT,
    DROP_UNDEFINED_TYPE,
    DROP_TOO_LONG,
    DROP_SOURCE_GROUP,
    DROP_SOURCE_OWN,
    DROP_NOT_OURS,
    DROP_GROUP_NOT_JOINED,
    DROP_LLC,
    DROP_TAGGED,
    DROP_SNAP_OFF,
    DROP_UNKNOWN_TYPE,
    DROP_NO_ROOM,
    COUNTERS
};

enum ethernet_knob { KNOB_SNAP, KNOB_PRIORITY_TAG };

/* COUNTERS: the header is sound. */
static enum ethernet_counter counter_of(enum ethernet_fault fault)
{
    switch (fault) {
    case ETHERNET_SHORT:
        return DROP_SHORT;
    case ETHERNET_TAG_SHORT:
        return DROP_TAG_SHORT;
    case ETHERNET_LENGTH_BEYOND:
        return DROP_LENGTH_BEYOND;
    case ETHERNET_LENGTH_BELOW_LLC:
        return DROP_LENGTH_SHORT;
    case ETHERNET_TYPE_UNDEFINED:
        return DROP_UNDEFINED_TYPE;
    case ETHERNET_SOUND:
    case ETHERNET_FAULTS:
        break;
    }
    return COUNTERS;
}

static void drop(struct stack *s, struct netbuf *nb, enum ethernet_counter why)
{
    stack_drop(s, nb, MODULE_ETHERNET, why);
}

static bool has_joined(const struct netif *nif, const uint8_t group[6])
{
    if (nif->flags & NETIF_ALL_MULTICAST)
        return true;
    for (uint32_t i = 0; i < nif->multicasts; i++)
        if (memcmp(nif->multicast[i], group, NETIF_MAC_BYTES) == 0)
            return true;
    return false;
}

/* Decides on the addresses; false when the frame was dropped. A promiscuous interface hears more,
 * but what is for another host stays that host's. */
static bool is_for_us(struct stack *s, struct netbuf *nb, const struct ethernet_hdr *hdr)
{
    const struct netif *nif = nb->nif;
    if (ethernet_is_group(hdr->src)) {
        drop(s, nb, DROP_SOURCE_GROUP);
        return false;
    }
    if (memcmp(hdr->src, nif->mac, sizeof hdr->src) == 0) {
        drop(s, nb, DROP_SOURCE_OWN);
        return false;
    }
    if (ethernet_is_broadcast(hdr->dst)) {
        nb->flags |= NETBUF_LINK_BROADCAST;
    } else if (ethernet_is_group(hdr->dst)) {
        nb->flags |= NETBUF_LINK_MULTICAST;
        if (!has_joined(nif, hdr->dst)) {
            drop(s, nb, DROP_GROUP_NOT_JOINED);
            return false;
        }
    } else if (memcmp(hdr->dst, nif->mac, sizeof hdr->dst) != 0) {
        drop(s, nb, DROP_NOT_OURS);
        return false;
    }
    return true;
}

/* The ethertype of a frame of a kind that we take; false when it was dropped. */
static bool take_kind(struct stack *s, struct netbuf *nb, const struct ethernet_hdr *hdr,
                      uint16_t *ethertype)
{
    switch (hdr->kind) {
    case ETHERNET_KIND_II:
        *ethertype = hdr->type;
        return true;
    case ETHERNET_KIND_SNAP: /* RFC 1122 2.3.3: SHOULD be able to receive it */
        *ethertype = hdr->inner_type;
        if (stack_knob(s, MODULE_ETHERNET, KNOB_SNAP))
            return true;
        drop(s, nb, DROP_SNAP_OFF);
        return false;
    case ETHERNET_KIND_TAGGED: /* VLAN 0 says priority and nothing else */
        *ethertype = hdr->inner_type;
        if ((hdr->tci & 0xfff) == 0 && stack_knob(s, MODULE_ETHERNET, KNOB_PRIORITY_TAG))
            return true;
        drop(s, nb, DROP_TAGGED);
        return false;
    case ETHERNET_KIND_LLC:
        break;
    }
    drop(s, nb, DROP_LLC);
    return false;
}

static void input(struct stack *s, struct netbuf *nb, int64_t now_ns)
{
    struct ethernet_hdr hdr;
    uint16_t ethertype;
    enum ethernet_counter malformed =
        counter_of(ethernet_parse(netbuf_data(nb), netbuf_len(nb), &hdr));
    if (malformed != COUNTERS) {
        drop(s, nb, malformed);
        return;
    }
    if (!is_for_us(s, nb, &hdr) || !take_kind(s, nb, &hdr, &ethertype))
        return;
    if (hdr.end - hdr.hdr_len > nb->nif->mru) {
        drop(s, nb, DROP_TOO_LONG);
        return;
    }
    const struct link_protocol *p = link_protocol(s, ethertype);
    if (!p) {
        drop(s, nb, DROP_UNKNOWN_TYPE);
        return;
    }
    netbuf_trim(nb, (uint32_t)hdr.end);
    netbuf_pull(nb, hdr.hdr_len);
    p->input(s, nb, hdr.src, now_ns);
}

/* RFC 894: at least 46 octets of data, padded with zeros, which are not part of the packet. No NIC
 * is trusted to do it, but for segments that it makes: of a packet to be cut up what follows the
 * payload would become payload. */
static bool pad(struct netbuf *nb)
{
    uint32_t len = netbuf_len(nb);
    if (len >= ETHERNET_MIN_LEN || nb->segment)
        return true;
    uint32_t missing = ETHERNET_MIN_LEN - len;
    uint8_t *more = netbuf_put(nb, missing);
    if (more)
        memset(more, 0, missing);
    return more != NULL;
}

static int output(struct stack *s, struct netif *nif, struct netbuf *nb, uint16_t ethertype,
                  const uint8_t *to, int64_t now_ns)
{
    struct ethernet_hdr hdr = {.type = ethertype, .kind = ETHERNET_KIND_II};
    if (to)
        memcpy(hdr.dst, to, sizeof hdr.dst);
    else
        memset(hdr.dst, 0xff, sizeof hdr.dst);
    memcpy(hdr.src, nif->mac, sizeof hdr.src);
    uint8_t *at = netbuf_push(nb, ETHERNET_HDR_LEN);
    if (!at || !pad(nb)) {
        drop(s, nb, DROP_NO_ROOM);
        return -ERR_NOBUFS;
    }
    ethernet_emit(&hdr, at, ETHERNET_HDR_LEN);
    return netif_send(nif, nb, now_ns);
}

static const struct link_layer layer = {
    .hardware = NETIF_ETHERNET,
    .module = MODULE_ETHERNET,
    .header_bytes = ETHERNET_HDR_LEN,
    .input = input,
    .output = output,
};

static int init(struct stack *s, void *state, int64_t now_ns)
{
    (void)state;
    (void)now_ns;
    return link_layer_register(s, &layer);
}

static const struct knob knobs[] = {
    [KNOB_SNAP] = {"snap", KNOB_BOOL, 1, 0, 1},
    [KNOB_PRIORITY_TAG] = {"priority_tag", KNOB_BOOL, 0, 0, 1},
};

static const char *const counters[COUNTERS] = {
    [DROP_SHORT] = "drop.short",
    [DROP_TAG_SHORT] = "drop.tag_short",
    [DROP_LENGTH_BEYOND] = "drop.length_beyond_frame",
    [DROP_LENGTH_SHORT] = "drop.length_below_llc",
    [DROP_UNDEFINED_TYPE] = "drop.undefined_type",
    [DROP_TOO_LONG] = "drop.too_long",
    [DROP_SOURCE_GROUP] = "drop.source_group",
    [DROP_SOURCE_OWN] = "drop.source_own",
    [DROP_NOT_OURS] = "drop.not_ours",
    [DROP_GROUP_NOT_JOINED] = "drop.group_not_joined",
    [DROP_LLC] = "drop.llc",
    [DROP_TAGGED] = "drop.tagged",
    [DROP_SNAP_OFF] = "drop.snap",
    [DROP_UNKNOWN_TYPE] = "drop.unknown_type",
    [DROP_NO_ROOM] = "drop.no_room",
};

const struct module ethernet_module = {
    .name = "ethernet",
    .id = MODULE_ETHERNET,
    .init = init,
    .knobs = knobs,
    .knob_count = sizeof knobs / sizeof knobs[0],
    .counters = counters,
    .counter_count = COUNTERS,
};
