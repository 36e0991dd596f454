/* Weak stand-ins for what other branches are about to land; this file goes away with the last of them. */
#include "stack/service/dhcp.h"
#include "stack/service/dns.h"
#include "sim/cli/cli.h"
#include "stack/net/ip.h"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#define W __attribute__((weak))
W int dhcp_start(struct stack *s, struct netif *n, uint32_t r, service_done *d, void *c, int64_t t){return -1;}
W int dhcp_release(struct stack *s, struct netif *nif, int64_t now_ns){return -1;}
W int dhcp_stop(struct stack *s, struct netif *nif, int64_t now_ns){return -1;}
W int dhcp_inform(struct stack *s, struct netif *nif, service_done *done, void *ctx, int64_t now_ns){return -1;}
W int dns_set_servers(struct stack *s, const struct ip_addr *servers, unsigned count){return -1;}
W int dns_resolve(struct stack *s, const char *name, enum dns_query_type type, service_done *done, void *ctx, int64_t now_ns){return -1;}
W int dns_reverse(struct stack *s, const struct ip_addr *addr, service_done *done, void *ctx, int64_t now_ns){return -1;}
W void dns_flush(struct stack *s){}
W int help_knobs(void){return 0;}
W int ip_path(struct stack *s, const struct ip_addr *destination, const struct ip_addr *source, struct netif *nif, struct ip_path *path){return -1;}
W struct netbuf *ip_buffer(struct stack *s, const struct ip_path *path, uint32_t options_len, uint32_t len){return 0;}
W int ip_output(struct stack *s, const struct ip_path *path, struct netbuf *nb, const struct ip_send *how, int64_t now_ns){return -1;}
W int ip_register(struct stack *s, const struct ip_protocol *p){return -1;}
W void ip_icmp_error(struct stack *s, const struct netbuf *nb, uint8_t type, uint8_t code, uint32_t extra, int64_t now_ns){}
W bool ip_is_local(struct stack *s, const struct ip_addr *a){return 0;}
#include "sim/script/script.h"
#include <string.h>
W char *expr_print(const struct expr *e){return strdup("expr");}
W void ip_set_raw(struct stack *s, const struct ip_raw *f){}
W int layer_set_format(struct layer_set *set, const struct word *words, size_t count, struct diagnostic *d){return -1;}
