#include "sim/nic/trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The bits of a register that has some worth telling. */
static const struct field {
    const char *name;
    uint32_t mask;
    const char *bit;
} fields[] = {
    /* 82540EM */
    {"CTRL", 0x00000040, "SLU"},
    {"CTRL", 0x04000000, "RST"},
    {"CTRL", 0x40000000, "VME"},
    {"CTRL", 0x80000000, "PHY_RST"},
    {"STATUS", 0x00000002, "LU"},
    {"EERD", 0x00000001, "START"},
    {"EERD", 0x00000010, "DONE"},
    {"MDIC", 0x10000000, "R"},
    {"MDIC", 0x40000000, "E"},
    {"ICR", 0x00000001, "TXDW"},
    {"ICR", 0x00000002, "TXQE"},
    {"ICR", 0x00000004, "LSC"},
    {"ICR", 0x00000010, "RXDMT0"},
    {"ICR", 0x00000040, "RXO"},
    {"ICR", 0x00000080, "RXT0"},
    {"ICR", 0x00000200, "MDAC"},
    {"RCTL", 0x00000002, "EN"},
    {"RCTL", 0x00000008, "UPE"},
    {"RCTL", 0x00000010, "MPE"},
    {"RCTL", 0x00000020, "LPE"},
    {"RCTL", 0x00008000, "BAM"},
    {"RCTL", 0x04000000, "SECRC"},
    {"TCTL", 0x00000002, "EN"},
    {"TCTL", 0x00000008, "PSP"},
    /* RTL8139 */
    {"CR", 0x01, "BUFE"},
    {"CR", 0x04, "TE"},
    {"CR", 0x08, "RE"},
    {"CR", 0x10, "RST"},
    {"ISR", 0x0001, "ROK"},
    {"ISR", 0x0002, "RER"},
    {"ISR", 0x0004, "TOK"},
    {"ISR", 0x0008, "TER"},
    {"ISR", 0x0010, "RXOVW"},
    {"ISR", 0x0020, "LINKCHG"},
    {"ISR", 0x0040, "FOVW"},
    {"ISR", 0x4000, "TIMEOUT"},
    {"RCR", 0x01, "AAP"},
    {"RCR", 0x02, "APM"},
    {"RCR", 0x04, "AM"},
    {"RCR", 0x08, "AB"},
    {"RCR", 0x20, "AER"},
    {"RCR", 0x80, "WRAP"},
    {"TSD", 0x2000, "OWN"},
    {"TSD", 0x8000, "TOK"},
    {"MSR", 0x04, "LINKB"},
};

/* Registers that show the bits of another. */
static const char *shown(const char *name)
{
    static const char *const same[][2] = {
        {"ICS", "ICR"}, {"IMS", "ICR"}, {"IMC", "ICR"}, {"IMR", "ISR"}};
    for (size_t k = 0; k < sizeof same / sizeof same[0]; k++)
        if (strcmp(name, same[k][0]) == 0)
            return same[k][1];
    return name;
}

/* " (TXDW|RXT0)"; of "TSD2" the bits of TSD. */
static void add_fields(const char *name, uint32_t value, char *out, size_t room)
{
    const char *of = shown(name);
    size_t letters = strcspn(of, "0123456789"), len = 0;
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++)
        if (value & fields[k].mask && strlen(fields[k].name) == letters &&
            strncmp(fields[k].name, of, letters) == 0 && len < room)
            len += (size_t)snprintf(out + len, room - len, "%s%s", len ? "|" : " (", fields[k].bit);
    if (len && len < room)
        snprintf(out + len, room - len, ")");
}

static void say_register(const struct nic_event *e, char *out, size_t room)
{
    char name[NIC_REGISTER_NAME] = "", bits[96] = "";
    const char *verb = e->kind == NIC_READ ? "reads" : "writes";
    if (e->bar < 0) {
        snprintf(out, room, "driver %s configuration 0x%" PRIx32 " = 0x%" PRIx32, verb, e->offset,
                 *e->value);
        return;
    }
    nic_register_name(e->nic, e->bar, e->offset, name);
    add_fields(name, *e->value, bits, sizeof bits);
    snprintf(out, room, "driver %s %s = 0x%" PRIx32 "%s", verb, name[0] ? name : "a register",
             *e->value, bits);
}

static void say_memory(const struct nic_event *e, char *out, size_t room)
{
    char place[64] = "";
    bool reads = e->kind == NIC_RING_READ || e->kind == NIC_DMA_READ;
    if (e->kind == NIC_RING_READ || e->kind == NIC_RING_WRITE)
        nic_place(e->nic, e->address, place, sizeof place);
    else
        snprintf(place, sizeof place, "a buffer");
    snprintf(out, room, "device %s %s: %" PRIu32 " octets at 0x%" PRIx64,
             reads ? "reads" : "writes", place[0] ? place : "the ring", e->len, e->address);
}

bool nic_event_text(const struct nic_event *e, char out[NIC_EVENT_TEXT])
{
    switch (e->kind) {
    case NIC_READ: /* of configuration space whoever looks for devices reads a lot */
    case NIC_WRITE:
        say_register(e, out, NIC_EVENT_TEXT);
        return e->nic || e->kind == NIC_WRITE;
    case NIC_RING_READ:
    case NIC_RING_WRITE:
    case NIC_DMA_READ:
    case NIC_DMA_WRITE:
        say_memory(e, out, NIC_EVENT_TEXT);
        return true;
    case NIC_LINE:
        snprintf(out, NIC_EVENT_TEXT, "device %s its interrupt line",
                 *e->value ? "raises" : "lowers");
        return true;
    case NIC_REMARK:
        snprintf(out, NIC_EVENT_TEXT, "! %s", e->text);
        return true;
    case NIC_ACCESS:
    case NIC_OFFERED:
        break;
    }
    return false;
}
