/* Damaged questions: whatever the bytes, a peer survives and answers nothing that is not sound. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Up to four octets changed, and sometimes the end cut off. peer_rig_payload checks what came. */
static void damage(struct peer_rig *r, uint16_t port, const uint8_t *sound, uint32_t len)
{
    uint64_t state = 1;
    for (int round = 0; round < 3000; round++) {
        uint8_t m[512];
        uint32_t left = round % 3 ? len : (uint32_t)(next(&state) % (len + 1)), answer;
        memcpy(m, sound, len);
        for (uint64_t k = next(&state) % 5; k > 0; k--)
            m[next(&state) % len] = (uint8_t)next(&state);
        r->frames = 0;
        peer_rig_udp(r, RIG_CLIENT, RIG_SERVER, 5000, port, m, left);
        for (int k = 0; k < r->frames; k++)
            if (get16(r->seen[k].bytes + 12) == 0x0800 && r->seen[k].bytes[23] == 17)
                peer_rig_payload(r, k, &answer);
    }
}

Test(peer_noise, dhcp)
{
    uint8_t m[300] = {1, 1, 6};
    static const uint8_t options[] = {0x63, 0x82, 0x53, 0x63, 53,  1,   3,  50, 4,   10,  0,  2,
                                      15,   61,   3,    1,    'a', 'b', 12, 2,  'h', 'i', 255};
    struct peer_rig *r =
        peer_rig_open("host dhcp-server srv ip 10.0.2.2/24 pool 10.0.2.15 10.0.2.30");
    memcpy(m + 28, rig_client, 6);
    memcpy(m + 236, options, sizeof options);
    damage(r, 67, m, sizeof m);
    peer_rig_close(r);
}

Test(peer_noise, dns)
{
    static const uint8_t m[] = {0,   7,   1,   0, 0,   1,   0,   0,   0, 0, 0, 1, 3,
                                'w', 'w', 'w', 4, 't', 'e', 's', 't', 0, 0, 1, 0, 1,
                                0,   0,   41,  4, 0,   0,   0,   0,   0, 0, 0};
    if (!host_kind_by_name("dns-resolver"))
        cr_skip("built without ldns");
    struct peer_rig *r =
        peer_rig_open("host dns-resolver srv ip 10.0.2.2/24 zone \"www.test A 10.0.2.3\"");
    damage(r, 53, m, sizeof m);
    peer_rig_close(r);
}

Test(peer_noise, ntp)
{
    uint8_t m[48] = {0x23};
    struct peer_rig *r = peer_rig_open("host ntp-server srv ip 10.0.2.2/24");
    damage(r, 123, m, sizeof m);
    peer_rig_close(r);
}
