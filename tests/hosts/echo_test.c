/* The echo host insists on its address when told to. */
#include <criterion/criterion.h>
#include <string.h>
#include "tests/hosts/peer_rig.h"

/* RFC 5227 2.4 (b): whoever claims its address by ARP hears an announcement: a request for it from
 * it, by broadcast. */
Test(echo, defends_its_address)
{
    static const uint8_t own[6] = {0x52, 0x55, 0x0a, 0, 2, 2}, zero[6];
    uint8_t f[60] = {0};
    memset(f, 0xff, 6);
    memcpy(f + 6, rig_client, 6);
    memcpy(f + 12, (const uint8_t[]){8, 6, 0, 1, 8, 0, 6, 4, 0, 1}, 10);
    memcpy(f + 22, rig_client, 6);
    put32(f + 28, RIG_SERVER);
    put32(f + 38, RIG_SERVER);
    struct peer_rig *r = peer_rig_open("host echo srv ip 10.0.2.2/24 defend");
    peer_rig_give(r, f, sizeof f);
    const uint8_t *b = r->seen[0].bytes;
    for (int k = 1; k < r->frames && get16(b + 20) != 1; k++)
        b = r->seen[k].bytes; /* the question itself is answered as well */
    cr_assert_eq(b[0] & b[1] & b[2] & b[3] & b[4] & b[5], 0xff);
    cr_assert_eq(get16(b + 20), 1);
    cr_assert_arr_eq(b + 22, own, 6);
    cr_assert_eq(get32(b + 28), RIG_SERVER);
    cr_assert_arr_eq(b + 32, zero, 6);
    cr_assert_eq(get32(b + 38), RIG_SERVER);
    cr_assert_eq(peer_rig_number(r, "conflicts"), 1);
    peer_rig_close(r);
    r = peer_rig_open("host echo srv ip 10.0.2.2/24");
    peer_rig_give(r, f, sizeof f);
    for (int k = 0; k < r->frames; k++)
        cr_assert_eq(get16(r->seen[k].bytes + 20), 2, "not told to, it answers at most");
    peer_rig_close(r);
}
