/* The registry of peers: what `host KIND NAME` in a script may say. A new kind adds two lines here.
 */
#include <string.h>
#include "sim/hosts/host.h"

extern const struct host_kind raw_kind;
extern const struct host_kind dhcp_server_kind;
extern const struct host_kind ntp_server_kind;
#ifdef HAVE_LDNS
extern const struct host_kind dns_resolver_kind;
#endif
extern const struct host_kind switch_kind;
extern const struct host_kind echo_kind;
extern const struct host_kind router_kind;
extern const struct host_kind tcp_echo_kind;
extern const struct host_kind tcp_discard_kind;
extern const struct host_kind tcp_source_kind;
extern const struct host_kind tcp_sink_kind;
extern const struct host_kind http_server_kind;
extern const struct host_kind http_client_kind;
extern const struct host_kind telnet_server_kind;
extern const struct host_kind tftp_server_kind;
#ifdef HAVE_SLIRP
extern const struct host_kind slirp_kind;
#endif

const struct host_kind *const host_kinds[] = {
    &raw_kind,
    &dhcp_server_kind,
    &ntp_server_kind,
#ifdef HAVE_LDNS
    &dns_resolver_kind,
#endif
    &switch_kind,
    &echo_kind,
    &router_kind,
    &tcp_echo_kind,
    &tcp_discard_kind,
    &tcp_source_kind,
    &tcp_sink_kind,
    &http_server_kind,
    &http_client_kind,
    &telnet_server_kind,
    &tftp_server_kind,
#ifdef HAVE_SLIRP
    &slirp_kind,
#endif
    NULL,
};

/* Kinds that stand on a library which this build does not have: a script that names one is skipped,
 * with the package as the reason. */
static const struct {
    const char *kind, *package;
} absent[] = {
#ifndef HAVE_SLIRP
    {"slirp", "libslirp-dev"},
#endif
#ifndef HAVE_LDNS
    {"dns-resolver", "libldns-dev"},
#endif
#ifndef HAVE_LWIP
    {"lwip", "liblwip-dev"},
#endif
    {NULL, NULL},
};

const char *host_kind_package(const char *name)
{
    for (int k = 0; absent[k].kind; k++)
        if (strcmp(absent[k].kind, name) == 0)
            return absent[k].package;
    return NULL;
}
