/* What all virtio devices have in common: being found, status, features, configuration space. */
#include "stack/driver/virtio.h"
#include "stack/core/mem.h"

enum { RESET_SPINS = 1000, CONFIG_TRIES = 16 };

static bool names_mmio(const char *compatible)
{
    static const char name[] = "virtio,mmio";
    for (uint32_t i = 0; compatible && i < sizeof name; i++) {
        if (compatible[i] != name[i])
            return false;
    }
    return compatible != NULL;
}

/* 4.1.2.1: the device id is 0x1040 and the kind; a transitional device says it in the subsystem. */
bool virtio_match(const struct device *device, uint16_t kind)
{
    const struct pci_function *f = &device->pci;
    if (device->kind == DEVICE_TABLE)
        return names_mmio(device->compatible);
    if (f->vendor_id != VIRTIO_PCI_VENDOR)
        return false;
    return f->device_id == VIRTIO_PCI_MODERN + kind ||
           (f->device_id == VIRTIO_PCI_TRANSITIONAL + kind - 1 && f->subsystem_device == kind);
}

/* A transitional device has both interfaces: the modern one is taken (4.1.2.3). */
int virtio_open(struct virtio_device *v, const struct device *device, uint16_t kind)
{
    v->bus = device->bus;
    if (device->kind == DEVICE_TABLE)
        return virtio_mmio_open(v, device, kind);
    if (virtio_pci_open(v, device) == 0)
        return 0;
    bool transitional = device->pci.device_id < VIRTIO_PCI_MODERN;
    return transitional ? virtio_pci_legacy_open(v, device) : -1;
}

/* 4.1.4.3.2, 4.2.3.1: the device is reset when its status reads 0. */
int virtio_reset(struct virtio_device *v)
{
    v->transport->set_status(v, 0);
    for (int spin = 0; spin < RESET_SPINS; spin++)
        if (v->transport->status(v) == 0)
            return 0;
    return -1;
}

/* 2.1.1: no bit is cleared but by a reset. */
void virtio_add_status(const struct virtio_device *v, uint32_t bits)
{
    v->transport->set_status(v, v->transport->status(v) | bits);
}

/* 2.2.1: a driver that could not do without what the device lacks sets FAILED (3.1.1). */
int virtio_negotiate(struct virtio_device *v, uint64_t wish, uint64_t need)
{
    if (virtio_reset(v))
        return -1;
    virtio_add_status(v, VIRTIO_ACKNOWLEDGE);
    virtio_add_status(v, VIRTIO_DRIVER);
    if (!v->transport->legacy) {
        wish = (wish | VIRTIO_F_VERSION_1) & ~VIRTIO_F_ANY_LAYOUT;
        need |= VIRTIO_F_VERSION_1;
    }
    v->features = v->transport->features(v) & wish;
    bool enough = (v->features & need) == need;
    if (enough)
        v->transport->accept(v, v->features);
    if (enough && v->transport->legacy)
        return 0;
    if (enough) {
        virtio_add_status(v, VIRTIO_FEATURES_OK);
        enough = v->transport->status(v) & VIRTIO_FEATURES_OK;
    }
    if (!enough)
        virtio_add_status(v, VIRTIO_FAILED);
    return enough ? 0 : -1;
}

uint32_t virtio_config(const struct virtio_device *v, uint32_t off, int width)
{
    return bus_read(v->bus, &v->config, v->config_at + off, width);
}

/* A device that never rests is read as it is in the end. */
void virtio_config_octets(const struct virtio_device *v, uint32_t off, uint8_t *out, uint32_t len)
{
    uint32_t before, after = v->transport->generation(v);
    for (int tries = 0; tries < CONFIG_TRIES; tries++) {
        before = after;
        for (uint32_t i = 0; i < len; i++)
            out[i] = (uint8_t)virtio_config(v, off + i, 1);
        after = v->transport->generation(v);
        if (before == after)
            return;
    }
}
