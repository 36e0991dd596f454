/* The virtio device: status, feature negotiation, configuration space, interrupts (virtio 1.2, 2
 * and 3.1). */
#include "sim/nic/virtio.h"

#include <string.h>

const struct virtio_kind *vnic_kind_of(const struct nic *n)
{
    return nic_kind_of(n)->virtio;
}

/* --- features (2.2) --- */

static const struct {
    const char *name;
    uint64_t feature;
} feature_names[] = {
    {"csum", F_CSUM},
    {"guest_csum", F_GUEST_CSUM},
    {"mac", F_MAC},
    {"host_tso4", F_HOST_TSO4},
    {"mrg_rxbuf", F_MRG_RXBUF},
    {"status", F_STATUS},
    {"ctrl_vq", F_CTRL_VQ},
    {"ctrl_rx", F_CTRL_RX},
    {"announce", F_ANNOUNCE},
    {"any_layout", F_ANY_LAYOUT},
    {"indirect", F_INDIRECT},
    {"event_idx", F_EVENT_IDX},
    {"version_1", F_VERSION_1},
};

uint64_t nic_feature(const char *name)
{
    for (size_t i = 0; name && i < sizeof feature_names / sizeof feature_names[0]; i++)
        if (strcmp(feature_names[i].name, name) == 0)
            return feature_names[i].feature;
    return 0;
}

uint64_t vnic_offered(const struct nic *n)
{
    return vnic_kind_of(n)->offers & ~nic_options(n)->without;
}

bool vnic_has(const struct nic *n, uint64_t feature)
{
    const struct virtio *v = nic_state_of(n);
    return v->accepted & feature;
}

uint32_t vnic_read_features(struct nic *n, int driver)
{
    const struct virtio *v = nic_state(n);
    uint64_t all = driver ? v->accepted : vnic_offered(n);
    uint32_t half = v->feature_select[driver];
    return half < 2 ? (uint32_t)(all >> 32 * half) : 0;
}

/* 2.2.1, 3.1.1 */
void vnic_accept(struct nic *n, uint32_t features)
{
    struct virtio *v = nic_state(n);
    uint32_t half = v->feature_select[1];
    uint64_t wanted = half < 2 ? (uint64_t)features << 32 * half : 0;
    uint64_t strange = wanted & ~vnic_offered(n);
    if (half > 1 && features)
        vnic_fault(n, "features 0x%x of word %u are accepted, of which none is offered", features,
                   half);
    else if (strange)
        vnic_fault(n, "features 0x%llx are accepted that were not offered",
                   (unsigned long long)strange);
    else if (!(v->status & STATUS_DRIVER))
        vnic_fault(n, "features are accepted before DRIVER is set");
    else if (v->status & (STATUS_FEATURES_OK | STATUS_DRIVER_OK))
        vnic_fault(n, "features are accepted behind %s",
                   v->status & STATUS_DRIVER_OK ? "DRIVER_OK" : "FEATURES_OK");
    else if (half < 2)
        v->accepted = (v->accepted & ~((uint64_t)UINT32_MAX << 32 * half)) | wanted;
}

/* 5.1.3.1: what needs what. */
static const struct {
    uint64_t feature, needs;
    const char *name, *needs_name;
} dependencies[] = {
    {F_HOST_TSO4, F_CSUM, "HOST_TSO4", "CSUM"},
    {F_CTRL_RX, F_CTRL_VQ, "CTRL_RX", "CTRL_VQ"},
    {F_ANNOUNCE, F_CTRL_VQ, "GUEST_ANNOUNCE", "CTRL_VQ"},
};

/* 2.2.2, 3.1.2, 6.1: a set that the device cannot work with is refused; so is one without
 * VERSION_1. */
static bool acceptable(struct nic *n)
{
    const struct virtio *v = nic_state(n);
    for (size_t i = 0; i < sizeof dependencies / sizeof dependencies[0]; i++)
        if ((v->accepted & dependencies[i].feature) && !(v->accepted & dependencies[i].needs))
            return false;
    return (v->accepted & F_VERSION_1) && !(v->accepted & nic_options(n)->refuses);
}

/* --- status (2.1) --- */

void vnic_break(struct nic *n)
{
    struct virtio *v = nic_state(n);
    v->broken = true;
}

bool vnic_lives(const struct nic *n)
{
    const struct virtio *v = nic_state_of(n);
    return (v->status & STATUS_DRIVER_OK) && !(v->status & STATUS_NEEDS_RESET) && !v->broken;
}

void vnic_reset(struct nic *n)
{
    struct virtio *v = nic_state(n);
    memset(v, 0, offsetof(struct virtio, received));
    v->status_unread = true;
    v->promiscuous =
        true; /* until it is told otherwise, as measured on QEMU 7.2; 1.2 does not say */
    v->unrest = nic_options(n)->unrest;
    nic_due(n, INT64_MAX);
    nic_raise(n, false);
    nic_count_up(n, NIC_RESETS);
    nic_state_event(n, "reset", 0);
}

uint32_t vnic_status(struct nic *n)
{
    struct virtio *v = nic_state(n);
    v->status_unread = false;
    return v->status;
}

/* 3.1.1: each step behind the one before. NULL: it is right. */
static const char *misstep(const struct nic *n, uint32_t status)
{
    const struct virtio *v = nic_state_of(n);
    bool legacy = vnic_kind_of(n)->legacy;
    if (v->status & ~status & ~(uint32_t)STATUS_NEEDS_RESET)
        return "bits of the device status are cleared, which only a reset may";
    if (status & STATUS_FAILED)
        return NULL;
    if ((status & STATUS_DRIVER) && !(status & STATUS_ACKNOWLEDGE))
        return "DRIVER is set without ACKNOWLEDGE";
    if ((status & STATUS_FEATURES_OK) && !(status & STATUS_DRIVER))
        return "FEATURES_OK is set without DRIVER";
    if (!(status & STATUS_DRIVER_OK) || (v->status & STATUS_DRIVER_OK))
        return NULL;
    if (!(status & STATUS_DRIVER))
        return "DRIVER_OK is set without DRIVER";
    if (legacy)
        return NULL;
    if (!(v->status & STATUS_FEATURES_OK))
        return "DRIVER_OK is set without FEATURES_OK, or where the device refused it";
    return v->status_unread ? "DRIVER_OK is set before FEATURES_OK was read back" : NULL;
}

/* Whatever the driver writes there, only the device sets it. */
static uint32_t writable_status(const struct virtio *v, uint32_t status)
{
    return (status & ~(uint32_t)STATUS_NEEDS_RESET) | (v->status & STATUS_NEEDS_RESET);
}

void vnic_set_status(struct nic *n, uint32_t status)
{
    struct virtio *v = nic_state(n);
    const char *wrong = status ? misstep(n, status) : NULL;
    if (status && v->status == 0 && v->status_unread && vnic_kind_of(n)->reads_status)
        wrong = "the device is set up before its status was read as 0 behind the reset";
    if (status == 0) {
        vnic_reset(n);
        return;
    }
    if (wrong) {
        vnic_fault(n, "%s", wrong);
        return;
    }
    bool asks = (status & STATUS_FEATURES_OK) && !(v->status & STATUS_FEATURES_OK);
    if (asks && !vnic_kind_of(n)->legacy) {
        v->status_unread = true;
        status &= acceptable(n) ? UINT32_MAX : ~(uint32_t)STATUS_FEATURES_OK;
    }
    v->status = (uint8_t)writable_status(v, status);
    nic_state_event(n, "status", v->status);
}

/* --- configuration space (2.5, 5.1.4) --- */

/* A MAC that is being changed: its first half is of another time than its second. */
static bool is_torn(struct virtio *v, uint32_t off)
{
    if (v->unrest == 0 || off >= CONFIG_STATUS)
        return false;
    if (off == CONFIG_STATUS - 1) {
        v->unrest--;
        v->generation++;
    }
    return off < CONFIG_STATUS / 2;
}

uint32_t vnic_config(struct nic *n, uint32_t off, int width)
{
    struct virtio *v = nic_state(n);
    uint8_t space[CONFIG_OCTETS] = {0};
    memcpy(space + CONFIG_MAC, nic_mac(n), 6);
    vnic_put_le(space + CONFIG_STATUS, 2, (nic_is_up(n) ? 1u : 0) | (v->announcing ? 2u : 0));
    if (off + (uint32_t)width > CONFIG_OCTETS)
        return 0;
    return is_torn(v, off) ? 0x02 : vnic_le(space + off, width);
}

uint32_t vnic_read_isr(struct nic *n)
{
    struct virtio *v = nic_state(n);
    uint32_t isr = v->isr;
    v->isr = 0;
    nic_raise(n, false);
    return isr;
}

void vnic_cause(struct nic *n, uint32_t bits)
{
    struct virtio *v = nic_state(n);
    v->isr = (uint8_t)(v->isr | bits);
    nic_raise(n, v->isr != 0);
}

/* 3.2.1, 2.5.2. A driver that has not come that far hears of nothing (2.1.2). */
void vnic_config_changed(struct nic *n)
{
    struct virtio *v = nic_state(n);
    v->generation++;
    if (v->status & STATUS_DRIVER_OK)
        vnic_cause(n, ISR_CONFIG);
}

void vnic_needs_reset(struct nic *n)
{
    struct virtio *v = nic_state(n);
    v->status |= STATUS_NEEDS_RESET;
    nic_state_event(n, "needs reset", 1);
    vnic_config_changed(n);
}
