/*
 * The baseline, one table: what every frame of a host under test satisfies unless its line states
 * one of the rule's fields. MUST fails any stack; CONVENTION, what our own stack holds itself to,
 * is a note in the ladder of another.
 */
#include "sim/judge/baseline.h"

#define ROW(level_, name_, clause_, what_, holds_, ...)                                            \
    {                                                                                              \
        .name = name_, .level = level_, .clause = clause_, .what = what_, .holds = holds_,         \
        .field = {                                                                                 \
            __VA_ARGS__                                                                            \
        }                                                                                          \
    }
#define MUST(...)       ROW(RULE_MUST, __VA_ARGS__)
#define CONVENTION(...) ROW(RULE_CONVENTION, __VA_ARGS__)

/* A number at a fixed place of a client's message. */
#define FIXED(level_, name_, clause_, holds_, field_, at_, octets_, mask_, value_)                 \
    {                                                                                              \
        .name = name_, .level = level_, .clause = clause_,                                         \
        .what = "It is the same in every message of a client.", .holds = holds_,                   \
        .field = {field_}, .at = at_, .octets = octets_, .mask = mask_, .value = value_            \
    }
#define DHCP(name_, ...)                                                                           \
    FIXED(RULE_MUST, "dhcp " name_, "RFC2131-2-2", rule_dhcp_fixed, __VA_ARGS__)
#define DNS(name_, ...)                                                                            \
    FIXED(RULE_MUST, "dns " name_, "RFC1035-4.1.1-1", rule_dns_fixed, __VA_ARGS__)
#define NTP(name_, ...)                                                                            \
    FIXED(RULE_CONVENTION, "ntp " name_, "RFC5905-14-1", rule_ntp_fixed, __VA_ARGS__)

const struct rule baseline_rules[] = {
    MUST("hardware source", "IEEE802.3-3.2.3-2", "The source is the interface's own address.",
         rule_hardware_source, "eth.src"),
    MUST("no tag", "RFC894-frame-format-1", "No 802.1Q tag that nobody asked for.", rule_untagged,
         "vlan"),
    MUST("hardware destination", "RFC1122-3.3.6-4",
         "The destination is everybody for what is for everybody, a group as RFC 1112 maps it, or "
         "an address that someone on the link has or claimed.",
         rule_hardware_destination, "eth.dst"),
    MUST("arp form", "RFC826-packet-generation-1", "ARP is for Ethernet and IPv4.", rule_arp_form,
         "arp.htype", "arp.ptype", "arp.hlen", "arp.plen"),
    MUST("arp sender", "RFC826-packet-generation-1",
         "ARP's sender is an address of the host, or 0 in a probe (RFC 5227).", rule_arp_sender,
         "arp.spa"),
    MUST("arp hardware", "RFC826-packet-generation-1",
         "ARP's sender has the interface's hardware address.", rule_arp_hardware, "arp.sha"),
    MUST("arp target", "RFC826-packet-reception-8",
         "A reply names who asked; a request no hardware address, or the one that it goes to.",
         rule_arp_target, "arp.tha"),
    MUST("arp asked", NULL,
         "A request asks for an address that a host has, a call or a packet named.", rule_arp_asked,
         "arp.tpa"),
    CONVENTION("arp rate", "RFC1122-2.3.2.1-4",
               "Requests for one address come a second apart at least.", rule_arp_again, NULL),
    MUST("arp reply", "RFC826-packet-reception-8", "The same reply again only when asked again.",
         rule_arp_answers, NULL),
    MUST("source", "RFC1122-3.2.1.3-5",
         "The source is an address that the script, a server's ACK or a probe made the host's own; "
         "0.0.0.0 from DHCP's client alone.",
         rule_ip_source, "ip.src"),
    MUST("destination", NULL,
         "The destination is an address that a host has, or that a call or a packet named before.",
         rule_ip_destination, "ip.dst"),
    MUST("reserved flag", "RFC791-3.1-5", "The reserved flag is zero.", rule_ip_reserved, "ip.rf"),
    MUST("ttl zero", "RFC1122-3.2.1.7-1", "TTL 0 is never sent.", rule_ip_ttl_zero, "ip.ttl"),
    CONVENTION("ttl", "RFC1122-3.2.1.7-4",
               "The TTL is 64, to groups 1 (RFC 1112, section 6.1), or what the script's calls and "
               "knobs say.",
               rule_ip_ttl, "ip.ttl"),
    MUST("tos", "RFC1122-3.2.1.6-4",
         "The TOS octet is 0, what the script set, in an echo reply the request's, or of data of a "
         "connection with ECN that it is.",
         rule_ip_tos, "ip.tos", "ip.ecn"),
    CONVENTION("df", NULL, "What no call or knob forbids may be fragmented.", rule_ip_df, "ip.df"),
    CONVENTION("fragment", "RFC791-3.2-1",
               "Fragments follow each other; all but the last count whole eights.", rule_fragment,
               "ip.off", "ip.frag", "ip.mf"),
    MUST("identification", "RFC6864-4.3-1",
         "The identification of what may be fragmented does not repeat within two minutes.",
         rule_ip_identification, "ip.id"),
    MUST("echo asked", "RFC1122-3.2.2.6-1", "An echo reply has its request.", rule_echo_asked,
         NULL),
    MUST("echo data", "RFC1122-3.2.2.6-5", "An echo reply returns all of the request's data.",
         rule_echo_data, "data", "icmp.data"),
    MUST("echo source", "RFC1122-3.2.2.6-4", "An echo reply comes from the address that was asked.",
         rule_echo_source, "ip.src"),
    MUST("echo destination", "RFC1122-3.2.2.6-1", "An echo reply goes to who asked.",
         rule_echo_destination, "ip.dst"),
    MUST("error quotes", "RFC1122-3.2.2-2",
         "An ICMP error quotes what came, unchanged, with eight octets behind the header.",
         rule_error_quotes, "quote"),
    MUST("error destination", "RFC1122-3.2.2-11",
         "An ICMP error goes to the source of what it quotes.", rule_error_destination, "ip.dst"),
    MUST("icmp code", "RFC792-echo-1", "Echo and timestamp messages have code 0.", rule_icmp_code,
         "icmp.code"),
    MUST("icmp unused", NULL, "Octets of an error that mean nothing are zero (RFC 792).",
         rule_icmp_unused, "icmp.unused", "icmp.mtu", "icmp.pointer", "icmp.rest24",
         "icmp.gateway"),
    MUST("payload", NULL, "A datagram carries what a call handed over, or what came.", rule_payload,
         "data"),
    MUST("source port", NULL, "No more ports are used than sockets were made.", rule_source_port,
         "udp.sport"),
    MUST("tcp flags", NULL,
         "SYN, FIN and RST stand alone; all but a first SYN and a RST acknowledge.", rule_tcp_flags,
         "tcp.flags"),
    MUST("tcp reserved", "RFC9293-3.1-2", "Reserved bits are zero.", rule_tcp_reserved,
         "tcp.reserved"),
    CONVENTION("tcp no ack", NULL, "The acknowledgement number is 0 without ACK.", rule_tcp_no_ack,
               "tcp.ack"),
    CONVENTION("tcp urgent", NULL, "The urgent pointer is 0 without URG.", rule_tcp_urgent,
               "tcp.urg"),
    MUST("tcp connection", NULL,
         "A segment belongs to a connection from which something came, or begins one.",
         rule_tcp_from_nothing, NULL),
    MUST("tcp sequence", NULL, "What is sent leaves no octet out.", rule_tcp_sequence, NULL),
    MUST("tcp acknowledgement", NULL, "Nothing is acknowledged that has not come.",
         rule_tcp_acknowledges, NULL),
    MUST("tcp window", "MUST-34", "What is sent stays within the farthest window offered.",
         rule_tcp_window, NULL),
    CONVENTION("tcp df", NULL,
               "Segments have DF (RFC 1191, section 6), unless a knob or a router says otherwise.",
               rule_tcp_df, "ip.df"),
    CONVENTION("tcp edge", "SHLD-14", "The right edge of the window is never taken back.",
               rule_tcp_edge, "tcp.win"),
    CONVENTION("tcp buffer", NULL,
               "No more is offered than the buffer of the script's knobs holds.", rule_tcp_buffer,
               "tcp.win"),
    MUST("tcp size", "MUST-16", "A segment is no larger than the peer's MSS.", rule_tcp_size, NULL),
    MUST("tcp options", "MUST-68", "Options have right lengths.", rule_tcp_options, NULL),
    MUST("tcp syn options", "MUST-65", "MSS, window scale and SACK permitted come with SYN alone.",
         rule_tcp_syn_options, NULL),
    MUST("tcp answered options", "RFC7323-2.2-1", "A SYN-ACK has no option that the SYN had not.",
         rule_tcp_answers_options, NULL),
    MUST("tcp timestamps", "RFC7323-3.2-2", "Agreed, every segment but a RST has timestamps.",
         rule_tcp_timestamps, NULL),
    MUST("tcp payload", NULL, "A segment carries what calls handed over for its place.",
         rule_tcp_payload, "data"),
    MUST("dhcp ports", "RFC2131-4.1-1", "From port 68 to port 67.", rule_dhcp_ports, "udp.sport",
         "udp.dport"),
    CONVENTION("dhcp broadcast", "RFC2131-2-2", "No broadcast flag that no knob asks for.",
               rule_dhcp_broadcast, "dhcp.broadcast", "dhcp.flags"),
    MUST("dhcp secs", "RFC2131-4.1-11", "Seconds since the client began, or fewer.", rule_dhcp_secs,
         "dhcp.secs"),
    MUST("dns whole", "RFC1035-4.1.1-1", "One question, and nothing but EDNS behind it.",
         rule_dns_whole, "dns.arcount"),
    MUST("dhcp request", "RFC2131-4.4.1-3",
         "What a client requests of a server is what that server offered, under its number.",
         rule_dhcp_request, "dhcp.requested", "dhcp.server"),
    MUST("dns question", "RFC1035-4.1.1-1",
         "One question of class IN for a name that a call or an answer named.", rule_dns_question,
         "dns.question", "dns.query"),
    MUST("dhcp hardware", "RFC2131-2-2",
         "The client's hardware address with zeros behind it; no names of a server and a file.",
         rule_dhcp_hardware, "dhcp.chaddr", "dhcp.chaddr-rest", "dhcp.sname", "dhcp.file"),
    MUST("dhcp ciaddr", "RFC2131-2-2", "0, or an address of the client's own.",
         rule_dhcp_client_address, "dhcp.ciaddr"),
    MUST("dhcp options", "RFC2131-4.1-1",
         "Options fill the message up to their end, each once, with zeros behind.",
         rule_dhcp_options, "dhcp.opt"),
    MUST("dhcp same", "RFC2131-4.2-1",
         "Client identifier, requested parameters and names are the same in every message.",
         rule_dhcp_same, "dhcp.client-id", "dhcp.params", "dhcp.hostname", "dhcp.vendor-class"),
    DHCP("op", "dhcp.op", 0, 1, 0, 1),
    DHCP("htype", "dhcp.htype", 1, 1, 0, 1),
    DHCP("hlen", "dhcp.hlen", 2, 1, 0, 6),
    DHCP("hops", "dhcp.hops", 3, 1, 0, 0),
    DHCP("flags", "dhcp.mbz", 10, 2, 0x7fff, 0),
    DHCP("yiaddr", "dhcp.yiaddr", 16, 4, 0, 0),
    DHCP("siaddr", "dhcp.siaddr", 20, 4, 0, 0),
    DHCP("giaddr", "dhcp.giaddr", 24, 4, 0, 0),
    DHCP("cookie", "dhcp.cookie", 236, 4, 0, 0x63825363),
    DNS("qr", "dns.qr", 2, 2, 0x8000, 0),
    DNS("opcode", "dns.opcode", 2, 2, 0x7800, 0),
    DNS("aa", "dns.aa", 2, 2, 0x0400, 0),
    DNS("tc", "dns.tc", 2, 2, 0x0200, 0),
    DNS("rd", "dns.rd", 2, 2, 0x0100, 0x0100),
    DNS("ra", "dns.ra", 2, 2, 0x0080, 0),
    DNS("z", "dns.z", 2, 2, 0x0040, 0),
    DNS("ad", "dns.ad", 2, 2, 0x0020, 0),
    DNS("cd", "dns.cd", 2, 2, 0x0010, 0),
    DNS("rcode", "dns.rcode", 2, 2, 0x000f, 0),
    DNS("qdcount", "dns.qdcount", 4, 2, 0, 1),
    DNS("ancount", "dns.ancount", 6, 2, 0, 0),
    DNS("nscount", "dns.nscount", 8, 2, 0, 0),
    DNS("arcount", "dns.arcount", 10, 2, 0xfffe, 0),
    NTP("leap indicator", "ntp.li", 0, 1, 0xc0, 0),
    NTP("version", "ntp.vn", 0, 1, 0x38, 4 << 3),
    NTP("mode", "ntp.mode", 0, 1, 0x07, 3),
    NTP("stratum", "ntp.stratum", 1, 1, 0, 0),
    NTP("poll", "ntp.poll", 2, 1, 0, 0),
    NTP("precision", "ntp.precision", 3, 1, 0, 0),
    NTP("root delay", "ntp.root-delay", 4, 4, 0, 0),
    NTP("root dispersion", "ntp.root-dispersion", 8, 4, 0, 0),
    NTP("reference id", "ntp.refid", 12, 4, 0, 0),
    NTP("reference time", "ntp.ref", 16, 4, 0, 0),
    NTP("reference fraction", "ntp.ref", 20, 4, 0, 0),
    NTP("origin time", "ntp.org", 24, 4, 0, 0),
    NTP("origin fraction", "ntp.org", 28, 4, 0, 0),
    NTP("receive time", "ntp.rec", 32, 4, 0, 0),
    NTP("receive fraction", "ntp.rec", 36, 4, 0, 0),
    {.name = NULL},
};

uint32_t baseline_breaches(struct judge *j, const struct judge_port *from,
                           const struct packet_facts *f, int64_t now_ns,
                           struct breach out[BREACHES])
{
    uint32_t count = 0;
    for (const struct rule *r = baseline_rules; r->name && count < BREACHES; r++) {
        out[count].rule = r;
        count += !r->holds(j, from, f, now_ns, &out[count]);
    }
    return count;
}

bool baseline_excused(const struct rule *r, const struct packet_spec *line)
{
    for (int k = 0; k < RULE_FIELDS && r->field[k]; k++)
        if (packet_states(line, r->field[k]))
            return true;
    return false;
}

bool baseline_looks_back(const struct rule *r)
{
    static bool (*const back[])(struct judge *, const struct judge_port *,
                                const struct packet_facts *, int64_t, struct breach *) = {
        rule_hardware_destination,
        rule_arp_target,
        rule_arp_asked,
        rule_arp_again,
        rule_arp_answers,
        rule_ip_destination,
        rule_ip_tos,
        rule_echo_asked,
        rule_echo_data,
        rule_echo_source,
        rule_echo_destination,
        rule_error_quotes,
        rule_error_destination,
        rule_payload,
        rule_fragment,
        rule_tcp_from_nothing,
        rule_tcp_sequence,
        rule_tcp_acknowledges,
        rule_tcp_window,
        rule_tcp_size,
        rule_tcp_answers_options,
        rule_tcp_timestamps,
        rule_dhcp_request,
        rule_dhcp_same,
        rule_dns_question,
        rule_arp_sender,
        rule_ip_source,
        rule_dhcp_client_address,
    };
    for (size_t k = 0; k < sizeof back / sizeof back[0]; k++)
        if (back[k] == r->holds)
            return true;
    return false;
}
