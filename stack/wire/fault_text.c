/*
 * What the parsers find wrong, in words: for people alone. No code looks at a text, and an image
 * that shows none of them does not link this file.
 */
#include "stack/wire/arp.h"
#include "stack/wire/dhcp.h"
#include "stack/wire/dns.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/icmpv4.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ntp.h"
#include "stack/wire/tcp.h"
#include "stack/wire/udp.h"

const char *const ethernet_fault_text[ETHERNET_FAULTS] = {
    [ETHERNET_SOUND] = "sound",
    [ETHERNET_SHORT] = "ethernet: shorter than 14 octets",
    [ETHERNET_TAG_SHORT] = "ethernet: 802.1Q tag cut short",
    [ETHERNET_LENGTH_BEYOND] = "ethernet: 802.3 length beyond the frame",
    [ETHERNET_LENGTH_BELOW_LLC] = "ethernet: 802.3 length below the 3 octets of LLC",
    [ETHERNET_TYPE_UNDEFINED] = "ethernet: neither a length nor a type (1501 to 1535)",
};

const char *const arp_fault_text[ARP_FAULTS] = {
    [ARP_SOUND] = "sound",
    [ARP_SHORT] = "arp: shorter than 8 octets",
    [ARP_HARDWARE_UNKNOWN] = "arp: hardware type is not Ethernet",
    [ARP_HARDWARE_LENGTH] = "arp: hardware address length is not 6",
    [ARP_PROTOCOL_UNKNOWN] = "arp: protocol type is not IPv4",
    [ARP_PROTOCOL_LENGTH] = "arp: protocol address length is not 4",
    [ARP_ADDRESSES_SHORT] = "arp: addresses cut short",
};

const char *const ipv4_fault_text[IPV4_FAULTS] = {
    [IPV4_SOUND] = "sound",
    [IPV4_SHORT] = "ipv4: shorter than 20 octets",
    [IPV4_VERSION_NOT_4] = "ipv4: version is not 4",
    [IPV4_IHL_BELOW_5] = "ipv4: IHL below 5",
    [IPV4_HEADER_BEYOND] = "ipv4: header beyond the end of the packet",
    [IPV4_LENGTH_BELOW_HEADER] = "ipv4: total length below the header's",
    [IPV4_LENGTH_BEYOND] = "ipv4: total length beyond the end of the packet",
};

const char *const ipv4_option_fault_text[IPV4_OPTION_FAULTS] = {
    [IPV4_OPTION_SOUND] = "sound",
    [IPV4_OPTION_NO_LENGTH] = "ipv4 option: no length octet",
    [IPV4_OPTION_LENGTH_BELOW_2] = "ipv4 option: length below 2",
    [IPV4_OPTION_LENGTH_BEYOND] = "ipv4 option: length beyond the header",
    [IPV4_OPTION_RECORD_ROUTE_LENGTH] = "ipv4 record route: length below 3",
    [IPV4_OPTION_RECORD_ROUTE_POINTER] = "ipv4 record route: pointer below 4",
    [IPV4_OPTION_RECORD_ROUTE_BETWEEN] = "ipv4 record route: pointer between two addresses",
    [IPV4_OPTION_RECORD_ROUTE_NO_ROOM] = "ipv4 record route: room for less than an address",
    [IPV4_OPTION_RECORD_ROUTE_SECOND] = "ipv4 record route: a second one",
    [IPV4_OPTION_SOURCE_ROUTE_LENGTH] = "ipv4 source route: length below 3",
    [IPV4_OPTION_SOURCE_ROUTE_POINTER] = "ipv4 source route: pointer below 4",
    [IPV4_OPTION_SOURCE_ROUTE_BETWEEN] = "ipv4 source route: pointer between two addresses",
    [IPV4_OPTION_SOURCE_ROUTE_NO_ROOM] = "ipv4 source route: room for less than an address",
    [IPV4_OPTION_SOURCE_ROUTE_SECOND] = "ipv4 source route: a second one",
    [IPV4_OPTION_TIMESTAMP_LENGTH] = "ipv4 timestamp: length below 4",
    [IPV4_OPTION_TIMESTAMP_FLAG] = "ipv4 timestamp: flag is none of 0, 1 and 3",
    [IPV4_OPTION_TIMESTAMP_POINTER] = "ipv4 timestamp: pointer below 5",
    [IPV4_OPTION_TIMESTAMP_BETWEEN] = "ipv4 timestamp: pointer between two entries",
    [IPV4_OPTION_TIMESTAMP_NO_ROOM] = "ipv4 timestamp: room for less than an entry",
    [IPV4_OPTION_TIMESTAMP_SECOND] = "ipv4 timestamp: a second one",
    [IPV4_OPTION_SECURITY_LENGTH] = "ipv4 security: length below 3",
    [IPV4_OPTION_SECURITY_SECOND] = "ipv4 security: a second one",
    [IPV4_OPTION_ROUTER_ALERT_LENGTH] = "ipv4 router alert: length is not 4",
};

const char *const icmpv4_fault_text[ICMPV4_FAULTS] = {
    [ICMPV4_SOUND] = "sound",
    [ICMPV4_SHORT] = "icmpv4: shorter than 8 octets",
    [ICMPV4_TYPE_UNKNOWN] = "icmpv4: unknown type",
    [ICMPV4_MASK_SHORT] = "icmpv4: address mask shorter than 12 octets",
    [ICMPV4_TIMESTAMP_SHORT] = "icmpv4: timestamp shorter than 20 octets",
    [ICMPV4_ADVERTISEMENT_WORDS] = "icmpv4: router advertisement entry below 2 words",
    [ICMPV4_ADVERTISEMENT_SHORT] = "icmpv4: router advertisement cut short",
    [ICMPV4_ERROR_SHORT] = "icmpv4: error without room for a quoted IPv4 header",
    [ICMPV4_NOT_QUOTING] = "icmpv4: not a message that quotes a datagram",
    [ICMPV4_QUOTE_HEADER] = "icmpv4: quoted IPv4 header malformed",
    [ICMPV4_QUOTE_SHORT] = "icmpv4: quote holds fewer than 8 octets of payload",
};

const char *const udp_fault_text[UDP_FAULTS] = {
    [UDP_SOUND] = "sound",
    [UDP_SHORT] = "udp: shorter than 8 octets",
    [UDP_LENGTH_BELOW_HEADER] = "udp: length below 8",
    [UDP_LENGTH_BEYOND] = "udp: length beyond the IP payload",
};

const char *const tcp_fault_text[TCP_FAULTS] = {
    [TCP_SOUND] = "sound",
    [TCP_SHORT] = "tcp: shorter than 20 octets",
    [TCP_OFFSET_BELOW_5] = "tcp: data offset below 5",
    [TCP_OFFSET_BEYOND] = "tcp: data offset beyond the segment",
};

const char *const tcp_option_fault_text[TCP_OPTION_FAULTS] = {
    [TCP_OPTION_SOUND] = "sound",
    [TCP_OPTION_NO_LENGTH] = "tcp option: no length octet",
    [TCP_OPTION_LENGTH_BELOW_2] = "tcp option: length below 2",
    [TCP_OPTION_LENGTH_BEYOND] = "tcp option: length beyond the header",
    [TCP_OPTION_MSS_LENGTH] = "tcp MSS: length is not 4",
    [TCP_OPTION_WINDOW_SCALE_LENGTH] = "tcp window scale: length is not 3",
    [TCP_OPTION_SACK_PERMITTED_LENGTH] = "tcp SACK permitted: length is not 2",
    [TCP_OPTION_SACK_EMPTY] = "tcp SACK: no block",
    [TCP_OPTION_SACK_LENGTH] = "tcp SACK: length is not 2 and a multiple of 8",
    [TCP_OPTION_SACK_BLOCKS] = "tcp SACK: more than 4 blocks",
    [TCP_OPTION_TIMESTAMPS_LENGTH] = "tcp timestamps: length is not 10",
};

const char *const dhcp_fault_text[DHCP_FAULTS] = {
    [DHCP_SOUND] = "sound",
    [DHCP_SHORT] = "dhcp: shorter than 236 octets",
    [DHCP_COOKIE_SHORT] = "dhcp: no room for the magic cookie",
    [DHCP_OP_UNKNOWN] = "dhcp: op is neither BOOTREQUEST nor BOOTREPLY",
    [DHCP_HLEN_ABOVE_16] = "dhcp: hlen above 16",
    [DHCP_COOKIE_WRONG] = "dhcp: not the magic cookie",
    [DHCP_OPTION_NO_LENGTH] = "dhcp option: no length octet",
    [DHCP_OPTION_BEYOND] = "dhcp option: length beyond its field",
};

const char *const dns_fault_text[DNS_FAULTS] = {
    [DNS_SOUND] = "sound",
    [DNS_SHORT] = "dns: shorter than 12 octets",
    [DNS_QUESTIONS_MISSING] = "dns: fewer questions than QDCOUNT",
    [DNS_RECORDS_MISSING] = "dns: fewer records than the header counts",
    [DNS_QUESTION_SHORT] = "dns question: cut short",
    [DNS_RECORD_SHORT] = "dns record: cut short",
    [DNS_RECORD_OTHER_TYPE] = "dns record: not of the type that is read",
    [DNS_RDLENGTH_BEYOND] = "dns record: RDLENGTH beyond the message",
    [DNS_A_LENGTH] = "dns A: RDLENGTH is not 4",
    [DNS_AAAA_LENGTH] = "dns AAAA: RDLENGTH is not 16",
    [DNS_RDATA_NAME_LENGTH] = "dns NS, CNAME or PTR: name and RDLENGTH disagree",
    [DNS_MX_SHORT] = "dns MX: RDLENGTH below 3",
    [DNS_MX_LENGTH] = "dns MX: exchange and RDLENGTH disagree",
    [DNS_SOA_LENGTH] = "dns SOA: fields and RDLENGTH disagree",
    [DNS_TXT_EMPTY] = "dns TXT: no string",
    [DNS_TXT_BEYOND] = "dns TXT: string beyond RDATA",
    [DNS_POINTER_SHORT] = "dns name: pointer cut short",
    [DNS_POINTER_INTO_HEADER] = "dns name: pointer into the header",
    [DNS_POINTER_FORWARDS] = "dns name: pointer does not go backwards",
    [DNS_POINTER_TO_POINTER] = "dns name: pointer to a pointer",
    [DNS_POINTER_TO_ROOT] = "dns name: pointer to the root",
    [DNS_LABEL_BEYOND] = "dns name: label beyond the message",
    [DNS_LABEL_TYPE_UNKNOWN] = "dns name: label of type 01 or 10",
    [DNS_NAME_NO_END] = "dns name: no end within the message",
    [DNS_NAME_TOO_LONG] = "dns name: longer than 255 octets",
    [DNS_TEXT_EMPTY] = "dns name: no text",
    [DNS_TEXT_LABEL_EMPTY] = "dns name: empty label",
    [DNS_TEXT_LABEL_TOO_LONG] = "dns name: label longer than 63 octets",
    [DNS_TEXT_BACKSLASH_END] = "dns name: backslash at the end",
    [DNS_TEXT_BACKSLASH_DIGITS] = "dns name: backslash with fewer than 3 digits",
    [DNS_TEXT_BACKSLASH_RANGE] = "dns name: backslash with a number above 255",
};

const char *const ntp_fault_text[NTP_FAULTS] = {
    [NTP_SOUND] = "sound",
    [NTP_SHORT] = "ntp: shorter than 48 octets",
    [NTP_VERSION_UNKNOWN] = "ntp: version is none of 1 to 4",
};
