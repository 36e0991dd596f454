/* Every fault of every parser has words of its own. */
#include <criterion/criterion.h>
#include <string.h>
#include "stack/wire/arp.h"
#include "stack/wire/dhcp.h"
#include "stack/wire/dns.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/icmpv4.h"
#include "stack/wire/ntp.h"
#include "stack/wire/tcp.h"
#include "stack/wire/udp.h"

static void check(const char *const *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        cr_assert_not_null(text[i], "fault %u of %s", i, text[1]);
        for (unsigned k = 0; k < i; k++)
            cr_assert_neq(strcmp(text[i], text[k]), 0, "twice: %s", text[i]);
    }
}

Test(wire_fault, has_words_of_its_own)
{
    check(ethernet_fault_text, ETHERNET_FAULTS);
    check(arp_fault_text, ARP_FAULTS);
    check(ipv4_fault_text, IPV4_FAULTS);
    check(ipv4_option_fault_text, IPV4_OPTION_FAULTS);
    check(icmpv4_fault_text, ICMPV4_FAULTS);
    check(udp_fault_text, UDP_FAULTS);
    check(tcp_fault_text, TCP_FAULTS);
    check(tcp_option_fault_text, TCP_OPTION_FAULTS);
    check(dhcp_fault_text, DHCP_FAULTS);
    check(dns_fault_text, DNS_FAULTS);
    check(ntp_fault_text, NTP_FAULTS);
}
