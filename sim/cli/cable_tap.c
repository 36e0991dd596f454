/* A TAP device: Ethernet frames, to and from the kernel. */
#include "sim/cli/cable.h"
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <linux/if_tun.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int tap_open(const char *name, struct why *why)
{
    struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
    if (strlen(name) >= sizeof request.ifr_name) {
        why_set(why, "--tap %s: a device's name has at most %zu letters", name,
                sizeof request.ifr_name - 1);
        return -1;
    }
    memcpy(request.ifr_name, name, strlen(name) + 1);
    int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) {
        why_set(why, "--tap: /dev/net/tun cannot be opened: %s; the kernel's module tun is wanted",
                strerror(errno));
        return -1;
    }
    if (ioctl(fd, TUNSETIFF, &request) == 0)
        return fd;
    why_set(why,
            "--tap %s: %s; it takes root, or a device that root made for you: ip tuntap add %s "
            "mode tap user $USER",
            name, strerror(errno), name);
    close(fd);
    return -1;
}
